#include "face/mesh_model.h"

#include <absl/status/status.h>

#include <cmath>
#include <cstdint>
#include <span>

#include "core/time.h"
#include "face/crop.h"
#include "face/refinement.h"

namespace vigil::face {
namespace {

// Outputs of the attention mesh, in the file's order.
enum Output : std::size_t {
  kMesh,
  kLips,
  kLeftEye,
  kRightEye,
  kLeftIrisOutput,
  kRightIrisOutput,
  kFlag
};

// x and y of the points in `indices` come from a part of the network that looked closer; z stays the mesh's.
void Overwrite(Mesh& mesh, std::span<const std::int16_t> indices, std::span<const float> xy) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    Point3f& point = mesh.points[static_cast<std::size_t>(indices[i])];
    point.x = xy[2 * i];
    point.y = xy[2 * i + 1];
  }
}

// The network gives irises no depth: they get the mean of the eye's inner contour.
void AddIris(Mesh& mesh, int first, std::span<const std::int16_t> eye, std::span<const float> xy) {
  double z = 0;
  for (std::size_t i = 0; i < kEyeContourPoints; ++i)
    z += mesh.points[static_cast<std::size_t>(eye[i])].z;
  const auto mean = static_cast<float>(z / kEyeContourPoints);
  for (std::size_t i = 0; i < 5; ++i)
    mesh.points[static_cast<std::size_t>(first) + i] = {xy[2 * i], xy[2 * i + 1], mean};
}

void ToImage(Mesh& mesh, const RotatedBox& region) {
  const float c = std::cos(region.rotation_rad), s = std::sin(region.rotation_rad);
  const float scale = region.width / MeshModel::kInputSize;
  for (std::size_t i = 0; i < static_cast<std::size_t>(mesh.count); ++i) {
    Point3f& point = mesh.points[i];
    const float x = point.x * scale - region.width / 2, y = point.y * scale - region.height / 2;
    point = {region.center.x + c * x - s * y, region.center.y + s * x + c * y, point.z * scale};
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<MeshModel>> MeshModel::Create(std::unique_ptr<nn::Model> model) {
  const auto outputs = model->outputs();
  const bool input =
      model->inputs().size() == 1 &&
      model->inputs()[0].shape == std::vector<std::int64_t>{1, kInputSize, kInputSize, 3};
  const auto has = [&](std::initializer_list<std::size_t> sizes) {
    return outputs.size() == sizes.size() &&
           std::equal(outputs.begin(), outputs.end(), sizes.begin(),
                      [](const nn::TensorInfo& info, std::size_t size) {
                        return info.elements() == size;
                      });
  };
  constexpr std::size_t kXyz = kMeshPoints * 3;
  if (input && has({kXyz, 1}))
    return std::unique_ptr<MeshModel>(new MeshModel(std::move(model), kMeshPoints, 1));
  if (input && has({kXyz, 160, 142, 142, 10, 10, 1}))
    return std::unique_ptr<MeshModel>(new MeshModel(std::move(model), kRefinedPoints, kFlag));
  return absl::InvalidArgumentError(
      "face mesh: the model is neither MediaPipe's face mesh nor its attention mesh");
}

absl::StatusOr<Mesh> MeshModel::Run(ImageView image, const RotatedBox& region) {
  CropToTensor(image, region, kInputSize, Border::kReplicate, 1.0F / 255, 0, model_->input(0));
  const auto start = Clock::now();
  const auto status = model_->Run();
  model_us_ = MicrosBetween(start, Clock::now());
  if (!status.ok()) return status;

  Mesh mesh;
  mesh.count = points_;
  mesh.score = 1 / (1 + std::exp(-model_->output(static_cast<std::size_t>(flag_))[0]));
  const auto xyz = model_->output(kMesh);
  for (std::size_t i = 0; i < kMeshPoints; ++i)
    mesh.points[i] = {xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]};
  if (mesh.has_irises()) {
    Overwrite(mesh, kLipsIndices, model_->output(kLips));
    Overwrite(mesh, kLeftEyeIndices, model_->output(kLeftEye));
    Overwrite(mesh, kRightEyeIndices, model_->output(kRightEye));
    AddIris(mesh, kLeftIris, kLeftEyeIndices, model_->output(kLeftIrisOutput));
    AddIris(mesh, kRightIris, kRightEyeIndices, model_->output(kRightIrisOutput));
  }
  ToImage(mesh, region);
  return mesh;
}

}  // namespace vigil::face
