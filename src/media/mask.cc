#include "media/mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/limits.h"

namespace vigil::media {
namespace {

struct Edge {  // in pixels, y0 <= y1
  double x0, y0, x1, y1;
  int winding;  // +1 where the polygon runs downwards here, -1 upwards

  double XAt(double y) const { return x0 + (x1 - x0) * ((y - y0) / (y1 - y0)); }
};

struct Columns {
  int begin, end;
};

// The pixels that [from, to] enters, inside the frame. Clamped as doubles first: corners may be
// anywhere.
Columns Touched(double from, double to, int width) {
  return {static_cast<int>(std::floor(std::clamp(from, 0.0, static_cast<double>(width)))),
          static_cast<int>(std::ceil(std::clamp(to, 0.0, static_cast<double>(width))))};
}

void Add(std::vector<Columns>& row, Columns columns) {
  if (columns.begin < columns.end) row.push_back(columns);
}

// Fractions are floats, so 0.8 of 10 pixels is 8.0000001: what is within a float's error of a
// border between pixels lies on it. A thousandth of a pixel covers that error for the largest
// frame.
double InPixels(float fraction, int size) {
  const double exact = double{fraction} * size, border = std::round(exact);
  return std::abs(exact - border) < 1e-3 ? border : exact;
}

std::vector<Edge> Edges(const MaskPolygon& polygon, Size size) {
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point2f a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    Edge edge{InPixels(a.x, size.width), InPixels(a.y, size.height), InPixels(b.x, size.width),
              InPixels(b.y, size.height), 1};
    if (edge.y0 > edge.y1) {
      std::swap(edge.x0, edge.x1);
      std::swap(edge.y0, edge.y1);
      edge.winding = -1;
    }
    edges.push_back(edge);
  }
  return edges;
}

// A pixel that a polygon touches either holds a piece of an edge, or lies wholly on one side of
// every edge; then it is covered when its centre is. So a row's pixels are those that edges pass
// through, and the spans of its centre line.
void AddEdgePixels(const std::vector<Edge>& edges, int y, int width, std::vector<Columns>& row) {
  for (const Edge& edge : edges) {
    const double top = std::max<double>(edge.y0, y), bottom = std::min<double>(edge.y1, y + 1);
    const bool level = edge.y0 == edge.y1;
    if (level ? !(edge.y0 > y && edge.y0 < y + 1) : !(top < bottom)) continue;
    const double from = level ? edge.x0 : edge.XAt(top), to = level ? edge.x1 : edge.XAt(bottom);
    Add(row, Touched(std::min(from, to), std::max(from, to), width));
  }
}

void AddInsidePixels(const std::vector<Edge>& edges, int y, int width,
                     std::vector<std::pair<double, int>>& crossings, std::vector<Columns>& row) {
  const double center = y + 0.5;
  crossings.clear();
  for (const Edge& edge : edges) {
    if (edge.y0 <= center && center < edge.y1)
      crossings.emplace_back(edge.XAt(center), edge.winding);
  }
  std::sort(crossings.begin(), crossings.end());
  int winding = 0;
  for (std::size_t i = 0; i + 1 < crossings.size(); ++i) {
    winding += crossings[i].second;
    if (winding != 0) Add(row, Touched(crossings[i].first, crossings[i + 1].first, width));
  }
}

void Merge(std::vector<Columns>& row) {
  std::sort(row.begin(), row.end(), [](Columns a, Columns b) { return a.begin < b.begin; });
  std::size_t kept = 0;
  for (const Columns next : row) {
    if (kept > 0 && next.begin <= row[kept - 1].end) {
      row[kept - 1].end = std::max(row[kept - 1].end, next.end);
    } else {
      row[kept++] = next;
    }
  }
  row.resize(kept);
}

// Seen from the corner that is farthest from the first one, all the others lie in one direction.
bool OnOneLine(const MaskPolygon& polygon) {
  constexpr double kLeast = 1e-6;  // of the picture: twice the area of the largest triangle
  const Point2f a = polygon.front();
  const auto distance = [a](Point2f p) { return std::hypot(p.x - a.x, p.y - a.y); };
  const Point2f b = *std::max_element(polygon.begin(), polygon.end(), [&](Point2f p, Point2f q) {
    return distance(p) < distance(q);
  });
  return std::all_of(polygon.begin(), polygon.end(), [&](Point2f c) {
    const double cross =
        (double{b.x} - a.x) * (double{c.y} - a.y) - (double{b.y} - a.y) * (double{c.x} - a.x);
    return std::abs(cross) <= kLeast;
  });
}

}  // namespace

absl::Status Validate(const std::vector<MaskPolygon>& polygons) {
  if (polygons.size() > static_cast<std::size_t>(limits::kMaxMasks)) {
    return absl::InvalidArgumentError(
        fmt::format("{} masks are more than the {} that a camera may have; join some",
                    polygons.size(), limits::kMaxMasks));
  }
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    const std::size_t corners = polygons[i].size();
    if (corners < 3 || corners > static_cast<std::size_t>(limits::kMaxPolygonVertices)) {
      return absl::InvalidArgumentError(fmt::format("mask {} has {} corners; 3 to {} make a mask",
                                                    i, corners, limits::kMaxPolygonVertices));
    }
    for (const Point2f corner : polygons[i]) {
      if (!std::isfinite(corner.x) || !std::isfinite(corner.y)) {
        return absl::InvalidArgumentError(
            fmt::format("mask {} has a corner that is not a number; give x and y from 0 to 1", i));
      }
    }
    if (OnOneLine(polygons[i])) {
      return absl::InvalidArgumentError(
          fmt::format("mask {} hides nothing: its corners lie on one line; move one of them", i));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PrivacyMask> PrivacyMask::Create(std::vector<MaskPolygon> polygons) {
  if (const auto status = Validate(polygons); !status.ok()) return status;
  return PrivacyMask(std::move(polygons));
}

void PrivacyMask::Prepare(Size size) {
  spans_.clear();
  prepared_ = size;
  std::vector<std::vector<Edge>> edges;
  for (const MaskPolygon& polygon : polygons_) edges.push_back(Edges(polygon, size));
  std::vector<Columns> row;
  std::vector<std::pair<double, int>> crossings;
  for (int y = 0; y < size.height; ++y) {
    row.clear();
    for (const auto& polygon : edges) {
      AddEdgePixels(polygon, y, size.width, row);
      AddInsidePixels(polygon, y, size.width, crossings, row);
    }
    Merge(row);
    for (const Columns columns : row) spans_.push_back({y, columns.begin, columns.end});
  }
}

void PrivacyMask::Apply(MutableImageView frame) {
  if (polygons_.empty()) return;
  if (frame.width != prepared_.width || frame.height != prepared_.height)
    Prepare({frame.width, frame.height});
  const int channels = Channels(frame.format);
  for (const Span& span : spans_) {
    std::memset(
        frame.row(span.y) + span.begin * channels, 0,
        static_cast<std::size_t>(span.end - span.begin) * static_cast<std::size_t>(channels));
  }
}

}  // namespace vigil::media
