// The networks of the face pipeline: what one worker owns, and every stream it serves shares.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "face/blaze_face.h"
#include "face/canonical_face.h"
#include "face/detector.h"
#include "face/mesh_model.h"
#include "nn/onnx_model.h"

namespace vigil::face {

enum class DetectorKind : std::uint8_t { kBlazeFace, kYuNet, kYoloFace };

struct ModelOptions {
  std::filesystem::path dir;         ///< of the face models that set-up unpacked
  int mesh_points = kRefinedPoints;  ///< kMeshPoints or kRefinedPoints
  DetectorKind detector = DetectorKind::kBlazeFace;
  std::filesystem::path detector_file;  ///< ONNX model of kYuNet and kYoloFace
  nn::OnnxOptions onnx;                 ///< for them
};

/// One thread at a time. No state of any stream is in it.
struct FaceModels {
  std::unique_ptr<BlazeFace> blaze;  ///< exactly one of these two
  std::unique_ptr<Detector> other;
  std::unique_ptr<MeshModel> mesh;

  /// Errors name the file and what to do. MediaPipe's models have to be the very files of the
  /// catalogue (nn/model_catalog.h); `detector_file` is whatever the user names.
  static absl::StatusOr<FaceModels> Load(const ModelOptions& options);
};

/// The canonical face that belongs to the models in `dir`, the very file of the catalogue. NotFound
/// or DataLoss, naming the file and the remedy.
absl::StatusOr<CanonicalFace> LoadFaceGeometry(const std::filesystem::path& dir);

}  // namespace vigil::face
