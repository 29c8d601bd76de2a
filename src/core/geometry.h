// Points, boxes and rectangles. Image coordinates throughout: origin at the top left, x to the right, y down; the
// centre of the first pixel is (0.5, 0.5).
#pragma once

#include <algorithm>
#include <cmath>

namespace vigil {

struct Point2f {
  float x = 0;
  float y = 0;
  friend bool operator==(const Point2f&, const Point2f&) = default;
};

struct Point3f {
  float x = 0;
  float y = 0;
  float z = 0;
  friend bool operator==(const Point3f&, const Point3f&) = default;
};

struct Size {
  int width = 0;
  int height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// An upright box in pixels: left, top, width, height. May reach outside the picture.
struct PixelBox {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;

  float right() const { return x + width; }
  float bottom() const { return y + height; }
  float area() const { return std::max(0.0F, width) * std::max(0.0F, height); }
  friend bool operator==(const PixelBox&, const PixelBox&) = default;
};

/// A rectangle in pixels turned about its centre; `rotation_rad` > 0 turns x towards y (clockwise as seen).
struct RotatedBox {
  Point2f center;
  float width = 0;
  float height = 0;
  float rotation_rad = 0;
  friend bool operator==(const RotatedBox&, const RotatedBox&) = default;
};

inline float Distance(Point2f a, Point2f b) { return std::hypot(a.x - b.x, a.y - b.y); }

inline PixelBox Intersect(const PixelBox& a, const PixelBox& b) {
  const float x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  return {x, y, std::max(0.0F, std::min(a.right(), b.right()) - x),
          std::max(0.0F, std::min(a.bottom(), b.bottom()) - y)};
}

/// Intersection over union, 0 to 1; 0 where both are empty.
inline float IoU(const PixelBox& a, const PixelBox& b) {
  const float shared = Intersect(a, b).area();
  const float both = a.area() + b.area() - shared;
  return both > 0 ? shared / both : 0.0F;
}

}  // namespace vigil
