#include "events/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>
#include <string_view>

#include "core/limits.h"
#include "core/status.h"
#include "events/ground_plane.h"
#include "events/internal/text_rules.h"

namespace vigil::events {
namespace {

constexpr double kMaxCoordinate = 2.0 * limits::kMaxPictureSide;
constexpr Milliseconds kLongest = std::chrono::hours(24 * 365);

absl::Status Wrong(std::string_view key, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", key, text));
}

absl::Status CheckRange(std::string_view key, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();  // false for NaN
  return Wrong(key, fmt::format("must be {} to {}, not {}", min, max, value));
}

absl::Status CheckTime(std::string_view key, Milliseconds value) {
  if (value >= Milliseconds(0) && value <= kLongest) return absl::OkStatus();
  return Wrong(key, "must be 0 to a year");
}

absl::Status CheckText(std::string_view key, std::string_view text) {
  if (const auto fault = FaultOfId(text)) return Wrong(key, *fault);
  return absl::OkStatus();
}

absl::Status First(std::initializer_list<absl::Status> checks) {
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  return absl::OkStatus();
}

absl::Status CheckClasses(std::string_view key, const std::vector<std::string>& classes) {
  if (classes.size() > static_cast<std::size_t>(limits::kMaxClasses)) {
    return Wrong(key, fmt::format("has more than {} names", limits::kMaxClasses));
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (auto fault = CheckText(fmt::format("{}.{}", key, i), classes[i]); !fault.ok()) return fault;
  }
  return absl::OkStatus();
}

absl::Status CheckHysteresis(const std::string& key, double px, double size) {
  return First({CheckRange(key + ".hysteresis_px", px, 0, limits::kMaxPictureSide),
                CheckRange(key + ".hysteresis_size", size, 0, 10)});
}

// Points of a line or zone, in fractions or pixels, as two lists of which one is empty.
absl::Status CheckPoints(const std::string& key, const std::vector<Point2f>& points,
                         const std::vector<std::array<double, 2>>& points_px, std::size_t least) {
  if (!points.empty() && !points_px.empty()) {
    return Wrong(key + ".points_px", "give either points or points_px");
  }
  const bool pixels = !points_px.empty();
  const std::string name = key + (pixels ? ".points_px" : ".points");
  const std::size_t count = pixels ? points_px.size() : points.size();
  constexpr auto kMost = static_cast<std::size_t>(limits::kMaxPolygonVertices);
  if (count < least || count > kMost) {
    return Wrong(name, fmt::format("must have {} to {} points, not {}", least, kMost, count));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const double x = pixels ? points_px[i][0] : points[i].x;
    const double y = pixels ? points_px[i][1] : points[i].y;
    const double most = pixels ? kMaxCoordinate : 1;
    if (auto bad = First({CheckRange(fmt::format("{}.{}", name, i), x, 0, most),
                          CheckRange(fmt::format("{}.{}", name, i), y, 0, most)});
        !bad.ok()) {
      return bad;
    }
  }
  return absl::OkStatus();
}

// The points, whichever way they were given, for checks of shape.
std::vector<std::array<double, 2>> Shape(const std::vector<Point2f>& points,
                                         const std::vector<std::array<double, 2>>& points_px) {
  std::vector<std::array<double, 2>> shape = points_px;
  for (const Point2f p : points) shape.push_back({p.x, p.y});
  return shape;
}

absl::Status CheckLineShape(const std::string& key, const LineOptions& line) {
  const bool has_points = !line.points.empty() || !line.points_px.empty();
  if (line.type != LineType::kPoints) {
    if (has_points) return Wrong(key + ".points", "belong to no vertical or horizontal line");
    if (!line.position_pct) return Wrong(key + ".position_pct", "is missing");
    return CheckRange(key + ".position_pct", *line.position_pct, 0, 100);
  }
  if (line.position_pct) {
    return Wrong(key + ".position_pct", "needs type: vertical or type: horizontal");
  }
  if (!has_points) {
    return Wrong(key, "needs a type and position_pct, or points, or points_px");
  }
  if (auto bad = CheckPoints(key, line.points, line.points_px, 2); !bad.ok()) return bad;
  const auto shape = Shape(line.points, line.points_px);
  if (std::ranges::all_of(shape, [&](const auto& p) { return p == shape.front(); })) {
    return Wrong(key + ".points", "are all the same point");
  }
  return absl::OkStatus();
}

absl::Status CheckLine(const std::string& key, const LineOptions& line) {
  if (auto bad = CheckLineShape(key, line); !bad.ok()) return bad;
  const DirectionNames names = DirectionsOf(line);
  if (names.a_to_b == names.b_to_a) return Wrong(key + ".b_to_a", "is the same name as a_to_b");
  if (!line.forbidden.empty() && line.forbidden != names.a_to_b && line.forbidden != names.b_to_a) {
    return Wrong(key + ".forbidden", fmt::format("is neither {} nor {}, the directions of the line",
                                                 names.a_to_b, names.b_to_a));
  }
  return First({CheckText(key + ".a_to_b", names.a_to_b), CheckText(key + ".b_to_a", names.b_to_a),
                CheckClasses(key + ".classes", line.classes),
                CheckHysteresis(key, line.hysteresis_px, line.hysteresis_size),
                CheckTime(key + ".confirm", line.confirm)});
}

absl::Status CheckRectangle(const std::string& key, const ZoneOptions& zone) {
  if (!zone.points.empty() || !zone.points_px.empty()) {
    return Wrong(key + ".points", "give either x1_pct … y2_pct or points");
  }
  const std::array<std::pair<const char*, std::optional<double>>, 4> sides = {
      {{"x1_pct", zone.x1_pct},
       {"y1_pct", zone.y1_pct},
       {"x2_pct", zone.x2_pct},
       {"y2_pct", zone.y2_pct}}};
  for (const auto& [name, value] : sides) {
    const std::string path = fmt::format("{}.{}", key, name);
    if (!value) return Wrong(path, "is missing");
    if (auto bad = CheckRange(path, *value, 0, 100); !bad.ok()) return bad;
  }
  if (*zone.x2_pct <= *zone.x1_pct) return Wrong(key + ".x2_pct", "must be greater than x1_pct");
  if (*zone.y2_pct <= *zone.y1_pct) return Wrong(key + ".y2_pct", "must be greater than y1_pct");
  return absl::OkStatus();
}

absl::Status CheckZoneShape(const std::string& key, const ZoneOptions& zone) {
  if (zone.x1_pct || zone.y1_pct || zone.x2_pct || zone.y2_pct) return CheckRectangle(key, zone);
  if (zone.points.empty() && zone.points_px.empty()) {
    return Wrong(key, "needs x1_pct, y1_pct, x2_pct and y2_pct, or points, or points_px");
  }
  if (auto bad = CheckPoints(key, zone.points, zone.points_px, 3); !bad.ok()) return bad;
  const auto shape = Shape(zone.points, zone.points_px);
  const auto on_one_line = [&](const std::array<double, 2>& p) {
    return std::ranges::all_of(shape, [&](const auto& q) {
      return (p[0] - shape[0][0]) * (q[1] - shape[0][1]) ==
             (p[1] - shape[0][1]) * (q[0] - shape[0][0]);
    });
  };
  if (std::ranges::all_of(shape, on_one_line)) return Wrong(key + ".points", "lie on one line");
  return absl::OkStatus();
}

absl::Status CheckDwell(const std::string& key, const std::vector<Milliseconds>& times) {
  constexpr std::size_t kMost = 16;
  if (times.size() > kMost) return Wrong(key, fmt::format("has more than {} times", kMost));
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::string path = fmt::format("{}.{}", key, i);
    if (auto bad = CheckTime(path, times[i]); !bad.ok()) return bad;
    if (times[i] == Milliseconds(0))
      return Wrong(path, "must be longer than 0; ZONE_ENTER is that");
    if (i > 0 && times[i] <= times[i - 1]) return Wrong(path, "must be longer than the one before");
  }
  return absl::OkStatus();
}

absl::Status CheckCrowd(const std::string& key, const ZoneOptions& zone) {
  if (zone.crowd_time.count() == 0 || zone.crowd_count > 0) return absl::OkStatus();
  return Wrong(key + ".crowd_time", "says for how long, but crowd_count is not set");
}

absl::Status CheckZone(const std::string& key, const ZoneOptions& zone) {
  if (auto bad =
          First({CheckZoneShape(key, zone), CheckClasses(key + ".classes", zone.classes),
                 CheckHysteresis(key, zone.hysteresis_px, zone.hysteresis_size),
                 CheckTime(key + ".confirm", zone.confirm), CheckTime(key + ".grace", zone.grace),
                 CheckDwell(key + ".dwell", zone.dwell),
                 CheckRange(key + ".crowd_count", zone.crowd_count, 0,
                            static_cast<double>(limits::kMaxTracks)),
                 CheckTime(key + ".crowd_time", zone.crowd_time), CheckCrowd(key, zone),
                 CheckTime(key + ".stationary", zone.stationary)});
      !bad.ok()) {
    return bad;
  }
  for (const auto& [name, dwell] : zone.dwell_by_class) {
    const std::string path = fmt::format("{}.dwell_by_class.{}", key, name);
    if (auto bad = First({CheckText(path, name), CheckDwell(path + ".after", dwell.after)});
        !bad.ok()) {
      return bad;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTracks(const TrackOptions& tracks) {
  return First({CheckRange("tracks.min_sightings", tracks.min_sightings, 1, 1000),
                CheckTime("tracks.min_age", tracks.min_age),
                CheckTime("tracks.lost_timeout", tracks.lost_timeout),
                CheckTime("tracks.stationary_timeout", tracks.stationary_timeout),
                CheckTime("tracks.stationary_time", tracks.stationary_time),
                CheckRange("tracks.stationary_distance", tracks.stationary_distance, 0.001, 10),
                CheckRange("tracks.max_speed_sizes", tracks.max_speed_sizes, 0, 1e6)});
}

absl::Status CheckSpeed(const SpeedOptions& speed) {
  if (auto bad = First({CheckRange("speed.metres_per_pixel", speed.metres_per_pixel, 0, 1e6),
                        CheckRange("speed.limit_kmh", speed.limit_kmh, 0, 1e6)});
      !bad.ok()) {
    return bad;
  }
  if (speed.window < Milliseconds(100) || speed.window > Milliseconds(60'000)) {
    return Wrong("speed.window", "must be 100 ms to 60 s");
  }
  if (const auto plane = GroundPlane::Create(speed, {1920, 1080}); !plane.ok()) {
    return Wrong("speed", MessageOf(plane.status()));
  }
  return absl::OkStatus();
}

// Names of lines, or of zones: there, and each once.
template <typename Item>
absl::Status CheckNames(std::string_view list, const std::vector<Item>& items) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string path = fmt::format("{}.{}.description", list, i);
    if (auto bad = CheckText(path, items[i].description); !bad.ok()) return bad;
    if (!names.insert(items[i].description).second) {
      return Wrong(path, fmt::format("'{}' is the name of two {}", items[i].description, list));
    }
  }
  return absl::OkStatus();
}

void AddKindsOf(const LineOptions& line, bool counts, std::vector<EventKind>& kinds) {
  const DirectionNames names = DirectionsOf(line);
  EventKind kind{.line = line.description,
                 .zone = {},
                 .directions = {names.a_to_b, names.b_to_a},
                 .classes = line.classes,
                 .but = {}};
  const auto add = [&](EventType type) {
    kind.type = type;
    kinds.push_back(kind);
  };
  add(EventType::kLineCross);
  if (counts) add(EventType::kLineCount);
  if (line.forbidden.empty()) return;
  kind.directions = {line.forbidden};
  add(EventType::kWrongWay);
}

// `dwell_by_class` takes the place of `dwell`, with no time at all as well.
void AddDwellOf(const ZoneOptions& zone, EventKind kind, std::vector<EventKind>& kinds) {
  kind.type = EventType::kZoneDwell;
  for (const auto& [name, dwell] : zone.dwell_by_class) {
    const bool counts = zone.classes.empty() || std::ranges::count(zone.classes, name) > 0;
    kind.classes = {name};
    if (counts && !dwell.after.empty()) kinds.push_back(kind);
  }
  kind.classes = zone.classes;
  std::erase_if(kind.classes,
                [&](const std::string& name) { return zone.dwell_by_class.contains(name); });
  for (const auto& [name, dwell] : zone.dwell_by_class) kind.but.push_back(name);
  const bool others = zone.classes.empty() || !kind.classes.empty();
  if (others && !zone.dwell.empty()) kinds.push_back(kind);
}

bool HasDwell(const ZoneOptions& zone) {
  std::vector<EventKind> kinds;
  AddDwellOf(zone, {}, kinds);
  return !kinds.empty();
}

void AddKindsOf(const ZoneOptions& zone, bool counts, std::vector<EventKind>& kinds) {
  EventKind kind{
      .line = {}, .zone = zone.description, .directions = {}, .classes = zone.classes, .but = {}};
  const auto add = [&](EventType type) {
    kind.type = type;
    kinds.push_back(kind);
  };
  add(EventType::kZoneEnter);
  add(EventType::kZoneExit);
  if (counts) add(EventType::kZoneOccupancy);
  if (zone.stationary.count() > 0) add(EventType::kObjectStationary);
  AddDwellOf(zone, kind, kinds);
  if (zone.crowd_count == 0) return;
  kind.has_class = false;
  add(EventType::kZoneCrowd);
}

}  // namespace

DirectionNames DirectionsOf(const LineOptions& line) {
  DirectionNames names{line.a_to_b, line.b_to_a};
  const auto fill = [&](const char* a_to_b, const char* b_to_a) {
    if (names.a_to_b.empty()) names.a_to_b = a_to_b;
    if (names.b_to_a.empty()) names.b_to_a = b_to_a;
  };
  switch (line.type) {
    case LineType::kVertical:
      fill("left_to_right", "right_to_left");
      break;
    case LineType::kHorizontal:
      fill("top_to_bottom", "bottom_to_top");
      break;
    case LineType::kPoints:
      fill("a_to_b", "b_to_a");
      break;
  }
  return names;
}

std::map<EventType, std::string> SilentTypes(const SceneOptions& options) {
  std::map<EventType, std::string> silent;
  const auto lack = [&](bool lacking, std::initializer_list<EventType> types, const char* why) {
    if (!lacking) return;
    for (const EventType type : types) silent.emplace(type, why);
  };
  const auto no_zone = [&](auto has) { return std::ranges::none_of(options.zones, has); };
  lack(options.lines.empty(), {EventType::kLineCross, EventType::kLineCount, EventType::kWrongWay},
       "there are no lines");
  lack(options.zones.empty(),
       {EventType::kZoneEnter, EventType::kZoneExit, EventType::kZoneOccupancy,
        EventType::kZoneDwell, EventType::kZoneCrowd},
       "there are no zones");
  lack(std::ranges::all_of(options.lines, &std::string::empty, &LineOptions::forbidden),
       {EventType::kWrongWay}, "no line has a forbidden direction");
  lack(no_zone(&HasDwell), {EventType::kZoneDwell}, "no zone has dwell");
  lack(no_zone([](const ZoneOptions& zone) { return zone.crowd_count > 0; }),
       {EventType::kZoneCrowd}, "no zone has crowd_count");
  lack(!options.speed || !(options.speed->limit_kmh > 0), {EventType::kSpeed},
       "speed.limit_kmh is not set");
  lack(options.tracks.stationary_time.count() == 0 &&
           no_zone([](const ZoneOptions& zone) { return zone.stationary.count() > 0; }),
       {EventType::kObjectStationary}, "tracks.stationary_time is 0");
  lack(!options.count_events, {EventType::kLineCount, EventType::kZoneOccupancy},
       "count_events is false");
  lack(!options.object_events, {EventType::kObjectAppear, EventType::kObjectLost},
       "object_events is false");
  lack(options.camera.offline_after.count() == 0,
       {EventType::kCameraOffline, EventType::kCameraOnline}, "camera.offline_after is 0");
  return silent;
}

std::vector<EventKind> EventKindsOf(const SceneOptions& options) {
  std::vector<EventKind> kinds;
  for (const LineOptions& line : options.lines) AddKindsOf(line, options.count_events, kinds);
  for (const ZoneOptions& zone : options.zones) AddKindsOf(zone, options.count_events, kinds);
  const auto add = [&](bool comes, EventType type, bool has_class) {
    if (!comes) return;
    kinds.push_back({.type = type,
                     .line = {},
                     .zone = {},
                     .directions = {},
                     .has_class = has_class,
                     .classes = {},
                     .but = {}});
  };
  add(options.object_events, EventType::kObjectAppear, true);
  add(options.object_events, EventType::kObjectLost, true);
  add(options.tracks.stationary_time.count() > 0, EventType::kObjectStationary, true);
  add(options.speed && options.speed->limit_kmh > 0, EventType::kSpeed, true);
  const bool watched = options.camera.offline_after.count() > 0;
  add(watched, EventType::kCameraOffline, false);
  add(watched, EventType::kCameraOnline, false);
  return kinds;
}

absl::Status Validate(const SceneOptions& options) {
  if (options.lines.size() + options.zones.size() >
      static_cast<std::size_t>(limits::kMaxLinesAndZones)) {
    return Wrong("lines", fmt::format("more than {} lines and zones", limits::kMaxLinesAndZones));
  }
  std::string problems;
  const auto add = [&](const absl::Status& status) {
    if (!status.ok())
      problems += fmt::format("{}{}", problems.empty() ? "" : "\n", MessageOf(status));
  };
  add(CheckNames("lines", options.lines));
  add(CheckNames("zones", options.zones));
  add(CheckTracks(options.tracks));
  add(CheckTime("camera.offline_after", options.camera.offline_after));
  add(CheckTime("camera.online_after", options.camera.online_after));
  for (std::size_t i = 0; i < options.lines.size(); ++i)
    add(CheckLine(fmt::format("lines.{}", i), options.lines[i]));
  for (std::size_t i = 0; i < options.zones.size(); ++i)
    add(CheckZone(fmt::format("zones.{}", i), options.zones[i]));
  if (options.speed) add(CheckSpeed(*options.speed));
  return problems.empty() ? absl::OkStatus() : absl::InvalidArgumentError(problems);
}

}  // namespace vigil::events
