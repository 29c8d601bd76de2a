// The canonical face: MediaPipe's average face, the ruler by which pose and gaze are measured and
// the net that is drawn.
//
// Its frame: origin between the ears, behind the nose bridge; x to the image's right for a face
// seen from the front (the person's own left), y up, z out of the face towards the viewer;
// centimetres. The nose tip stands at about (0, -1.1, 7.5). The z axis is thus opposite to the
// mesh's z in pixels, where smaller is closer to the camera.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "face/types.h"

namespace vigil::face {

struct CanonicalFace {
  using Triangle = std::array<std::uint16_t, 3>;  ///< vertex indices, < kMeshPoints

  /// A vertex that the pose may lean on, and how much.
  struct BasisPoint {
    std::uint16_t index = 0;
    float weight = 0;  ///< > 0; they need not add up to 1
  };

  std::array<Point3f, kMeshPoints> vertices_cm{};
  std::array<Point2f, kMeshPoints> uv{};  ///< texture coordinates, 0..1, v upwards
  std::vector<Triangle> triangles;        ///< the surface; MediaPipe's has 898
  std::vector<BasisPoint> basis;          ///< Procrustes landmark basis; MediaPipe's has 33 points
};

/// Reads the face-geometry metadata that comes with the face models
/// (models/geometry_pipeline_metadata_landmarks.binarypb: protobuf, GeometryPipelineMetadata).
///
/// @param name  how messages call the file. InvalidArgument, naming the file and the fault, for
///              anything but 468 finite vertices of position and texture, triangles and a landmark
///              basis within range. Pure; safe from any thread.
[[nodiscard]] absl::StatusOr<CanonicalFace> ParseCanonicalFace(std::string_view bytes,
                                                               std::string_view name);

/// The same from a file. NotFound where it cannot be opened, InvalidArgument where it is too large
/// or broken.
[[nodiscard]] absl::StatusOr<CanonicalFace> LoadCanonicalFace(const std::filesystem::path& file);

}  // namespace vigil::face
