#include "face/region.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {
namespace {

constexpr float kRegionScale = 1.5F;

RotatedBox Square(Point2f center, float side, Point2f left_eye, Point2f right_eye) {
  side *= kRegionScale;
  return {center, side, side, std::atan2(right_eye.y - left_eye.y, right_eye.x - left_eye.x)};
}

}  // namespace

RotatedBox RegionFromDetection(const Detection& detection) {
  const PixelBox& box = detection.box;
  return Square({box.x + box.width / 2, box.y + box.height / 2}, std::max(box.width, box.height),
                detection.key_points[Detection::kLeftEye],
                detection.key_points[Detection::kRightEye]);
}

RotatedBox RegionFromLandmarks(std::span<const Point3f> points) {
  constexpr std::size_t kLeftCorner = 33, kRightCorner = 263;
  const PixelBox box = BoundingBox(points);
  return Square({box.x + box.width / 2, box.y + box.height / 2}, std::max(box.width, box.height),
                {points[kLeftCorner].x, points[kLeftCorner].y},
                {points[kRightCorner].x, points[kRightCorner].y});
}

PixelBox BoundingBox(std::span<const Point3f> points) {
  if (points.empty()) return {};
  float left = points[0].x, right = left, top = points[0].y, bottom = top;
  for (const Point3f& point : points) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    top = std::min(top, point.y);
    bottom = std::max(bottom, point.y);
  }
  return {left, top, right - left, bottom - top};
}

}  // namespace vigil::face
