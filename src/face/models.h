// The networks of the face pipeline: what one worker owns, and every stream it serves shares.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "face/blaze_face.h"
#include "face/canonical_face.h"
#include "face/detector.h"
#include "face/mesh_model.h"
#include "face/stages.h"
#include "nn/onnx_model.h"

namespace vigil::face {

enum class DetectorKind : std::uint8_t { kBlazeFace, kYuNet, kYoloFace };

struct ModelOptions {
  std::filesystem::path dir;         ///< of the face models that set-up unpacked
  int mesh_points = kRefinedPoints;  ///< kMeshPoints or kRefinedPoints
  DetectorKind detector = DetectorKind::kBlazeFace;
  std::filesystem::path detector_file;  ///< ONNX model of kYuNet and kYoloFace
  nn::OnnxOptions onnx;                 ///< for them
  /// "grpc://host:port" or "grpcs://…": MediaPipe's networks run on that server, under their names in the catalogue; what
  /// they are there is not checked. Empty: here.
  std::string server;
  std::string server_ca_file;  ///< as nn::KserveOptions::ca_file
  bool with_detector = true;   ///< what is left out fails when it is asked
  bool with_mesh = true;
};

/// One thread at a time. No state of any stream is in it. As stages, they take no memory while there are no more faces than
/// ever before (BlazeFace; other detectors do).
struct FaceModels final : DetectionStage, LandmarkStage {
  std::unique_ptr<BlazeFace> blaze;  ///< one of these two, or none
  std::unique_ptr<Detector> other;
  std::unique_ptr<MeshModel> mesh;

  /// Errors name the file and what to do. MediaPipe's models have to be the very files of the
  /// catalogue (nn/model_catalog.h); `detector_file` is whatever the user names.
  static absl::StatusOr<FaceModels> Load(const ModelOptions& options);

  /// Runs each network that is loaded once: one that cannot run is found out, and memory is taken.
  absl::Status Warm();

  bool looks_in_squares() const override { return blaze != nullptr; }
  absl::StatusOr<std::span<const Find>> Detect(ImageView image,
                                               std::span<const PixelBox> squares) override;
  absl::StatusOr<std::span<const Mesh>> Meshes(ImageView image,
                                               std::span<const RotatedBox> regions) override;
  int lookahead() const override { return 1; }
  std::int64_t network_us() const override { return network_us_; }

 private:
  std::vector<Find> finds_;  // of the last call, as the two below
  std::vector<Mesh> meshes_;
  std::int64_t network_us_ = 0;
};

/// The canonical face that belongs to the models in `dir`, the very file of the catalogue. NotFound
/// or DataLoss, naming the file and the remedy.
absl::StatusOr<CanonicalFace> LoadFaceGeometry(const std::filesystem::path& dir);

}  // namespace vigil::face
