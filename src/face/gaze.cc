#include "face/gaze.h"

#include <Eigen/Core>
#include <Eigen/Geometry>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::face {
namespace {

using Eigen::Vector2f;
using Eigen::Vector3f;
using Rotation = Eigen::Matrix<float, 3, 3, Eigen::RowMajor>;

// Eye centre against the middle of the eye's corners, in the canonical face.
constexpr float kOutCm = 0.11F, kUpCm = 0.18F, kBackCm = 0.35F;

// An eye's opening faces this far outwards: the orbit's axis, less what the lids cover.
constexpr float kEyeOutwardsDeg = 15;

constexpr float kRadians = std::numbers::pi_v<float> / 180;

// 1 up to `full`, 0 from `none` on, straight between; full > none turns the slope round.
float Fade(float value, float full, float none) {
  return std::clamp((none - value) / (none - full), 0.0F, 1.0F);
}

struct View {
  const Mesh& mesh;
  const CanonicalFace& face;
  const HeadPose& pose;
  Camera camera;
  Rotation rotation;
};

Vector2f Seen(const View& view, int index) {
  return {view.mesh.points[index].x, view.mesh.points[index].y};
}

Vector3f InCamera(const View& view, Point3f canonical) {
  const Point3f p = ToCamera(view.pose, canonical);
  return {p.x, p.y, p.z};
}

Vector2f Pixel(const View& view, const Vector3f& point) {
  const auto pixel = Project(view.camera, {point.x(), point.y(), point.z()});
  return pixel ? Vector2f(pixel->x, pixel->y) : Vector2f::Constant(std::nanf(""));
}

// From the eyeball's centre to where the line of sight through `pixel` enters the sphere of iris
// middles.
Vector3f CutEyeball(const View& view, const Vector2f& pixel, const Vector3f& centre) {
  const Vector3f ray = Vector3f((pixel.x() - view.camera.center.x) / view.camera.focal_px,
                                (view.camera.center.y - pixel.y()) / view.camera.focal_px, -1)
                           .normalized();
  const float along = ray.dot(centre);
  const Vector3f miss = along * ray - centre;  // the line's nearest point, from the centre
  const float inside = kIrisDistanceCm * kIrisDistanceCm - miss.squaredNorm();
  return (miss - std::sqrt(std::max(0.0F, inside)) * ray).normalized();
}

// How much of the iris's width lies between the corners of the eye, 0..1.
float IrisBetweenCorners(const Vector2f& iris, float radius, const Vector2f& outer,
                         const Vector2f& inner) {
  const float width = (inner - outer).norm();
  if (!(width > 0) || !(radius > 0)) return 0;
  const float along = (iris - outer).dot(inner - outer) / width;
  const float covered = std::min(along + radius, width) - std::max(along - radius, 0.0F);
  return std::clamp(covered / (2 * radius), 0.0F, 1.0F);
}

float Confidence(const View& view, EyeSide side, const Vector3f& centre, const Angles& in_head,
                 float iris_inside) {
  const float outwards = side == EyeSide::kLeft ? -kEyeOutwardsDeg : kEyeOutwardsDeg;
  const Point3f axis = DirectionOf({.yaw_deg = outwards, .pitch_deg = 0});
  const float turned = (view.rotation * Vector3f(axis.x, axis.y, axis.z)).dot(-centre.normalized());
  const float hidden_deg = std::acos(std::clamp(turned, -1.0F, 1.0F)) / kRadians;
  const float opening = FrontalEyeAspectRatio(view.mesh.span(), side, view.pose, view.face);
  const float eye_deg = std::hypot(in_head.yaw_deg, in_head.pitch_deg);
  return Fade(opening, 0.18F, 0.08F) * Fade(hidden_deg, 50, 80) * Fade(eye_deg, 40, 60) *
         Fade(iris_inside, 0.9F, 0.4F);
}

EyeGaze GazeOfEye(const View& view, EyeSide side) {
  const EyeIndices& eye = IndicesOf(side);
  const Vector2f outer = Seen(view, eye.outer), inner = Seen(view, eye.inner);
  Vector2f iris = Vector2f::Zero();
  for (int i = 0; i < 5; ++i) iris += Seen(view, eye.iris + i) / 5;
  float radius = 0;
  for (int i = 1; i < 5; ++i) radius += (Seen(view, eye.iris + i) - iris).norm() / 4;

  // People's eyes lie a little elsewhere than the canonical ones; a millimetre would be five
  // degrees.
  const auto corner = [&](int index) {
    return Pixel(view, InCamera(view, view.face.vertices_cm[index]));
  };
  const Vector2f shift = (outer + inner - corner(eye.outer) - corner(eye.inner)) / 2;
  const Vector3f centre = InCamera(view, EyeCentre(view.face, side));
  const Vector3f gaze = CutEyeball(view, iris - shift, centre);
  const Vector3f own = view.rotation.transpose() * gaze;
  if (!own.allFinite()) return {};

  EyeGaze result;
  result.in_camera = AnglesOf({gaze.x(), gaze.y(), gaze.z()});
  result.in_head = AnglesOf({own.x(), own.y(), own.z()});
  result.to_camera = RelativeToCamera(result.in_camera, {centre.x(), centre.y(), centre.z()});
  result.confidence = Confidence(view, side, centre, result.in_head,
                                 IrisBetweenCorners(iris, radius, outer, inner));
  return result;
}

Angles MeanDirection(const Angles& a, float weight_a, const Angles& b, float weight_b) {
  const Point3f p = DirectionOf(a), q = DirectionOf(b);
  return AnglesOf({weight_a * p.x + weight_b * q.x, weight_a * p.y + weight_b * q.y,
                   weight_a * p.z + weight_b * q.z});
}

// Eyes converge by 14° on what is 25 cm away; further apart, one of them is not seen rightly. Counts as far as both are
// trusted.
float Agreement(const EyeGaze& left, const EyeGaze& right) {
  const Point3f a = DirectionOf(left.in_head), b = DirectionOf(right.in_head);
  const float apart_deg =
      std::acos(std::clamp(a.x * b.x + a.y * b.y + a.z * b.z, -1.0F, 1.0F)) / kRadians;
  const auto [less, more] = std::minmax(left.confidence, right.confidence);
  return 1 - (1 - Fade(apart_deg, 15, 35)) * less / more;
}

EyeGaze Combine(const EyeGaze& left, const EyeGaze& right) {
  const float total = left.confidence + right.confidence;
  if (!(total > 0)) return {};
  return {.in_camera =
              MeanDirection(left.in_camera, left.confidence, right.in_camera, right.confidence),
          .in_head = MeanDirection(left.in_head, left.confidence, right.in_head, right.confidence),
          .to_camera =
              MeanDirection(left.to_camera, left.confidence, right.to_camera, right.confidence),
          .confidence = Agreement(left, right) *
                        (left.confidence * left.confidence + right.confidence * right.confidence) /
                        total};
}

}  // namespace

Point3f EyeCentre(const CanonicalFace& face, EyeSide side) {
  const EyeIndices& eye = IndicesOf(side);
  const Point3f &outer = face.vertices_cm[eye.outer], &inner = face.vertices_cm[eye.inner];
  const float out = side == EyeSide::kLeft ? -kOutCm : kOutCm;
  return {(outer.x + inner.x) / 2 + out, (outer.y + inner.y) / 2 + kUpCm,
          (outer.z + inner.z) / 2 - kBackCm};
}

Gaze EstimateGaze(const Mesh& mesh, const HeadPose& pose, const CanonicalFace& face, Size frame,
                  const GazeOptions& options) {
  if (!mesh.has_irises() || !(pose.translation_cm.z < 0) || frame.width <= 0 || frame.height <= 0)
    return {};
  const View view{mesh, face, pose, CameraFor(frame, options.vertical_fov_deg),
                  Rotation(pose.rotation.data())};
  Gaze gaze;
  gaze.left = GazeOfEye(view, EyeSide::kLeft);
  gaze.right = GazeOfEye(view, EyeSide::kRight);
  gaze.combined = Combine(gaze.left, gaze.right);
  return gaze;
}

}  // namespace vigil::face
