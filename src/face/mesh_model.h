// MediaPipe's Face Mesh: 468 points, or 478 with attention to lips, eyes and irises.
// Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019; Grishchenko et al.,
// "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "core/image.h"
#include "face/types.h"
#include "nn/model.h"

namespace vigil::face {

class MeshModel {
 public:
  static constexpr int kInputSize = 192;

  /// InvalidArgument if the model is neither of the two face meshes.
  static absl::StatusOr<std::unique_ptr<MeshModel>> Create(std::unique_ptr<nn::Model> model);

  /// Points of the face in `region` (a square), in pixels of `image`. Mesh::score says whether there is one: above 0.5,
  /// as MediaPipe has it. No memory is taken. One thread at a time.
  absl::StatusOr<Mesh> Run(ImageView image, const RotatedBox& region);

  /// kMeshPoints or kRefinedPoints.
  int points() const { return points_; }
  /// What the last Run() spent in the network, microseconds.
  std::int64_t model_us() const { return model_us_; }

 private:
  MeshModel(std::unique_ptr<nn::Model> model, int points, int flag)
      : model_(std::move(model)), points_(points), flag_(flag) {}

  const std::unique_ptr<nn::Model> model_;
  const int points_;
  const int flag_;  // which output says whether there is a face
  std::int64_t model_us_ = 0;
};

}  // namespace vigil::face
