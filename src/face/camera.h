// The camera that head pose and gaze assume, and the arithmetic of directions in its frame (types.h
// has the convention: x right, y up, z from the scene towards the camera, centimetres). Pure
// functions, safe from any thread.
#pragma once

#include <array>
#include <optional>

#include "core/geometry.h"
#include "face/types.h"

namespace vigil::face {

/// MediaPipe's assumption where the true lens is not known.
inline constexpr float kDefaultVerticalFovDeg = 63;

/// A pinhole without distortion whose axis goes through the middle of the frame.
struct Camera {
  float focal_px = 0;
  Point2f center;  ///< pixels
};

/// @param frame             both sides > 0.
/// @param vertical_fov_deg  1..179; what lies outside is moved to the nearest end.
[[nodiscard]] Camera CameraFor(Size frame, float vertical_fov_deg = kDefaultVerticalFovDeg);

/// Pixel of a point of the camera frame; nothing if it is not before the camera (z >= 0).
[[nodiscard]] std::optional<Point2f> Project(const Camera& camera, Point3f point_cm);

/// A point of the canonical face, moved to the camera frame.
[[nodiscard]] Point3f ToCamera(const HeadPose& pose, Point3f canonical_cm);

/// R = Ry(yaw) · Rx(-pitch) · Rz(-roll), row major.
[[nodiscard]] std::array<float, 9> RotationFromAngles(float yaw_deg, float pitch_deg,
                                                      float roll_deg);

struct HeadAngles {
  float yaw_deg = 0;
  float pitch_deg = 0;  ///< -90..90
  float roll_deg = 0;
};

/// The inverse of RotationFromAngles. Where pitch is within 0.1° of ±90°, yaw and roll turn about
/// the same axis: roll is then 0 and yaw takes the whole turn.
[[nodiscard]] HeadAngles AnglesFromRotation(const std::array<float, 9>& rotation);

/// Yaw and pitch of a direction of any length, (0, 0, 1) being 0, 0; and back, as a unit vector.
[[nodiscard]] Angles AnglesOf(Point3f direction);
[[nodiscard]] Point3f DirectionOf(Angles angles);

/// The same direction measured from the line that leads from `from_cm` to the camera: 0, 0 looks
/// straight into the lens wherever in the picture the face is. Angles in the camera frame are 0, 0
/// only for who looks along the camera's axis, so whether a person looks *at the camera* is asked
/// here, with the head (pose.translation_cm, yaw and pitch) as with the gaze.
[[nodiscard]] Angles RelativeToCamera(Angles in_camera, Point3f from_cm);

}  // namespace vigil::face
