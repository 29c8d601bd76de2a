#include "events/ground_plane.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vigil::events {
namespace {

using Matrix3 = std::array<double, 9>;
using Point = std::array<double, 2>;
using Quad = std::array<Point, 4>;

double Determinant(const Matrix3& m) {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
         m[2] * (m[3] * m[7] - m[4] * m[6]);
}

Matrix3 Adjugate(const Matrix3& m) {
  return {m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
          m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
          m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
}

Matrix3 Times(const Matrix3& a, const Matrix3& b) {
  Matrix3 product{};
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t k = 0; k < 3; ++k) product[3 * r + c] += a[3 * r + k] * b[3 * k + c];
    }
  }
  return product;
}

std::array<double, 3> Times(const Matrix3& m, const Point& p) {
  return {m[0] * p[0] + m[1] * p[1] + m[2], m[3] * p[0] + m[4] * p[1] + m[5],
          m[6] * p[0] + m[7] * p[1] + m[8]};
}

// Whether three of the points lie on one line, as far as their spread tells.
bool IsDegenerate(const Quad& q) {
  double spread = 0;
  for (const Point& a : q) {
    for (const Point& b : q) spread = std::max(spread, std::hypot(a[0] - b[0], a[1] - b[1]));
  }
  for (std::size_t skip = 0; skip < 4; ++skip) {
    const Point &a = q[(skip + 1) % 4], &b = q[(skip + 2) % 4], &c = q[(skip + 3) % 4];
    const double area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if (!(std::abs(area) > 1e-6 * spread * spread)) return true;
  }
  return false;
}

// The map of the projective plane that takes (1,0,0), (0,1,0), (0,0,1), (1,1,1) to the four points.
Matrix3 BasisTo(const Quad& q) {
  const Matrix3 columns = {q[0][0], q[1][0], q[2][0], q[0][1], q[1][1], q[2][1], 1, 1, 1};
  const auto weights = Times(Adjugate(columns), q[3]);
  Matrix3 m = columns;
  for (std::size_t i = 0; i < 9; ++i) m[i] *= weights[i % 3];
  return m;
}

}  // namespace

absl::StatusOr<GroundPlane> GroundPlane::Create(const SpeedOptions& options, Size size) {
  const bool has_points = !options.frame_points.empty() || !options.ground_points_m.empty();
  if (has_points == (options.metres_per_pixel > 0)) {
    return absl::InvalidArgumentError(
        "needs either metres_per_pixel or frame_points and ground_points_m");
  }
  if (!has_points) {
    const double s = options.metres_per_pixel;
    return GroundPlane({s, 0, 0, 0, s, 0, 0, 0, 1});
  }
  if (options.frame_points.size() != 4 || options.ground_points_m.size() != 4) {
    return absl::InvalidArgumentError("frame_points and ground_points_m must have four points");
  }
  Quad frame, ground;
  for (std::size_t i = 0; i < 4; ++i) {
    const Point2f p = options.frame_points[i];
    frame[i] = {double{p.x} * size.width, double{p.y} * size.height};
    ground[i] = options.ground_points_m[i];
    if (!std::isfinite(p.x + p.y) || !(std::hypot(ground[i][0], ground[i][1]) < 1e6)) {
      return absl::InvalidArgumentError("points must be numbers of a sensible size");
    }
  }
  if (IsDegenerate(frame) || IsDegenerate(ground)) {
    return absl::InvalidArgumentError("three of the four points lie on one line");
  }
  Matrix3 h = Times(BasisTo(ground), Adjugate(BasisTo(frame)));
  // All four points are in front of the camera, so the horizon passes between none of them.
  std::array<double, 4> depth;
  std::ranges::transform(frame, depth.begin(), [&](const Point& p) { return Times(h, p)[2]; });
  const auto [least, most] = std::ranges::minmax(depth);
  if (least <= 0 && most >= 0) {
    return absl::InvalidArgumentError(
        "frame_points and ground_points_m do not go around in the same order");
  }
  const double scale = 1 / depth[0];
  for (double& value : h) value *= scale;
  if (!std::isfinite(Determinant(h))) return absl::InvalidArgumentError("points are too close");
  return GroundPlane(h);
}

std::optional<GroundPlane::Metres> GroundPlane::At(Point2f p) const {
  const auto [x, y, w] = Times(h_, Point{p.x, p.y});
  if (w < 1e-6) return std::nullopt;  // 1 at the first of the four points
  return Metres{x / w, y / w};
}

}  // namespace vigil::events
