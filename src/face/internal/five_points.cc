#include "face/internal/five_points.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {

void SetKeyPoints(Detection& detection, const FivePoints& points) {
  constexpr float kOutward = 0.71F, kBelow = 0.3F;  // in eye distances
  const auto [left_eye, right_eye, nose, left_corner, right_corner] = points;
  const Point2f across{right_eye.x - left_eye.x, right_eye.y - left_eye.y};
  const Point2f down{-across.y, across.x};
  const auto ear = [&](Point2f eye, float outward) {
    return Point2f{eye.x + outward * across.x + kBelow * down.x,
                   eye.y + outward * across.y + kBelow * down.y};
  };
  auto& key_points = detection.key_points;
  key_points[Detection::kLeftEye] = left_eye;
  key_points[Detection::kRightEye] = right_eye;
  key_points[Detection::kNoseTip] = nose;
  key_points[Detection::kMouth] = {(left_corner.x + right_corner.x) / 2,
                                   (left_corner.y + right_corner.y) / 2};
  key_points[Detection::kLeftEar] = ear(left_eye, -kOutward);
  key_points[Detection::kRightEar] = ear(right_eye, kOutward);
}

bool IsPlausible(const Detection& detection, Size picture) {
  const float longest = 4.0F * static_cast<float>(std::max(picture.width, picture.height));
  const auto& box = detection.box;
  const bool sized = box.width > 0 && box.height > 0 && box.width <= longest &&
                     box.height <= longest;  // false for NaN
  const PixelBox whole{0, 0, static_cast<float>(picture.width), static_cast<float>(picture.height)};
  return sized && std::isfinite(detection.score) && Intersect(box, whole).area() > 0 &&
         std::all_of(detection.key_points.begin(), detection.key_points.end(), [&](Point2f point) {
           return std::abs(point.x) <= longest && std::abs(point.y) <= longest;
         });
}

}  // namespace vigil::face
