#include "face/head_pose.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/Geometry>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace vigil::face {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

constexpr float kMaxPixel = 1e6F;  // beyond that a coordinate is taken for garbage
constexpr int kMinPoints = 6;
constexpr double kMinSpreadPx =
    0.25;  // root mean square distance from the middle; below it nothing can be seen
constexpr double kNearestCm = 1;
constexpr int kRefinements = 3;  // the third moves by less than 0.01° on real faces

// The even sample: every third vertex, together half as heavy as the basis. The basis alone (33
// points, a few of them heavy) keeps expressions out but lets noise in.
constexpr int kSampleStep = 3;
constexpr double kSampleWeight = 0.5;

struct Sample {
  Vector3d canonical;  // cm
  Vector3d seen;       // pixels from the frame's middle, y upwards, z towards the camera
  double weight = 0;
};

struct Samples {
  std::array<Sample, kMeshPoints> items;
  int count = 0;

  const Sample* begin() const { return items.data(); }
  const Sample* end() const { return items.data() + count; }
};

struct Pose {
  Matrix3d rotation = Matrix3d::Identity();
  Vector3d translation = Vector3d::Zero();
};

bool IsUsable(Point3f p) {
  return std::abs(p.x) < kMaxPixel && std::abs(p.y) < kMaxPixel &&
         std::abs(p.z) < kMaxPixel;  // false for NaN
}

void Collect(const CanonicalFace& face, std::span<const Point3f> mesh, const Camera& camera,
             Samples& samples) {
  std::array<double, kMeshPoints> weights{};
  double basis = 0;
  for (const auto& point : face.basis) basis += point.weight;
  for (const auto& point : face.basis) weights[point.index] += point.weight / basis;
  for (int i = 0; i < kMeshPoints; i += kSampleStep) {
    weights[i] += kSampleWeight * kSampleStep / kMeshPoints;
  }

  for (int i = 0; i < kMeshPoints; ++i) {
    if (weights[i] == 0 || !IsUsable(mesh[i])) continue;
    const Point3f& c = face.vertices_cm[i];
    const Point3f& p = mesh[i];
    samples.items[samples.count++] = {
        {c.x, c.y, c.z}, {p.x - camera.center.x, camera.center.y - p.y, -p.z}, weights[i]};
  }
}

// The turn that brings the camera's axis onto the line of sight to a point.
Matrix3d TowardsCamera(const Vector3d& point) {
  return Eigen::Quaterniond::FromTwoVectors(Vector3d::UnitZ(), -point).toRotationMatrix();
}

// Of a covariance m(i, j), seen i against canonical j. The vector of its largest eigenvalue is the
// quaternion (w, x, y, z) that turns the one onto the other best, never a mirror image; the value
// is what the turned points have in common. Only the lower triangle is set.
Eigen::Matrix4d HornMatrix(const Matrix3d& m) {
  Eigen::Matrix4d horn = Eigen::Matrix4d::Zero();
  horn.diagonal() << m(0, 0) + m(1, 1) + m(2, 2), m(0, 0) - m(1, 1) - m(2, 2),
      m(1, 1) - m(0, 0) - m(2, 2), m(2, 2) - m(0, 0) - m(1, 1);
  horn.col(0).tail<3>() << m(2, 1) - m(1, 2), m(0, 2) - m(2, 0), m(1, 0) - m(0, 1);
  horn.col(1).tail<2>() << m(0, 1) + m(1, 0), m(0, 2) + m(2, 0);
  horn(3, 2) = m(1, 2) + m(2, 1);
  return horn;
}

// Scaled orthographic fit. Exact for a far face; the start for the perspective one.
std::optional<Pose> FitSimilarity(const Samples& samples, double focal) {
  double weight = 0;
  Vector3d canonical_mean = Vector3d::Zero(), seen_mean = Vector3d::Zero();
  for (const Sample& s : samples) {
    weight += s.weight;
    canonical_mean += s.weight * s.canonical;
    seen_mean += s.weight * s.seen;
  }
  canonical_mean /= weight;
  seen_mean /= weight;

  Matrix3d covariance = Matrix3d::Zero();
  double canonical_spread = 0, seen_spread = 0;
  for (const Sample& s : samples) {
    const Vector3d c = s.canonical - canonical_mean, p = s.seen - seen_mean;
    covariance += s.weight * p * c.transpose();
    canonical_spread += s.weight * c.squaredNorm();
    seen_spread += s.weight * p.head<2>().squaredNorm();
  }
  if (seen_spread / weight < kMinSpreadPx * kMinSpreadPx) return std::nullopt;

  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix4d> solver(HornMatrix(covariance));
  if (solver.info() != Eigen::Success) return std::nullopt;
  const double scale = solver.eigenvalues()[3] / canonical_spread;  // pixels a centimetre
  if (!(scale > 0) || !std::isfinite(scale)) return std::nullopt;

  const Eigen::Vector4d q = solver.eigenvectors().col(3);
  const Matrix3d turn = Eigen::Quaterniond(q[0], q[1], q[2], q[3]).toRotationMatrix();
  const Vector3d origin = (seen_mean - scale * (turn * canonical_mean)) / scale;
  const double distance = focal / scale;
  Pose pose;
  pose.translation = {origin.x(), origin.y(), -distance};
  pose.rotation = TowardsCamera(pose.translation) * turn;
  return pose;
}

// One Gauss-Newton step in turn (3), shift (3) and the unknown zero of the mesh's z (1). The normal
// equations are summed block by block, as half of each Jacobian is zero and this is the longest
// loop of the pose.
std::optional<Pose> Refine(const Pose& pose, const Samples& samples, double focal) {
  Matrix3d turn_turn = Matrix3d::Zero();
  Matrix3d turn_shift = Matrix3d::Zero();
  Matrix3d shift_shift = Matrix3d::Zero();
  Vector3d turn_zero = Vector3d::Zero();
  Eigen::Matrix<double, 7, 1> gradient = Eigen::Matrix<double, 7, 1>::Zero();
  double weight = 0;
  const Vector3d sight = -pose.translation.normalized();
  // Pixels a centimetre, as z has the scale of x.
  const double depth_scale = focal / -pose.translation.z();
  for (const Sample& s : samples) {
    const Vector3d turned = pose.rotation * s.canonical;
    const Vector3d point = turned + pose.translation;
    if (point.z() > -kNearestCm) return std::nullopt;
    const double scale = -focal / point.z();
    const double x = -point.x() / point.z(), y = -point.y() / point.z();

    // How x, y (pixels) change with the point, and by the chain rule with a turn ω, which moves it
    // by ω × turned.
    const Vector3d x_by_point(scale, 0, scale * x), y_by_point(0, scale, scale * y);
    const Vector3d x_by_turn = turned.cross(x_by_point), y_by_turn = turned.cross(y_by_point);
    const Vector3d z_by_turn = depth_scale * turned.cross(sight);
    const Vector3d wx = s.weight * x_by_turn, wy = s.weight * y_by_turn, wz = s.weight * z_by_turn;
    turn_turn.noalias() +=
        wx * x_by_turn.transpose() + wy * y_by_turn.transpose() + wz * z_by_turn.transpose();
    turn_shift.col(0) += scale * wx;
    turn_shift.col(1) += scale * wy;
    turn_shift.col(2) += (scale * x) * wx + (scale * y) * wy;
    turn_zero += wz;
    const double square = s.weight * scale * scale;
    shift_shift(0, 0) += square;
    shift_shift(2, 0) += square * x;
    shift_shift(2, 1) += square * y;
    shift_shift(2, 2) += square * (x * x + y * y);
    weight += s.weight;

    const Vector3d residual =
        s.seen - Vector3d(focal * x, focal * y, depth_scale * sight.dot(turned));
    gradient.head<3>() += residual.x() * wx + residual.y() * wy + residual.z() * wz;
    gradient.segment<3>(3) += s.weight * (residual.x() * x_by_point + residual.y() * y_by_point);
    gradient[6] += s.weight * residual.z();
  }
  shift_shift(1, 1) = shift_shift(0, 0);

  // LDLT reads the lower triangle.
  Eigen::Matrix<double, 7, 7> normal = Eigen::Matrix<double, 7, 7>::Zero();
  normal.topLeftCorner<3, 3>() = turn_turn;
  normal.block<3, 3>(3, 0) = turn_shift.transpose();
  normal.block<3, 3>(3, 3) = shift_shift;
  normal.row(6).head<3>() = turn_zero.transpose();
  normal(6, 6) = weight;
  const Eigen::Matrix<double, 7, 1> step = normal.ldlt().solve(gradient);
  if (!step.allFinite()) return std::nullopt;

  Pose refined = pose;
  const Vector3d turn = step.head<3>();
  const double angle = turn.norm();
  if (angle > 0)
    refined.rotation = Eigen::AngleAxisd(angle, turn / angle).toRotationMatrix() * pose.rotation;
  refined.translation += step.segment<3>(3);
  if (refined.translation.z() > -kNearestCm) return std::nullopt;
  return refined;
}

HeadPose ToHeadPose(const Pose& pose) {
  HeadPose result;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      result.rotation[row * 3 + column] = static_cast<float>(pose.rotation(row, column));
    }
  }
  const HeadAngles angles = AnglesFromRotation(result.rotation);
  result.yaw_deg = angles.yaw_deg;
  result.pitch_deg = angles.pitch_deg;
  result.roll_deg = angles.roll_deg;
  const Eigen::Vector3f t = pose.translation.cast<float>();
  result.translation_cm = {t.x(), t.y(), t.z()};
  result.to_camera = RelativeToCamera({result.yaw_deg, result.pitch_deg}, result.translation_cm);
  return result;
}

}  // namespace

HeadPose EstimateHeadPose(const CanonicalFace& face, std::span<const Point3f> mesh, Size frame,
                          const HeadPoseOptions& options) {
  if (mesh.size() < kMeshPoints || frame.width <= 0 || frame.height <= 0) return {};
  const Camera camera = CameraFor(frame, options.vertical_fov_deg);
  Samples samples;
  Collect(face, mesh, camera, samples);
  if (samples.count < kMinPoints) return {};

  auto pose = FitSimilarity(samples, camera.focal_px);
  if (!pose) return {};
  // A step that fails (a face on the lens) leaves what was known before it.
  for (int i = 0; i < kRefinements; ++i) {
    const auto refined = Refine(*pose, samples, camera.focal_px);
    if (!refined) break;
    pose = refined;
  }
  return ToHeadPose(*pose);
}

}  // namespace vigil::face
