#include "events/geometry.h"

#include <algorithm>
#include <cmath>

namespace vigil::events {
namespace {

__extension__ using Uint128 = unsigned __int128;

// Differences of coordinates stay below 2^28, products below 2^56: int64 holds them and their
// differences.
struct Vector {
  std::int64_t x = 0, y = 0;
};
Vector operator-(GridPoint a, GridPoint b) {
  return {std::int64_t{a.x} - b.x, std::int64_t{a.y} - b.y};
}
std::int64_t CrossProduct(Vector a, Vector b) { return a.x * b.y - a.y * b.x; }
std::int64_t Dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y; }

// The sign of v × ε, where ε is the infinitely small step of the header: (ε1, ε2), ε1 >> ε2 > 0.
// v is not zero.
int SignOfStep(Vector v) {
  if (v.y != 0) return v.y > 0 ? -1 : 1;
  return v.x > 0 ? 1 : -1;
}

// On which side of the line through a and b the point p + ε is: 1 to the right hand, -1 to the
// left.
int SideOf(GridPoint a, Vector along, GridPoint p) {
  const std::int64_t cross = CrossProduct(along, p - a);
  if (cross != 0) return cross > 0 ? 1 : -1;
  return SignOfStep(along);
}

// On which side of the line through from + ε and to + ε the point v is.
int SideOfVertex(GridPoint from, Vector move, GridPoint v) {
  const std::int64_t cross = CrossProduct(move, v - from);
  if (cross != 0) return cross > 0 ? 1 : -1;
  return -SignOfStep(move);
}

// Which share of the move lies before the line through an edge that it crosses.
double MeetingShare(GridPoint a, Vector along, GridPoint from, Vector move) {
  const auto before = static_cast<double>(CrossProduct(along, from - a));
  const auto step = static_cast<double>(CrossProduct(along, move));
  return step != 0 ? std::clamp(-before / step, 0.0, 1.0) : 0.0;
}

// Whether p is at least `distance` from the edge and not on it.
bool IsClearOfEdge(GridPoint a, GridPoint b, GridPoint p, std::int64_t distance) {
  const Vector along = b - a, ap = p - a, bp = p - b;
  // Beyond an end, that end is nearest.
  const std::int64_t at = Dot(along, ap);
  if (at <= 0 || Dot(along, bp) >= 0) {
    const Vector nearest = at <= 0 ? ap : bp;
    const std::int64_t squared = Dot(nearest, nearest);
    return squared > 0 && squared >= distance * distance;
  }
  const std::int64_t cross = CrossProduct(along, ap);
  if (cross == 0) return false;
  const auto height = static_cast<std::uint64_t>(cross < 0 ? -cross : cross);
  return Uint128{height} * height >= Uint128{static_cast<std::uint64_t>(distance * distance)} *
                                         static_cast<std::uint64_t>(Dot(along, along));
}

}  // namespace

GridPoint ToGrid(double x, double y) {
  const auto snap = [](double v) {
    return static_cast<std::int32_t>(
        std::clamp<double>(std::round(v * kGridPerPixel), -kMaxGrid, kMaxGrid));
  };
  return {snap(x), snap(y)};
}

Point2f ToPixels(GridPoint p) {
  return {static_cast<float>(static_cast<double>(p.x) / kGridPerPixel),
          static_cast<float>(static_cast<double>(p.y) / kGridPerPixel)};
}

GridBounds BoundsOf(std::span<const GridPoint> points) {
  if (points.empty()) return {};
  GridBounds bounds{points[0].x, points[0].y, points[0].x, points[0].y};
  for (const GridPoint p : points) {
    bounds.min_x = std::min(bounds.min_x, p.x);
    bounds.min_y = std::min(bounds.min_y, p.y);
    bounds.max_x = std::max(bounds.max_x, p.x);
    bounds.max_y = std::max(bounds.max_y, p.y);
  }
  return bounds;
}

Crossing Cross(std::span<const GridPoint> line, GridPoint from, GridPoint to) {
  Crossing crossing;
  if (from == to) return crossing;
  const Vector move = to - from;
  double last = -1;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const GridPoint a = line[i], b = line[i + 1];
    if (a == b) continue;
    const Vector along = b - a;
    const int before = SideOf(a, along, from), after = SideOf(a, along, to);
    if (before == after) continue;
    if (SideOfVertex(from, move, a) == SideOfVertex(from, move, b)) continue;
    crossing.net += before;  // from the right hand, a, to the left: +1
    last = std::max(last, MeetingShare(a, along, from, move));
  }
  if (last >= 0) {
    const auto along_move = [&](std::int32_t start, std::int64_t way) {
      return static_cast<float>((start + last * static_cast<double>(way)) / kGridPerPixel);
    };
    crossing.at = {along_move(from.x, move.x), along_move(from.y, move.y)};
  }
  return crossing;
}

bool Contains(std::span<const GridPoint> polygon, GridPoint p) {
  bool inside = false;
  for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const GridPoint a = polygon[j], b = polygon[i];
    // Edges that a ray to the right meets: from above p (or its height) to below it, or back …
    if ((a.y > p.y) == (b.y > p.y)) continue;
    // … and strictly to the right of p. On the edge, the step to the right has passed it.
    const std::int64_t cross = CrossProduct(b - a, p - a);
    if (b.y > a.y ? cross > 0 : cross < 0) inside = !inside;
  }
  return inside;
}

bool IsClear(std::span<const GridPoint> line, bool closed, GridPoint p, std::int32_t distance) {
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    if (!IsClearOfEdge(line[i], line[i + 1], p, distance)) return false;
  }
  return !closed || line.empty() || IsClearOfEdge(line.back(), line.front(), p, distance);
}

}  // namespace vigil::events
