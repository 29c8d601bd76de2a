#include "objects/detector_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/limits.h"
#include "objects/internal/hog_detector.h"
#include "objects/internal/onnx_detector.h"

namespace vigil::objects {
namespace {

constexpr std::array kFamilies{Family::kYoloV5,     Family::kYoloV8,  Family::kYoloV10,
                               Family::kYoloX,      Family::kNanoDet, Family::kNanoDetPlus,
                               Family::kFastestDet, Family::kNmsRows, Family::kNmsLists};

// Other names that a family goes by.
constexpr std::pair<std::string_view, Family> kAliases[] = {
    {"yolov6", Family::kYoloV5},  {"yolov7", Family::kYoloV5},    {"yolov9", Family::kYoloV8},
    {"yolov11", Family::kYoloV8}, {"yolo11", Family::kYoloV8},    {"yolov12", Family::kYoloV8},
    {"yolo12", Family::kYoloV8},  {"yolo-world", Family::kYoloV8}};

constexpr int kSideMultiple = 32;

}  // namespace

std::string_view Name(Family family) {
  switch (family) {
    case Family::kAuto:
      return "auto";
    case Family::kYoloV5:
      return "yolov5";
    case Family::kYoloV8:
      return "yolov8";
    case Family::kYoloV10:
      return "yolov10";
    case Family::kYoloX:
      return "yolox";
    case Family::kNanoDet:
      return "nanodet";
    case Family::kNanoDetPlus:
      return "nanodet-plus";
    case Family::kFastestDet:
      return "fastestdet";
    case Family::kNmsRows:
      return "nms-rows";
    case Family::kNmsLists:
      return "nms-lists";
  }
  return "auto";
}

std::span<const Family> KnownFamilies() { return kFamilies; }

absl::StatusOr<Family> ParseFamily(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == Name(Family::kAuto)) return Family::kAuto;
  std::string known;
  for (const Family family : kFamilies) {
    if (lower == Name(family)) return family;
    known += fmt::format(", {}", Name(family));
  }
  for (const auto& [alias, family] : kAliases) {
    if (lower == alias) return family;
  }
  return absl::InvalidArgumentError(
      fmt::format("family: \"{:.40}\" is none of auto{}", name, known));
}

absl::Status Validate(const DetectorOptions& options) {
  const auto refuse = [](const std::string& what) {
    return absl::InvalidArgumentError("detector: " + what);
  };
  const auto within = [](float value, float low, float high) {  // false for NaN
    return value >= low && value <= high;
  };
  if (options.kind == DetectorKind::kOnnx && options.model_file.empty())
    return refuse("the kind onnx needs a model_file");
  if (!within(options.confidence_threshold, 0, 1)) {
    return refuse(fmt::format("confidence_threshold: {} is not within 0 and 1",
                              options.confidence_threshold));
  }
  if (!within(options.iou_threshold, 0, 1))
    return refuse(fmt::format("iou_threshold: {} is not within 0 and 1", options.iou_threshold));
  if (options.max_detections < 1 || options.max_detections > limits::kMaxDetections) {
    return refuse(fmt::format("max_detections: {} is not within 1 and {}", options.max_detections,
                              limits::kMaxDetections));
  }
  if (!options.names.empty() && !options.names_file.empty())
    return refuse("names and names_file exclude each other");
  if (options.names.size() > limits::kMaxClasses)
    return refuse(fmt::format("names: more than {}", limits::kMaxClasses));
  const auto side_fits = [](int side) {
    return side > 0 && side <= limits::kMaxPictureSide && side % kSideMultiple == 0;
  };
  const Size input = options.input_size;
  if (input != Size{} && (!side_fits(input.width) || !side_fits(input.height))) {
    return refuse(fmt::format("input_size: {} x {} are not multiples of {} up to {}", input.width,
                              input.height, kSideMultiple, limits::kMaxPictureSide));
  }
  if (!within(options.hog.min_person_height, 0.02F, 1)) {
    return refuse(fmt::format("hog.min_person_height: {} is not within 0.02 and 1",
                              options.hog.min_person_height));
  }
  if (!within(options.hog.scale_step, 1.02F, 2))
    return refuse(
        fmt::format("hog.scale_step: {} is not within 1.02 and 2", options.hog.scale_step));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Detector>> CreateDetector(const DetectorOptions& options) {
  if (auto status = Validate(options); !status.ok()) return status;
  const bool onnx = options.kind == DetectorKind::kOnnx ||
                    (options.kind == DetectorKind::kAuto && !options.model_file.empty());
  return onnx ? CreateOnnxDetector(options) : CreateHogDetector(options);
}

}  // namespace vigil::objects
