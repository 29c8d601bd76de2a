// Which detector finds objects, and what it reports.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "nn/onnx_model.h"
#include "objects/detector.h"

namespace vigil::objects {

enum class DetectorKind : std::uint8_t {
  kAuto,  ///< kOnnx where a model file is named, else kHog
  kHog,   ///< OpenCV's person detector; needs no file
  kOnnx,  ///< a network from `model_file`
};

/// How a network wants its picture, and what its outputs mean. docs/objects.md has the details.
enum class Family : std::uint8_t {
  kAuto,         ///< by the shapes of input and outputs
  kYoloV5,       ///< box, objectness, classes: YOLOv5, v6, v7
  kYoloV8,       ///< box, classes: YOLOv8, v9, v11, v12, YOLO-World
  kYoloV10,      ///< finished finds of six values: YOLOv10, and Ultralytics exports with `nms`
  kYoloX,        ///< box on the grid, objectness, classes
  kNanoDet,      ///< a pair of outputs a stride: scores, distributions of the sides
  kNanoDetPlus,  ///< the same in one output, four strides
  kFastestDet,   ///< one grid of 16 pixels a cell
  kNmsRows,      ///< finished finds of seven values, as many as there are: YOLOv7 `--end2end`
  kNmsLists,     ///< count, boxes, scores, classes: TensorRT's EfficientNMS
};

/// As the configuration and docs write it; "auto" for kAuto.
std::string_view Name(Family family);
/// All but kAuto.
std::span<const Family> KnownFamilies();
/// By name, in any case; also "yolov9", "yolo11" and the like. InvalidArgument lists the families.
absl::StatusOr<Family> ParseFamily(std::string_view name);

/// Of OpenCV's person detector: upright people, seen from the front, the back or the side.
struct HogOptions {
  /// Height of the smallest person to be found, as a part of the picture's height, 0.02..1. The
  /// time that a picture takes falls with its square.
  float min_person_height = 0.1F;
  /// Between one size that is looked for and the next, 1.02..2. Smaller finds more, and takes
  /// longer.
  float scale_step = 1.2F;
};

struct DetectorOptions {
  DetectorKind kind = DetectorKind::kAuto;
  std::string model_file{};            ///< an .onnx file
  Family family = Family::kAuto;       ///< ONNX only
  float confidence_threshold = 0.25F;  ///< finds below are not reported, 0..1
  float iou_threshold = 0.45F;         ///< above this, boxes show the same object, 0..1
  std::vector<std::string> classes{};  ///< report only these, by name or number; empty: all
  std::vector<std::string> names{};    ///< of the model's classes, in order; ONNX only
  std::string names_file{};            ///< the same, one a line; not together with `names`
  bool class_agnostic = false;         ///< one box a place, whatever the class
  int max_detections = 300;            ///< the best of one picture, 1..limits::kMaxDetections
  Size input_size{};  ///< of a model that leaves it open, multiples of 32; {0, 0}: what the file
                      ///< says of itself, else 640 × 640
  HogOptions hog{};
  /// `input_shape`, `open_side` and `varying_outputs` are set by the detector.
  nn::OnnxOptions engine{};
  std::string server_ca_file{};  ///< of a model_file at grpcs://, as nn::KserveOptions::ca_file
};

/// InvalidArgument: one line that names the field and its range. Opens no file.
absl::Status Validate(const DetectorOptions& options);

/// A detector ready to run. Without `names` and `names_file` a model's own names are used, which
/// Ultralytics writes into its files, else COCO's where it tells 80 classes apart, else "class 0",
/// "class 1" …
///
/// The errors of Validate, nn::OnnxModel and ReadClassNames; and InvalidArgument where the model is
/// of no known family (the message lists its outputs and the families), names do not fit its
/// classes, or `classes` names one that it does not know.
absl::StatusOr<std::unique_ptr<Detector>> CreateDetector(const DetectorOptions& options);

}  // namespace vigil::objects
