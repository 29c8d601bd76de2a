#include "events/internal/compiled_scene.h"

#include <algorithm>
#include <cmath>

namespace vigil::events {
namespace {

Band BandOf(double px, double size) { return {ToGrid(px, 0).x, size}; }

CompiledLine Compile(const LineOptions& options, ClassTable& classes) {
  CompiledLine line;
  line.name = options.description;
  const DirectionNames names = DirectionsOf(options);
  line.direction[0] = names.a_to_b;
  line.direction[1] = names.b_to_a;
  if (!options.forbidden.empty()) line.forbidden = options.forbidden == names.a_to_b ? 0 : 1;
  line.at = options.evaluation_point;
  line.classes = ClassFilter(options.classes, classes);
  line.band = BandOf(options.hysteresis_px, options.hysteresis_size);
  line.confirm = options.confirm.count();
  return line;
}

std::vector<Ms> Counts(const std::vector<Milliseconds>& times) {
  std::vector<Ms> counts;
  counts.reserve(times.size());
  for (const Milliseconds time : times) counts.push_back(time.count());
  return counts;
}

CompiledZone Compile(const ZoneOptions& options, ClassTable& classes) {
  CompiledZone zone;
  zone.name = options.description;
  zone.at = options.evaluation_point;
  zone.classes = ClassFilter(options.classes, classes);
  zone.band = BandOf(options.hysteresis_px, options.hysteresis_size);
  zone.confirm = options.confirm.count();
  zone.grace = options.grace.count();
  zone.dwell = Counts(options.dwell);
  for (const auto& [name, dwell] : options.dwell_by_class) {
    zone.dwell_by_class.emplace_back(classes.Of(name), Counts(dwell.after));
  }
  zone.crowd_count = options.crowd_count;
  zone.crowd_time = options.crowd_time.count();
  zone.stationary = options.stationary.count();
  return zone;
}

std::vector<GridPoint> PointsOf(const std::vector<Point2f>& points,
                                const std::vector<std::array<double, 2>>& points_px, Size size) {
  std::vector<GridPoint> grid;
  grid.reserve(points.size() + points_px.size());
  for (const Point2f p : points) {
    grid.push_back(ToGrid(double{p.x} * size.width, double{p.y} * size.height));
  }
  for (const auto& p : points_px) grid.push_back(ToGrid(p[0], p[1]));
  return grid;
}

// Side a is on the right hand: of a vertical line drawn downwards left of it, of a horizontal one
// drawn leftwards above it.
std::vector<GridPoint> PointsOf(const LineOptions& line, Size size) {
  const double at = line.position_pct.value_or(0) / 100;
  switch (line.type) {
    case LineType::kVertical:
      return {ToGrid(at * size.width, 0), ToGrid(at * size.width, size.height)};
    case LineType::kHorizontal:
      return {ToGrid(size.width, at * size.height), ToGrid(0, at * size.height)};
    case LineType::kPoints:
      break;
  }
  return PointsOf(line.points, line.points_px, size);
}

std::vector<GridPoint> PointsOf(const ZoneOptions& zone, Size size) {
  if (!zone.x1_pct) return PointsOf(zone.points, zone.points_px, size);
  const double w = size.width / 100.0, h = size.height / 100.0;
  const double x1 = *zone.x1_pct * w, x2 = *zone.x2_pct * w;
  const double y1 = *zone.y1_pct * h, y2 = *zone.y2_pct * h;
  return {ToGrid(x1, y1), ToGrid(x2, y1), ToGrid(x2, y2), ToGrid(x1, y2)};
}

}  // namespace

ClassFilter::ClassFilter(const std::vector<std::string>& names, ClassTable& classes) {
  for (const std::string& name : names) {
    const ClassIndex index = classes.Of(name);
    if (accepted_.size() <= index) accepted_.resize(index + 1U);
    accepted_[index] = true;
  }
}

std::int32_t Band::Width(std::int32_t object_size) const {
  const double share = std::round(of_size * object_size);
  return std::max(fixed, static_cast<std::int32_t>(std::min<double>(share, kMaxGrid)));
}

const std::vector<Ms>& CompiledZone::DwellOf(ClassIndex index) const {
  for (const auto& [of, times] : dwell_by_class) {
    if (of == index) return times;
  }
  return dwell;
}

CompiledScene Compile(const SceneOptions& options, ClassTable& classes) {
  CompiledScene scene;
  for (const LineOptions& line : options.lines) scene.lines.push_back(Compile(line, classes));
  for (const ZoneOptions& zone : options.zones) scene.zones.push_back(Compile(zone, classes));
  return scene;
}

void Place(const SceneOptions& options, Size size, CompiledScene& scene) {
  for (std::size_t i = 0; i < scene.lines.size(); ++i) {
    scene.lines[i].points = PointsOf(options.lines[i], size);
    scene.lines[i].bounds = BoundsOf(scene.lines[i].points);
  }
  for (std::size_t i = 0; i < scene.zones.size(); ++i) {
    scene.zones[i].points = PointsOf(options.zones[i], size);
    scene.zones[i].bounds = BoundsOf(scene.zones[i].points);
  }
}

}  // namespace vigil::events
