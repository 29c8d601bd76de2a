#include "media/internal/coverage.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace vigil::media::internal {
namespace {

struct Range {
  int begin, end;
};

// The pixels from `from` to `to` within [begin, end); clamped as doubles, as shapes may reach
// anywhere.
Range Pixels(double from, double to, int begin, int end) {
  const auto limit = [&](double v) {
    return static_cast<int>(std::clamp(v, double(begin), double(end)));
  };
  return {limit(std::floor(from)), limit(std::ceil(to))};
}

// `distance` from the pixel's centre to the shape's edge, negative inside. A pixel whose centre
// lies on the edge is half covered; exact for upright edges, within a few percent for others.
std::uint8_t FromDistance(double distance) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(0.5 - distance, 0.0, 1.0)));
}

void Raise(std::uint8_t& pixel, std::uint8_t to) { pixel = std::max(pixel, to); }

// The part of the segment between two heights, as x from and to; nothing when it does not reach
// between them.
bool ClipToRows(Point2f a, Point2f b, double top, double bottom, double& from, double& to) {
  if (a.y > b.y) std::swap(a, b);
  if (a.y > bottom || b.y < top) return false;
  const double rise = double{b.y} - a.y;
  const auto x_at = [&](double y) {
    return rise > 0 ? a.x + (double{b.x} - a.x) * ((y - a.y) / rise) : double{a.x};
  };
  const double x0 = a.y >= top ? double{a.x} : x_at(top);
  const double x1 = b.y <= bottom ? double{b.x} : x_at(bottom);
  from = std::min(x0, x1);
  to = std::max(x0, x1);
  return true;
}

// Signed distance to a box with rounded corners, centred at the origin.
double BoxDistance(double x, double y, double half_width, double half_height, double corner) {
  const double dx = std::abs(x) - half_width + corner, dy = std::abs(y) - half_height + corner;
  if (dx <= 0 || dy <= 0) return std::max(dx, dy) - corner;
  return std::sqrt(dx * dx + dy * dy) - corner;
}

template <typename Distance>
void CoverByDistance(const Coverage& cover, const PixelBox& box, double margin, Distance distance) {
  const Range rows = Pixels(box.y - margin, double{box.y} + box.height + margin, cover.top,
                            cover.top + cover.height);
  const Range columns = Pixels(box.x - margin, double{box.x} + box.width + margin, cover.left,
                               cover.left + cover.width);
  for (int y = rows.begin; y < rows.end; ++y) {
    std::uint8_t* row = cover.row(y);
    for (int x = columns.begin; x < columns.end; ++x)
      Raise(row[x], FromDistance(distance(x + 0.5, y + 0.5)));
  }
}

constexpr int kSubRows = 8;  // scan lines in a row of pixels

struct Crossing {
  double x;
  int winding;
};

void FindCrossings(std::span<const Point2f> corners, double y, std::vector<Crossing>& crossings) {
  crossings.clear();
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point2f a = corners[i], b = corners[(i + 1) % corners.size()];
    if ((a.y <= y) == (b.y <= y)) continue;
    crossings.push_back(
        {a.x + (double{b.x} - a.x) * ((y - a.y) / (double{b.y} - a.y)), a.y < b.y ? 1 : -1});
  }
  std::sort(crossings.begin(), crossings.end(),
            [](const Crossing& a, const Crossing& b) { return a.x < b.x; });
}

// Adds to each pixel of the row how much of it lies between `from` and `to`.
void AddSpan(const Coverage& cover, double from, double to, std::vector<float>& row) {
  from = std::clamp(from - cover.left, 0.0, double(cover.width));
  to = std::clamp(to - cover.left, 0.0, double(cover.width));
  if (!(from < to)) return;
  const Range columns = Pixels(from, to, 0, cover.width);
  for (int x = columns.begin; x < columns.end; ++x) {
    row[static_cast<std::size_t>(x)] +=
        static_cast<float>(std::min(to, x + 1.0) - std::max(from, double(x)));
  }
}

}  // namespace

void CoverStroke(const Coverage& cover, Point2f from, Point2f to, float radius) {
  const double reach = radius + 0.5;
  const double dx = double{to.x} - from.x, dy = double{to.y} - from.y;
  const double length2 = dx * dx + dy * dy;
  const Range rows = Pixels(std::min(from.y, to.y) - reach, std::max(from.y, to.y) + reach,
                            cover.top, cover.top + cover.height);
  for (int y = rows.begin; y < rows.end; ++y) {
    const double center_y = y + 0.5;
    double begin = 0, end = 0;
    if (!ClipToRows(from, to, center_y - reach, center_y + reach, begin, end)) continue;
    const Range columns = Pixels(begin - reach, end + reach, cover.left, cover.left + cover.width);
    std::uint8_t* row = cover.row(y);
    for (int x = columns.begin; x < columns.end; ++x) {
      const double px = x + 0.5 - from.x, py = center_y - from.y;
      const double along = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0, 1.0) : 0;
      const double ox = px - along * dx, oy = py - along * dy;
      const double distance2 = ox * ox + oy * oy;
      if (distance2 < reach * reach) Raise(row[x], FromDistance(std::sqrt(distance2) - radius));
    }
  }
}

void CoverRing(const Coverage& cover, Point2f center, float radius, float half_width) {
  const PixelBox box{center.x - radius, center.y - radius, 2 * radius, 2 * radius};
  CoverByDistance(cover, box, half_width + 1.0, [&](double x, double y) {
    const double dx = x - center.x, dy = y - center.y;
    return std::abs(std::sqrt(dx * dx + dy * dy) - radius) - half_width;
  });
}

void CoverBox(const Coverage& cover, const PixelBox& box, float corner_radius) {
  const double half_width = box.width / 2.0, half_height = box.height / 2.0;
  const double corner = std::clamp<double>(corner_radius, 0, std::min(half_width, half_height));
  CoverByDistance(cover, box, 1, [&](double x, double y) {
    return BoxDistance(x - box.x - half_width, y - box.y - half_height, half_width, half_height,
                       corner);
  });
}

void CoverBoxEdge(const Coverage& cover, const PixelBox& box, float corner_radius,
                  float half_width) {
  const double half_box = box.width / 2.0, half_height = box.height / 2.0;
  const double corner = std::clamp<double>(corner_radius, 0, std::min(half_box, half_height));
  CoverByDistance(cover, box, half_width + 1.0, [&](double x, double y) {
    return std::abs(BoxDistance(x - box.x - half_box, y - box.y - half_height, half_box,
                                half_height, corner)) -
           half_width;
  });
}

void CoverPolygon(const Coverage& cover, std::span<const Point2f> corners) {
  std::vector<Crossing> crossings;
  std::vector<float> sum(static_cast<std::size_t>(cover.width));
  for (int y = cover.top; y < cover.top + cover.height; ++y) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (int sub = 0; sub < kSubRows; ++sub) {
      FindCrossings(corners, y + (sub + 0.5) / kSubRows, crossings);
      int winding = 0;
      for (std::size_t i = 0; i + 1 < crossings.size(); ++i) {
        winding += crossings[i].winding;
        if (winding != 0) AddSpan(cover, crossings[i].x, crossings[i + 1].x, sum);
      }
    }
    std::uint8_t* row = cover.row(y) + cover.left;
    for (int x = 0; x < cover.width; ++x) {
      Raise(row[x], static_cast<std::uint8_t>(std::lround(
                        std::min(1.0F, sum[static_cast<std::size_t>(x)] / kSubRows) * 255)));
    }
  }
}

}  // namespace vigil::media::internal
