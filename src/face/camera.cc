#include "face/camera.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::face {
namespace {

constexpr float kRadians = std::numbers::pi_v<float> / 180;
constexpr float kDegrees = 180 / std::numbers::pi_v<float>;

}  // namespace

Camera CameraFor(Size frame, float vertical_fov_deg) {
  const float fov = std::clamp(vertical_fov_deg, 1.0F, 179.0F) * kRadians;
  const float half_height = static_cast<float>(frame.height) / 2;
  return {half_height / std::tan(fov / 2), {static_cast<float>(frame.width) / 2, half_height}};
}

std::optional<Point2f> Project(const Camera& camera, Point3f point_cm) {
  if (!(point_cm.z < 0)) return std::nullopt;
  const float scale = camera.focal_px / -point_cm.z;
  return Point2f{camera.center.x + scale * point_cm.x, camera.center.y - scale * point_cm.y};
}

Point3f ToCamera(const HeadPose& pose, Point3f p) {
  const auto& r = pose.rotation;
  const Point3f& t = pose.translation_cm;
  return {r[0] * p.x + r[1] * p.y + r[2] * p.z + t.x, r[3] * p.x + r[4] * p.y + r[5] * p.z + t.y,
          r[6] * p.x + r[7] * p.y + r[8] * p.z + t.z};
}

std::array<float, 9> RotationFromAngles(float yaw_deg, float pitch_deg, float roll_deg) {
  const float cy = std::cos(yaw_deg * kRadians), sy = std::sin(yaw_deg * kRadians);
  const float cp = std::cos(pitch_deg * kRadians), sp = std::sin(pitch_deg * kRadians);
  const float cr = std::cos(roll_deg * kRadians), sr = std::sin(roll_deg * kRadians);
  return {cy * cr + sy * sp * sr,
          cy * sr - sy * sp * cr,
          sy * cp,  //
          -cp * sr,
          cp * cr,
          sp,  //
          -sy * cr + cy * sp * sr,
          -sy * sr - cy * sp * cr,
          cy * cp};
}

HeadAngles AnglesFromRotation(const std::array<float, 9>& r) {
  const float sin_pitch = std::clamp(r[5], -1.0F, 1.0F);
  const float cos_pitch = std::hypot(r[2], r[8]);
  HeadAngles angles{
      .yaw_deg = 0, .pitch_deg = std::atan2(sin_pitch, cos_pitch) * kDegrees, .roll_deg = 0};
  if (cos_pitch < 0.1F * kRadians) {
    angles.yaw_deg = std::atan2(-r[6], r[0]) * kDegrees;
    return angles;
  }
  angles.yaw_deg = std::atan2(r[2], r[8]) * kDegrees;
  angles.roll_deg = std::atan2(-r[3], r[4]) * kDegrees;
  return angles;
}

Angles AnglesOf(Point3f d) {
  if (d.x == 0 && d.y == 0 && d.z == 0) return {};
  return {std::atan2(d.x, d.z) * kDegrees, std::atan2(d.y, std::hypot(d.x, d.z)) * kDegrees};
}

Point3f DirectionOf(Angles angles) {
  const float yaw = angles.yaw_deg * kRadians, pitch = angles.pitch_deg * kRadians;
  return {std::sin(yaw) * std::cos(pitch), std::sin(pitch), std::cos(yaw) * std::cos(pitch)};
}

Angles RelativeToCamera(Angles in_camera, Point3f from_cm) {
  const float distance = std::hypot(from_cm.x, from_cm.y, from_cm.z);
  if (!(distance > 0) || !(from_cm.z < 0)) return in_camera;
  // The shortest turn that brings the line of sight l onto z: v + k×v + k×(k×v)/(1 + l.z) with k =
  // l × z.
  const Point3f l{-from_cm.x / distance, -from_cm.y / distance, -from_cm.z / distance};
  const Point3f k{l.y, -l.x, 0};
  const auto cross_k = [&k](Point3f v) {
    return Point3f{k.y * v.z, -k.x * v.z, k.x * v.y - k.y * v.x};
  };
  const Point3f v = DirectionOf(in_camera);
  const Point3f once = cross_k(v), twice = cross_k(once);
  const float f = 1 / (1 + l.z);
  return AnglesOf(
      {v.x + once.x + f * twice.x, v.y + once.y + f * twice.y, v.z + once.z + f * twice.z});
}

}  // namespace vigil::face
