// Crossing a line and being in a zone, decided exactly.
//
// Coordinates are whole thousandths of a pixel (which is also what the envelope writes), so every
// predicate is integer arithmetic without rounding. Where points coincide with lines, one rule
// decides: **every object is treated as if it stood an infinitely small step further right, and a
// step infinitely smaller than that further down.** It follows that
//   - a point on a line stands on its right side; on a horizontal line, below it;
//   - a zone owns its left and upper edges and not its right and lower ones, so that zones which
//     share an edge never both contain a point of it, and never neither;
//   - a move through a vertex of a polyline meets exactly one of the two edges there, or touches
//     both or none; a move along an edge meets none.
#pragma once

#include <cstdint>
#include <span>

#include "core/geometry.h"

namespace vigil::events {

inline constexpr int kGridPerPixel = 1000;
/// Coordinates on the grid are within ± this: 16 frames of the largest side.
inline constexpr std::int32_t kMaxGrid = 16 * 8192 * kGridPerPixel;

struct GridPoint {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend bool operator==(const GridPoint&, const GridPoint&) = default;
};

/// Rounds to the nearest grid point, halves away from zero. `p` is finite; far away it ends at
/// kMaxGrid.
[[nodiscard]] GridPoint ToGrid(double x, double y);
[[nodiscard]] inline GridPoint ToGrid(Point2f p) { return ToGrid(p.x, p.y); }
[[nodiscard]] Point2f ToPixels(GridPoint p);

/// The smallest upright rectangle around points; all four sides belong to it.
struct GridBounds {
  std::int32_t min_x = 0, min_y = 0, max_x = 0, max_y = 0;

  bool Contains(GridPoint p) const {
    return p.x >= min_x && p.x <= max_x && p.y >= min_y && p.y <= max_y;
  }
  /// Whether the rectangle around a move has a point in common with this one.
  bool Meets(GridPoint from, GridPoint to) const {
    return (from.x >= min_x || to.x >= min_x) && (from.x <= max_x || to.x <= max_x) &&
           (from.y >= min_y || to.y >= min_y) && (from.y <= max_y || to.y <= max_y);
  }
  /// Whether `p` is less than `distance` outside, or inside.
  bool IsNear(GridPoint p, std::int32_t distance) const {
    return std::int64_t{p.x} > std::int64_t{min_x} - distance &&
           std::int64_t{p.x} < std::int64_t{max_x} + distance &&
           std::int64_t{p.y} > std::int64_t{min_y} - distance &&
           std::int64_t{p.y} < std::int64_t{max_y} + distance;
  }
};
[[nodiscard]] GridBounds BoundsOf(std::span<const GridPoint> points);

/// How a move meets a polyline.
struct Crossing {
  /// Crossings from side a to side b less those from b to a: mostly +1, -1 or 0, but a polyline
  /// can be met several times.
  int net = 0;
  Point2f at;  ///< pixels: where the last of them is
};

/// The sides of a line: who walks from its first point to its last has side a on the right hand
/// and side b on the left, as seen in the picture. (Downwards: a is left, b is right.) Over the
/// moves of a path, `net` adds up to that of the whole path.
[[nodiscard]] Crossing Cross(std::span<const GridPoint> line, GridPoint from, GridPoint to);

/// Whether `p` is inside the polygon (even-odd, implicitly closed), by the rule above.
[[nodiscard]] bool Contains(std::span<const GridPoint> polygon, GridPoint p);

/// Whether `p` is at least `distance` (0 to kMaxGrid) from every point of the polyline, and not on
/// it. `closed`: the edge from the last point to the first belongs to it.
[[nodiscard]] bool IsClear(std::span<const GridPoint> line, bool closed, GridPoint p,
                           std::int32_t distance);

}  // namespace vigil::events
