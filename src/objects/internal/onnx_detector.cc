#include "objects/internal/onnx_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "core/status.h"
#include "nn/kserve_model.h"
#include "nn/onnx_model.h"
#include "objects/class_names.h"
#include "objects/internal/candidates.h"
#include "objects/internal/decode.h"
#include "objects/internal/family.h"
#include "objects/internal/finish.h"
#include "objects/internal/picture_tensor.h"

namespace vigil::objects {
namespace {

constexpr int kOpenSide = 640;

class OnnxDetector final : public Detector {
 public:
  OnnxDetector(std::unique_ptr<nn::Model> model, Size input, const Head& head,
               std::vector<std::string> names, std::vector<bool> wanted,
               const DetectorOptions& options)
      : model_(std::move(model)),
        names_(std::move(names)),
        tensor_(input, PreprocessingOf(head.family)),
        decoder_(head, model_->outputs(), input, options.confidence_threshold, std::move(wanted)),
        suppression_{.iou = options.iou_threshold,
                     .class_agnostic = options.class_agnostic,
                     .done = HasFinalFinds(head.family),
                     .max_kept = static_cast<std::size_t>(options.max_detections)} {
    found_.reserve(suppression_.max_kept);
  }

  absl::StatusOr<std::span<const Detection>> Detect(ImageView image) override {
    if (image.empty()) return absl::InvalidArgumentError("detector: the picture is empty");
    const Placement placement = tensor_.Fill(image, model_->input(0));
    if (auto status = model_->Run(); !status.ok()) return status;
    candidates_.clear();
    if (auto status = decoder_.Decode(*model_, candidates_); !status.ok()) return status;
    ToPicture(candidates_.Best(suppression_), placement, image.size(), found_);
    return found_;
  }

  std::span<const std::string> class_names() const override { return names_; }

 private:
  const std::unique_ptr<nn::Model> model_;
  const std::vector<std::string> names_;
  PictureTensor tensor_;
  Decoder decoder_;
  const Suppression suppression_;
  Candidates candidates_;
  std::vector<Detection> found_;
};

// The size of an input 1×3×H×W; nothing else can be a detector's.
std::optional<Size> PictureInput(const nn::Model& model) {
  if (model.inputs().size() != 1) return std::nullopt;
  const auto& shape = model.inputs()[0].shape;
  if (shape.size() != 4 || shape[0] != 1 || shape[1] != 3) return std::nullopt;
  if (shape[2] > limits::kMaxPictureSide || shape[3] > limits::kMaxPictureSide) return std::nullopt;
  return Size{static_cast<int>(shape[3]), static_cast<int>(shape[2])};
}

// "[480, 640]", height first, as Ultralytics writes it.
std::optional<Size> SizeOf(std::string_view text) {
  Size size;
  for (int* side : {&size.height, &size.width}) {
    const auto digit = std::min(text.find_first_of("0123456789"), text.size());
    text.remove_prefix(digit);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *side);
    if (error != std::errc() || *side < 1 || *side > limits::kMaxPictureSide) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return size;
}

// A model whose sides the file leaves open is opened at 640, and again where it says that it wants
// another size: what it says is known only then.
absl::StatusOr<std::unique_ptr<nn::Model>> OpenModel(const DetectorOptions& options) {
  if (nn::IsKserveUrl(options.model_file)) {
    auto remote = nn::ParseKserveUrl(options.model_file);
    if (!remote.ok()) return remote.status();
    remote->ca_file = options.server_ca_file;
    remote->open_side = kOpenSide;
    remote->varying_outputs = true;
    if (options.input_size != Size{})
      remote->input_shape = {1, 3, options.input_size.height, options.input_size.width};
    return nn::KserveModel::Create(*remote);
  }
  auto engine = options.engine;
  engine.varying_outputs = true;
  engine.open_side = kOpenSide;
  const auto shaped = [&](Size size) {
    auto with_shape = engine;
    with_shape.input_shape = {1, 3, size.height, size.width};
    return nn::OnnxModel::Create(options.model_file, with_shape);
  };
  if (options.input_size != Size{}) return shaped(options.input_size);
  auto model = nn::OnnxModel::Create(options.model_file, engine);
  if (!model.ok()) return model;
  const auto wanted = SizeOf((*model)->metadata("imgsz"));
  if (!wanted || PictureInput(**model) == wanted) return model;
  auto again = shaped(*wanted);
  return again.ok() ? std::move(again) : std::move(model);
}

// Names from the options, else from the file; none where neither has any.
struct Names {
  std::vector<std::string> names;
  bool from_model = false;
};
absl::StatusOr<Names> FindNames(const DetectorOptions& options, const nn::Model& model) {
  if (!options.names.empty()) return Names{options.names};
  if (!options.names_file.empty()) {
    auto names = ReadClassNames(options.names_file);
    if (!names.ok()) return names.status();
    return Names{*std::move(names)};
  }
  return Names{ParseNamesMetadata(model.metadata("names")), true};
}

std::vector<std::string> DefaultNames(int classes) {
  const auto coco = CocoNames();
  if (classes == 0 || classes == static_cast<int>(coco.size())) return {coco.begin(), coco.end()};
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(classes));
  for (int i = 0; i < classes; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Detector>> CreateOnnxDetector(const DetectorOptions& options) {
  const auto refuse = [&](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("model {}: {}", options.model_file, what));
  };
  auto model = OpenModel(options);
  if (!model.ok()) return model.status();
  const auto input = PictureInput(**model);
  if (!input) return refuse("is no detector: its input is not one picture (1x3xHxW)");
  const std::string_view task = (*model)->metadata("task");
  if (task == "classify" || task == "obb")
    return refuse(fmt::format("is made for the task {}, which gives no upright boxes", task));

  auto names = FindNames(options, **model);
  if (!names.ok()) return names.status();
  const auto head = FindHead((*model)->outputs(), options.family,
                             {*input, static_cast<int>(names->names.size()), names->from_model});
  if (!head.ok()) return refuse(MessageOf(head.status()));
  const auto count = static_cast<int>(names->names.size());
  if (names->from_model && head->classes != 0 && count != head->classes) names->names.clear();
  if (names->names.empty()) names->names = DefaultNames(head->classes);
  if (head->classes != 0 && names->names.size() != static_cast<std::size_t>(head->classes)) {
    return refuse(fmt::format("tells {} classes apart, but there are {} names", head->classes,
                              names->names.size()));
  }
  auto wanted = SelectClasses(names->names, options.classes);
  if (!wanted.ok()) return refuse(MessageOf(wanted.status()));
  return std::make_unique<OnnxDetector>(*std::move(model), *input, *head, std::move(names->names),
                                        *std::move(wanted), options);
}

}  // namespace vigil::objects
