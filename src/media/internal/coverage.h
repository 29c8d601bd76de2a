// How much of each pixel a shape covers: the anti-aliasing under media/canvas.h.
#pragma once

#include <cstdint>
#include <span>

#include "core/geometry.h"

namespace vigil::media::internal {

/// A part of a picture, 0 (free) to 255 (covered) a pixel. Shapes are joined, not added: a pixel
/// keeps the most that any of them covers. Shapes are in the picture's coordinates; what lies
/// outside the part is left out.
struct Coverage {
  std::uint8_t* data = nullptr;  ///< rows of `width` bytes
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;

  std::uint8_t* row(int y) const {
    return data + static_cast<std::ptrdiff_t>(y - top) * width - left;
  }
};

/// A stroke of twice `radius` with round ends; a disc where both ends are one point. `radius` is at
/// least 0.5.
void CoverStroke(const Coverage& cover, Point2f from, Point2f to, float radius);

/// A circle's stroke, twice `half_width` wide.
void CoverRing(const Coverage& cover, Point2f center, float radius, float half_width);

/// An upright box with rounded corners.
void CoverBox(const Coverage& cover, const PixelBox& box, float corner_radius);

/// The stroke along that box's edge.
void CoverBoxEdge(const Coverage& cover, const PixelBox& box, float corner_radius,
                  float half_width);

/// The inside of a polygon (non-zero rule).
void CoverPolygon(const Coverage& cover, std::span<const Point2f> corners);

}  // namespace vigil::media::internal
