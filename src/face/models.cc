#include "face/models.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/check.h"
#include "face/onnx_detectors.h"
#include "nn/kserve_model.h"
#include "nn/model_catalog.h"
#include "nn/model_file.h"
#include "nn/tflite_model.h"

namespace vigil::face {
namespace {

// These models have no stand-ins: what comes after them is made for their very outputs, and another
// network of the same shape would be believed.
const nn::KnownModel& Known(std::string_view name) {
  const nn::KnownModel* model = nn::FindKnownModel(name);
  VIGIL_CHECK(model != nullptr);
  return *model;
}

absl::StatusOr<std::unique_ptr<nn::Model>> LoadNetwork(const ModelOptions& options,
                                                       std::string_view name) {
  if (!options.server.empty()) {
    auto remote = nn::ParseKserveUrl(fmt::format("{}/{}", options.server, name));
    if (!remote.ok()) return remote.status();
    remote->ca_file = options.server_ca_file;
    return nn::KserveModel::Create(*remote);
  }
  const nn::KnownModel& model = Known(name);
  const auto file = nn::ReadKnownModel(model, options.dir);
  if (!file.ok()) return file.status();
  return nn::TfliteModel::Create((options.dir / model.file).string(), file->bytes());
}

absl::StatusOr<std::unique_ptr<Detector>> LoadOnnxDetector(const ModelOptions& options) {
  if (options.detector_file.empty()) {
    return absl::InvalidArgumentError(
        "this face detector needs its ONNX model: name it with face.detector_file");
  }
  OnnxDetectorOptions detector;
  detector.engine = options.onnx;
  return options.detector == DetectorKind::kYuNet ? CreateYuNet(options.detector_file, detector)
                                                  : CreateYoloFace(options.detector_file, detector);
}

}  // namespace

absl::StatusOr<FaceModels> FaceModels::Load(const ModelOptions& options) {
  FaceModels models;
  if (!options.with_detector) {
    // Detect() says so.
  } else if (options.detector == DetectorKind::kBlazeFace) {
    auto model = LoadNetwork(options, "face-detection");
    if (!model.ok()) return model.status();
    auto blaze = BlazeFace::Create(*std::move(model));
    if (!blaze.ok()) return blaze.status();
    models.blaze = *std::move(blaze);
  } else {
    auto other = LoadOnnxDetector(options);
    if (!other.ok()) return other.status();
    models.other = *std::move(other);
  }
  if (!options.with_mesh) return models;
  auto model = LoadNetwork(
      options, options.mesh_points == kMeshPoints ? "face-mesh" : "face-mesh-attention");
  if (!model.ok()) return model.status();
  auto mesh = MeshModel::Create(*std::move(model));
  if (!mesh.ok()) return mesh.status();
  models.mesh = *std::move(mesh);
  return models;
}

absl::Status FaceModels::Warm() {
  Image black(640, 480, PixelFormat::kRgb8);
  std::fill_n(black.mutable_view().data, black.bytes(), std::uint8_t{0});
  if (blaze || other) {
    if (const auto finds = Detect(black.view(), {}); !finds.ok()) return finds.status();
  }
  if (!mesh) return absl::OkStatus();
  const RotatedBox middle{{320, 240}, 200, 200, 0};
  return Meshes(black.view(), {&middle, 1}).status();
}

absl::StatusOr<std::span<const Find>> FaceModels::Detect(ImageView image,
                                                         std::span<const PixelBox> squares) {
  finds_.clear();
  if (!blaze && !other) return absl::FailedPreconditionError("no face detector is loaded here");
  if (squares.empty()) {
    auto faces = blaze ? blaze->Detect(image) : other->Detect(image);
    if (!faces.ok()) return faces.status();
    for (const Detection& face : *faces) finds_.push_back({face, 0});
    return std::span<const Find>(finds_);
  }
  if (!blaze)
    return absl::FailedPreconditionError("this face detector looks at whole pictures only");
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const auto faces = blaze->DetectIn(image, squares[i]);
    if (!faces.ok()) return faces.status();
    for (const Detection& face : *faces) finds_.push_back({face, static_cast<int>(i)});
  }
  return std::span<const Find>(finds_);
}

absl::StatusOr<std::span<const Mesh>> FaceModels::Meshes(ImageView image,
                                                         std::span<const RotatedBox> regions) {
  meshes_.clear();
  network_us_ = 0;
  if (!mesh) return absl::FailedPreconditionError("no face mesh is loaded here");
  for (const RotatedBox& region : regions) {
    auto found = mesh->Run(image, region);
    if (!found.ok()) return found.status();
    network_us_ += mesh->model_us();
    meshes_.push_back(*found);
  }
  return std::span<const Mesh>(meshes_);
}

absl::StatusOr<CanonicalFace> LoadFaceGeometry(const std::filesystem::path& dir) {
  const nn::KnownModel& model = Known("face-geometry");
  const auto file = nn::ReadKnownModel(model, dir);
  if (!file.ok()) return file.status();
  const auto bytes = file->bytes();
  return ParseCanonicalFace({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                            (dir / model.file).string());
}

}  // namespace vigil::face
