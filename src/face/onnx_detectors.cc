#include "face/onnx_detectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/status.h"
#include "face/internal/yolo_face.h"
#include "face/internal/yunet.h"
#include "face/letterbox.h"
#include "face/nms.h"

namespace vigil::face {
namespace {

constexpr std::array kStrides{8, 16, 32};
constexpr int kOpenSide = 640;

// A detector's network and how its outputs are read; the rest is the same for both.
struct YuNet {
  static constexpr const char* kName = "YuNet";
  static constexpr ChannelOrder kOrder = ChannelOrder::kBgr;
  static constexpr float kScale = 1;
  static constexpr float kPadding = 0;
  static constexpr float kIou = 0.3F;
  using Grid = YuNetGrid;

  static absl::StatusOr<std::vector<Grid>> Grids(const nn::Model& model, Size input);
  static void Decode(const Grid& grid, float threshold, std::vector<Detection>& out) {
    DecodeYuNet(grid, threshold, out);
  }
};

struct YoloFace {
  static constexpr const char* kName = "YOLOv8-face with three raw heads";
  static constexpr ChannelOrder kOrder = ChannelOrder::kRgb;
  static constexpr float kScale = 1 / 255.0F;
  static constexpr float kPadding = 114 / 255.0F;  // the grey of its training
  static constexpr float kIou = 0.45F;
  using Grid = YoloHead;

  static absl::StatusOr<std::vector<Grid>> Grids(const nn::Model& model, Size input);
  static void Decode(const Grid& grid, float threshold, std::vector<Detection>& out) {
    DecodeYoloFace(grid, threshold, out);
  }
};

std::size_t Cells(Size input, int stride) {
  return static_cast<std::size_t>(input.width / stride) *
         static_cast<std::size_t>(input.height / stride);
}

absl::StatusOr<std::vector<YuNetGrid>> YuNet::Grids(const nn::Model& model, Size input) {
  std::vector<YuNetGrid> grids;
  for (const int stride : kStrides) {
    YuNetGrid grid{
        .stride = stride, .columns = input.width / stride, .rows = input.height / stride};
    const std::pair<std::span<const float>*, std::pair<const char*, std::size_t>> wanted[] = {
        {&grid.face, {"cls", 1}},
        {&grid.object, {"obj", 1}},
        {&grid.box, {"bbox", 4}},
        {&grid.key_points, {"kps", 10}}};
    for (const auto& [values, what] : wanted) {
      const std::string name = fmt::format("{}_{}", what.first, stride);
      const std::size_t size = what.second * Cells(input, stride);
      const int index = model.FindOutput(name);
      if (index >= 0) *values = model.output(static_cast<std::size_t>(index));
      if (values->size() != size)
        return absl::InvalidArgumentError(fmt::format("no output {} of {} values", name, size));
    }
    grids.push_back(grid);
  }
  return grids;
}

absl::StatusOr<std::vector<YoloHead>> YoloFace::Grids(const nn::Model& model, Size input) {
  std::vector<YoloHead> heads;
  for (const int stride : kStrides) {
    const std::vector<std::int64_t> shape{1, kYoloChannels, input.height / stride,
                                          input.width / stride};
    const auto& outputs = model.outputs();
    const auto found = std::find_if(outputs.begin(), outputs.end(),
                                    [&](const auto& info) { return info.shape == shape; });
    if (found == outputs.end()) {
      return absl::InvalidArgumentError(
          fmt::format("no output 1x{}x{}x{}", kYoloChannels, shape[2], shape[3]));
    }
    heads.push_back({stride, input.width / stride, input.height / stride,
                     model.output(static_cast<std::size_t>(found - outputs.begin()))});
  }
  return heads;
}

template <typename Network>
class OnnxDetector final : public Detector {
 public:
  OnnxDetector(std::unique_ptr<nn::Model> model, Size input,
               std::vector<typename Network::Grid> grids, float score, float iou)
      : model_(std::move(model)),
        grids_(std::move(grids)),
        letterbox_(input, Network::kOrder, Network::kScale, Network::kPadding),
        score_(score),
        iou_(iou) {}

  absl::StatusOr<std::vector<Detection>> Detect(ImageView image) override {
    if (image.empty()) return absl::InvalidArgumentError("detector: the picture is empty");
    const float scale = letterbox_.Fill(image, model_->input(0));
    if (auto status = model_->Run(); !status.ok()) return status;
    candidates_.clear();
    for (const auto& grid : grids_) Network::Decode(grid, score_, candidates_);
    auto found = PlainNms(candidates_, iou_);
    for (Detection& face : found) {
      face.box = {face.box.x / scale, face.box.y / scale, face.box.width / scale,
                  face.box.height / scale};
      for (Point2f& point : face.key_points) point = {point.x / scale, point.y / scale};
    }
    // A find in the padding shows nothing of the picture.
    const PixelBox whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
    std::erase_if(found,
                  [&](const Detection& face) { return Intersect(face.box, whole).area() <= 0; });
    return found;
  }

 private:
  const std::unique_ptr<nn::Model> model_;
  const std::vector<typename Network::Grid> grids_;  // views of model_'s outputs
  Letterbox letterbox_;
  const float score_;
  const float iou_;
  std::vector<Detection> candidates_;  // of the last call
};

// The size of an input 1×3×H×W with sides that every stride divides; nothing else can be one of
// these networks.
std::optional<Size> PictureInput(const nn::Model& model) {
  if (model.inputs().size() != 1) return std::nullopt;
  const auto& shape = model.inputs()[0].shape;
  if (shape.size() != 4 || shape[0] != 1 || shape[1] != 3) return std::nullopt;
  if (shape[2] % kStrides.back() != 0 || shape[3] % kStrides.back() != 0) return std::nullopt;
  return Size{static_cast<int>(shape[3]), static_cast<int>(shape[2])};
}

template <typename Network>
absl::StatusOr<std::unique_ptr<Detector>> Create(const std::filesystem::path& path,
                                                 const OnnxDetectorOptions& options) {
  const float iou = options.iou.value_or(Network::kIou);
  const auto is_ratio = [](float value) { return value >= 0 && value <= 1; };  // false for NaN
  if (!is_ratio(options.score) || !is_ratio(iou)) {
    return absl::InvalidArgumentError(
        fmt::format("detector {}: score {} and iou {} must be within 0 and 1", path.string(),
                    options.score, iou));
  }
  auto engine = options.engine;
  if (engine.open_side == 0) engine.open_side = kOpenSide;
  auto model = nn::OnnxModel::Create(path, engine);
  if (!model.ok()) return model.status();
  const auto refuse = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: is not {}: {}", path.string(), Network::kName, what));
  };
  const auto input = PictureInput(**model);
  if (!input) return refuse("its input is not one of 1x3xHxW, sides multiples of 32");
  auto grids = Network::Grids(**model, *input);
  if (!grids.ok()) return refuse(MessageOf(grids.status()));
  return std::make_unique<OnnxDetector<Network>>(*std::move(model), *input, *std::move(grids),
                                                 options.score, iou);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Detector>> CreateYuNet(const std::filesystem::path& path,
                                                      const OnnxDetectorOptions& options) {
  return Create<YuNet>(path, options);
}

absl::StatusOr<std::unique_ptr<Detector>> CreateYoloFace(const std::filesystem::path& path,
                                                         const OnnxDetectorOptions& options) {
  return Create<YoloFace>(path, options);
}

}  // namespace vigil::face
