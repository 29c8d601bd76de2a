// Head pose from the face mesh: how the canonical face has to be turned and moved so that a camera
// sees it as the mesh.
#pragma once

#include <span>

#include "core/geometry.h"
#include "face/camera.h"
#include "face/canonical_face.h"
#include "face/types.h"

namespace vigil::face {

struct HeadPoseOptions {
  /// Of the camera, 1..179. Sets the distance, hardly the angles.
  float vertical_fov_deg = kDefaultVerticalFovDeg;
};

/// @param mesh   at least kMeshPoints points in pixels of the frame; those above are ignored.
///               Points that are not finite are left out.
/// @param frame  the frame's size in pixels.
/// @return       rotation and translation in the camera frame (types.h), the angles being those of
///               the rotation. Where there is no pose (too few points, an empty frame, a mesh
///               shrunk to a point) everything is 0 and the rotation is the identity:
///               translation_cm.z is < 0 exactly if the pose is known.
///
/// The angles are those to the camera's axis. A face away from the middle of the picture that looks
/// into the lens has angles of its own; to_camera is without them.
///
/// How: a similarity between canonical face and mesh in closed form (Horn, "Closed-form solution of
/// absolute orientation using unit quaternions", 1987; the same optimum as weighted orthogonal
/// Procrustes) on the landmark basis of MediaPipe's face geometry and an even sample of the other
/// vertices; then three Gauss-Newton steps on perspective reprojection in x, y and on depth along
/// the line of sight. Depth counts as much as x and y: tried without it, the error on real faces
/// grew by a fifth. Depth is taken along the line of sight, not along the camera's axis, because
/// the mesh model sees the crop of a face and cannot know where in the frame it lay.
///
/// Pure, safe from any thread, takes no memory from the heap, about 30 µs.
[[nodiscard]] HeadPose EstimateHeadPose(const CanonicalFace& face, std::span<const Point3f> mesh,
                                        Size frame, const HeadPoseOptions& options = {});

}  // namespace vigil::face
