// Where the eyes look, from the irises of the refined mesh.
#pragma once

#include "core/geometry.h"
#include "face/camera.h"
#include "face/canonical_face.h"
#include "face/eye_geometry.h"
#include "face/types.h"

namespace vigil::face {

struct GazeOptions {
  float vertical_fov_deg = kDefaultVerticalFovDeg;  ///< the same as the head pose was made with
};

/// Distance from an eye's centre of rotation to the middle of its iris: the plane of a limbus of
/// 11.7 mm across on an eyeball of 12 mm radius. (The cornea stands out another 2.5 mm, so the
/// centre lies 13 mm behind it.)
inline constexpr float kIrisDistanceCm = 1.05F;

/// Centre of rotation of an eye in the canonical face, cm.
///
/// From the middle between the eye's corners it lies 3.5 mm back, 1.8 mm up and 1.1 mm out. Fitted
/// so that people who look into the lens, heads turned up to 30°, come out at 0
/// (docs/conventions.md); 1.1 mm out is the usual 5° between the eyeball's axis and the line of
/// sight (angle kappa), which so is taken off already.
[[nodiscard]] Point3f EyeCentre(const CanonicalFace& face, EyeSide side);

/// @param mesh   a refined mesh (478 points) in pixels of the frame. Without irises everything
///               returned is 0.
/// @param pose   EstimateHeadPose's for the same mesh and frame. Unknown: everything returned is 0.
/// @return       per eye and combined: in_head (0, 0 straight out of the face), in_camera (head
///               rotation × eye in head: 0, 0 along the camera's axis), to_camera (from the line
///               between eye and camera: 0, 0 into the lens), confidence 0..1.
///
/// How: only x and y are used. The canonical eye is laid onto the seen one by the middle of its
/// corners, the line of sight through the iris (mean of its five points) is cut with the eyeball,
/// and the gaze is the direction from the eyeball's centre to there. A line that misses the eyeball
/// takes the point of the eyeball nearest to it.
///
/// Confidence is a product. It falls as the lids close (frontal eye aspect ratio 0.18 → 0.08), as
/// the eye turns out of sight (50° → 80° between the eye's axis and the line to the camera), as the
/// iris leaves the span between the corners, and as the eyeball turns further than eyes do (40° →
/// 60° in the head). combined is the mean direction weighted by confidence, its confidence the mean
/// weighted likewise, less where two trusted eyes disagree (15° → 35° between them in the head).
///
/// Pure, safe from any thread, takes no memory from the heap, about 1 µs.
[[nodiscard]] Gaze EstimateGaze(const Mesh& mesh, const HeadPose& pose, const CanonicalFace& face,
                                Size frame, const GazeOptions& options = {});

}  // namespace vigil::face
