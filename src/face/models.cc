#include "face/models.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <utility>

#include "face/onnx_detectors.h"
#include "nn/model_file.h"
#include "nn/tflite_model.h"

namespace vigil::face {
namespace {

absl::StatusOr<std::unique_ptr<nn::Model>> LoadTflite(const std::filesystem::path& path) {
  const auto file = nn::ModelFile::Read(path);
  if (!file.ok()) return file.status();
  return nn::TfliteModel::Create(path.string(), file->bytes());
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
  if (options.detector == DetectorKind::kBlazeFace) {
    auto model = LoadTflite(options.dir / "face_detection_short_range.tflite");
    if (!model.ok()) return model.status();
    auto blaze = BlazeFace::Create(*std::move(model));
    if (!blaze.ok()) return blaze.status();
    models.blaze = *std::move(blaze);
  } else {
    auto other = LoadOnnxDetector(options);
    if (!other.ok()) return other.status();
    models.other = *std::move(other);
  }
  auto model = LoadTflite(options.dir / (options.mesh_points == kMeshPoints
                                             ? "face_landmark.tflite"
                                             : "face_landmark_with_attention.tflite"));
  if (!model.ok()) return model.status();
  auto mesh = MeshModel::Create(*std::move(model));
  if (!mesh.ok()) return mesh.status();
  models.mesh = *std::move(mesh);
  return models;
}

}  // namespace vigil::face
