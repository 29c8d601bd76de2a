// A second, independent implementation of the written rules, in plain rational arithmetic, against
// the engine on a million random tracks.
//
// The engine decides ties by signs. Here the infinitely small step is a real one: everything is
// scaled up so far that a step of 2^14 to the right and 1 down, small against the grid, changes
// nothing but ties, and lines are then crossed or not, without special cases. The engine keeps a
// state per object; here a crossing is what the positions of a whole track say, from one that is
// clear of the line to the next such.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "events/geometry.h"
#include "events/internal/watch.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

__extension__ using Int = __int128;

// Test coordinates: grid units, 0..kSide.
constexpr int kSide = 1000;

struct Exact {
  Int x, y;
};
constexpr Int kScale = Int{1} << 28;
Exact Scaled(GridPoint p) { return {p.x * kScale, p.y * kScale}; }
Exact Stepped(GridPoint p) { return {p.x * kScale + (Int{1} << 14), p.y * kScale + 1}; }

Int Turn(Exact a, Exact b, Exact c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

// +1: from the right hand of the line's direction to the left; nothing is ever on anything.
int CrossingsOf(const std::vector<GridPoint>& line, GridPoint from, GridPoint to) {
  int net = 0;
  const Exact p = Stepped(from), q = Stepped(to);
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const Exact a = Scaled(line[i]), b = Scaled(line[i + 1]);
    const bool p_right = Turn(a, b, p) > 0, q_right = Turn(a, b, q) > 0;
    if (p_right == q_right || (Turn(p, q, a) > 0) == (Turn(p, q, b) > 0)) continue;
    net += p_right ? 1 : -1;
  }
  return net;
}

// Winding number: how often the outline goes around the stepped point.
bool IsWithin(const std::vector<GridPoint>& zone, GridPoint at) {
  int winding = 0;
  const Exact p = Stepped(at);
  for (std::size_t i = 0; i < zone.size(); ++i) {
    const Exact a = Scaled(zone[i]), b = Scaled(zone[(i + 1) % zone.size()]);
    if (a.y <= p.y && b.y > p.y && Turn(a, b, p) > 0) ++winding;
    if (a.y > p.y && b.y <= p.y && Turn(a, b, p) < 0) --winding;
  }
  return winding % 2 != 0;
}

// At least `distance` from every edge: by the nearest point of each as a rational number.
bool IsFar(const std::vector<GridPoint>& points, bool closed, GridPoint p, Int distance) {
  for (std::size_t i = 0; i + (closed ? 0 : 1) < points.size(); ++i) {
    const GridPoint a = points[i], b = points[(i + 1) % points.size()];
    const Int dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    Int at = (p.x - a.x) * dx + (p.y - a.y) * dy;  // nearest: a + at / length2 * (dx, dy)
    if (at < 0) at = 0;
    if (at > length2) at = length2;
    // Everything times length2; of an edge of no length, its point.
    const Int scale = length2 == 0 ? 1 : length2;
    const Int ox = (p.x - a.x) * scale - at * dx, oy = (p.y - a.y) * scale - at * dy;
    const Int squared = ox * ox + oy * oy;
    if (squared == 0 || squared < distance * distance * scale * scale) return false;
  }
  return true;
}

struct Happening {
  std::size_t step;
  int what;  // lines: +1 a to b, -1 b to a; zones: +1 entered, -1 left
  friend bool operator==(const Happening&, const Happening&) = default;
};

std::vector<Happening> LineOracle(const std::vector<GridPoint>& line,
                                  const std::vector<GridPoint>& track, Int distance) {
  std::vector<Happening> happenings;
  std::optional<std::size_t> clear;
  for (std::size_t i = 0; i < track.size(); ++i) {
    if (!IsFar(line, false, track[i], distance)) continue;
    int net = 0;
    for (std::size_t j = clear.value_or(i); j < i; ++j)
      net += CrossingsOf(line, track[j], track[j + 1]);
    if (net != 0) happenings.push_back({i, net > 0 ? 1 : -1});
    clear = i;
  }
  return happenings;
}

std::vector<Happening> ZoneOracle(const std::vector<GridPoint>& zone,
                                  const std::vector<GridPoint>& track, Int distance) {
  std::vector<Happening> happenings;
  bool inside = false;
  for (std::size_t i = 0; i < track.size(); ++i) {
    const bool within = IsWithin(zone, track[i]);
    const bool changes = inside ? !within && IsFar(zone, true, track[i], distance) : within;
    if (changes) happenings.push_back({i, inside ? -1 : 1});
    inside = inside != changes;
  }
  return happenings;
}

// A world of lines, zones and tracks in which ties are common: few distinct coordinates, points of
// tracks put onto lines, vertices and edges, moves along them.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {}

  std::vector<GridPoint> Shape(std::size_t least, std::size_t most) {
    spacing_ = Pick({1, 10, 100, 250});
    std::vector<GridPoint> points;
    const std::size_t count = least + random_() % (most - least + 1);
    while (points.size() < count) points.push_back(Anywhere());
    return points;
  }

  std::vector<GridPoint> Track(const std::vector<GridPoint>& shape) {
    std::vector<GridPoint> track;
    const std::size_t count = 2 + random_() % 8;
    while (track.size() < count) {
      const GridPoint a = shape[random_() % shape.size()], b = shape[random_() % shape.size()];
      switch (random_() % 6) {
        case 0:
          track.push_back(a);  // a vertex
          break;
        case 1: {  // on an edge, or beside it by rounding
          const auto part = static_cast<std::int32_t>(random_() % 5);
          track.push_back({a.x + (b.x - a.x) * part / 4, a.y + (b.y - a.y) * part / 4});
          break;
        }
        case 2:  // beyond a vertex, along the edge
          track.push_back({2 * b.x - a.x, 2 * b.y - a.y});
          break;
        case 3:  // level with a vertex
          track.push_back({a.x, b.y});
          break;
        case 4:  // right beside
          track.push_back({a.x + Jitter(), a.y + Jitter()});
          break;
        default:
          track.push_back(Anywhere());
      }
    }
    return track;
  }
  std::int32_t Distance() { return Pick({0, 0, 1, 5, 40}); }

 private:
  std::int32_t Pick(std::initializer_list<std::int32_t> from) {
    return *(from.begin() + random_() % from.size());
  }
  std::int32_t Jitter() { return static_cast<std::int32_t>(random_() % 5) - 2; }
  GridPoint Anywhere() {
    const auto one = [&] {
      return static_cast<std::int32_t>(random_() % static_cast<unsigned>(kSide / spacing_ + 1)) *
             spacing_;
    };
    const auto x = one();
    return {x, one()};
  }

  std::mt19937 random_;
  std::int32_t spacing_ = 1;
};

TEST(Oracle, AgreesOnLinesAndZonesForAMillionTracks) {
  constexpr int kTracks = 1'000'000;
  std::int64_t crossings = 0, changes = 0, differences = 0;
  World world(20'250'115);
  CompiledLine line;
  CompiledZone zone;
  for (int i = 0; i < kTracks; ++i) {
    if (i % 10 == 0) {
      line.points = world.Shape(2, 6);
      line.bounds = BoundsOf(line.points);
      zone.points = world.Shape(3, 8);
      zone.bounds = BoundsOf(zone.points);
      line.band.fixed = world.Distance();
      zone.band.fixed = world.Distance();
    }
    const bool at_line = i % 2 == 0;
    const auto track = world.Track(at_line ? line.points : zone.points);
    std::vector<Happening> lines, zones;
    LineState line_state;
    ZoneState zone_state;
    for (std::size_t step = 0; step < track.size(); ++step) {
      const GridPoint from = track[step == 0 ? 0 : step - 1];
      const auto ms = static_cast<Ms>(step);
      if (const auto crossed = Step(line, line_state, from, track[step], 0, ms, true)) {
        lines.push_back({step, crossed->direction == 0 ? 1 : -1});
      }
      const ZoneChange change = Step(zone, zone_state, track[step], 0, ms, true);
      if (change != ZoneChange::kNone) {
        zones.push_back({step, change == ZoneChange::kEntered ? 1 : -1});
      }
    }
    const bool same = lines == LineOracle(line.points, track, line.band.fixed) &&
                      zones == ZoneOracle(zone.points, track, zone.band.fixed);
    differences += !same;
    crossings += static_cast<std::int64_t>(lines.size());
    changes += static_cast<std::int64_t>(zones.size());
    ASSERT_LT(differences, 5) << "giving up at track " << i;
  }
  EXPECT_EQ(differences, 0);
  // The tracks are about something.
  EXPECT_GT(crossings, kTracks / 5);
  EXPECT_GT(changes, kTracks / 5);
  std::printf("%d tracks: %lld crossings, %lld zone changes, %lld differences\n", kTracks,
              static_cast<long long>(crossings), static_cast<long long>(changes),
              static_cast<long long>(differences));
}

// The same through the whole engine: messages with pixels, many objects at once, its own quick
// rejections, bookkeeping and order.
TEST(Oracle, AgreesWithTheWholeEngine) {
  World world(4711);
  std::int64_t expected_total = 0;
  for (int round = 0; round < 300; ++round) {
    SceneOptions scene = Scene({}, {});
    scene.tracks.max_speed_sizes = 0;  // these objects leap about
    scene.tracks.stationary_time = Milliseconds(0);
    std::vector<std::vector<GridPoint>> lines, zones;
    std::vector<std::int32_t> line_bands, zone_bands;
    const auto pixels = [](const std::vector<GridPoint>& points) {
      std::vector<std::array<double, 2>> list;
      for (const GridPoint p : points) list.push_back({p.x / 1000.0, p.y / 1000.0});
      return list;
    };
    while (lines.size() < 4) {
      LineOptions line;
      lines.push_back(world.Shape(2, 6));
      line.points_px = pixels(lines.back());
      line.description = std::to_string(lines.size());
      line_bands.push_back(world.Distance());
      line.hysteresis_px = line_bands.back() / 1000.0;
      line.hysteresis_size = 0;
      scene.lines.push_back(line);
      ZoneOptions zone;
      zones.push_back(world.Shape(3, 8));
      zone.points_px = pixels(zones.back());
      zone.description = std::to_string(zones.size());
      zone_bands.push_back(world.Distance());
      zone.hysteresis_px = zone_bands.back() / 1000.0;
      zone.hysteresis_size = 0;
      scene.zones.push_back(zone);
    }
    if (!Validate(scene).ok()) continue;  // all points the same, and the like

    std::vector<std::vector<GridPoint>> tracks;
    while (tracks.size() < 20) tracks.push_back(world.Track(lines[tracks.size() % 4]));
    TestCamera camera(scene);
    std::size_t longest = 0;
    for (const auto& track : tracks) longest = std::max(longest, track.size());
    for (std::size_t step = 0; step < longest; ++step) {
      std::vector<TrackedObject> objects;
      for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (step >= tracks[i].size()) continue;
        TrackedObject object = At(static_cast<std::int64_t>(i), 0, 0);
        object.center = ToPixels(tracks[i][step]);
        objects.push_back(object);
      }
      camera.Send(std::move(objects));
    }

    std::vector<std::string> expected, seen;
    const auto add = [&](std::size_t i, const char* kind, std::size_t n, const Happening& what) {
      expected.push_back(fmt::format("{} {} {} {} {}", i, kind, n + 1, what.step, what.what));
    };
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      for (std::size_t n = 0; n < 4; ++n) {
        for (const auto& h : LineOracle(lines[n], tracks[i], line_bands[n])) add(i, "line", n, h);
        for (const auto& h : ZoneOracle(zones[n], tracks[i], zone_bands[n])) add(i, "zone", n, h);
      }
    }
    for (const Event& event : camera.events) {
      const bool is_line = event.type == EventType::kLineCross;
      const bool positive = event.direction == "a_to_b" || event.type == EventType::kZoneEnter;
      seen.push_back(fmt::format("{} {} {} {} {}", *event.track_id, is_line ? "line" : "zone",
                                 is_line ? event.line : event.zone, event.frame_number - 1,
                                 positive ? 1 : -1));
    }
    std::ranges::sort(expected);
    std::ranges::sort(seen);
    ASSERT_EQ(seen, expected) << "round " << round;
    expected_total += static_cast<std::int64_t>(expected.size());
  }
  EXPECT_GT(expected_total, 5000);
}

}  // namespace
}  // namespace vigil::events::test
