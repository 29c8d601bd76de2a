#include "face/eye_geometry.h"

#include <algorithm>
#include <cmath>

#include "face/camera.h"

namespace vigil::face {
namespace {

constexpr float kMostStretch = 4;

constexpr Point2f Flat(Point3f p) { return {p.x, p.y}; }

float Ratio(float height, float width) {
  const float ratio = height / width;
  return width > 0 && std::isfinite(ratio) ? ratio : 0.0F;
}

constexpr Point3f Minus(Point3f a, Point3f b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }

constexpr Point3f Middle(Point3f a, Point3f b) {
  return {(a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2};
}

float Length(Point3f p) { return std::hypot(p.x, p.y, p.z); }

// How much of the length from a to b (canonical frame) is left when seen from the camera, against a
// camera straight in front of the face. The eye is seen along its own line of sight: close to, that
// is some degrees off the head's.
float Shortening(const HeadPose& pose, Point3f a, Point3f b, Point3f eye) {
  const Point3f span = Minus(ToCamera(pose, b), ToCamera(pose, a)), sight = ToCamera(pose, eye);
  const float along = (span.x * sight.x + span.y * sight.y + span.z * sight.z) / Length(sight);
  const float length = Length(span);
  const float across = std::sqrt(std::max(0.0F, length * length - along * along));
  return std::max(across / std::hypot(b.x - a.x, b.y - a.y), 1 / kMostStretch);
}

}  // namespace

float EyeAspectRatio(std::span<const Point2f, 6> eye) {
  return Ratio(Distance(eye[1], eye[5]) + Distance(eye[2], eye[4]), 2 * Distance(eye[0], eye[3]));
}

float EyeAspectRatio(std::span<const Point3f> mesh, EyeSide side) {
  if (mesh.size() < kMeshPoints) return 0;
  std::array<Point2f, 6> eye;
  std::ranges::transform(IndicesOf(side).ear, eye.begin(), [&](int i) { return Flat(mesh[i]); });
  return EyeAspectRatio(eye);
}

float FrontalEyeAspectRatio(std::span<const Point3f> mesh, EyeSide side, const HeadPose& pose,
                            const CanonicalFace& face) {
  const float seen = EyeAspectRatio(mesh, side);
  if (!(pose.translation_cm.z < 0)) return seen;
  const auto& ear = IndicesOf(side).ear;
  const auto vertex = [&](int i) { return face.vertices_cm[ear[i]]; };
  const Point3f eye = Middle(vertex(0), vertex(3));
  const float width = Shortening(pose, vertex(0), vertex(3), eye);
  const float height =
      Shortening(pose, Middle(vertex(1), vertex(2)), Middle(vertex(5), vertex(4)), eye);
  return seen * width / height;
}

float MouthAspectRatio(std::span<const Point3f> mesh) {
  if (mesh.size() < kMeshPoints) return 0;
  return Ratio(Distance(Flat(mesh[13]), Flat(mesh[14])), Distance(Flat(mesh[78]), Flat(mesh[308])));
}

}  // namespace vigil::face
