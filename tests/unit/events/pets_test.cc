// Truth on real data: the ground-truth tracks of PETS09-S2L1 (the pedestrians of vtest.avi, frames
// 1 to 397) through a line and zones, against what the tracks themselves say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "events/envelope.h"
#include "support/test_data.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

constexpr Size kVideo{480, 360};
constexpr double kScale = 0.625;   // the truth is for 768 x 576
constexpr int kFramesASecond = 7;  // seqinfo.ini

struct Row {
  int frame = 0, id = 0;
  float left = 0, top = 0, width = 0, height = 0;
};

std::vector<Row> Truth() {
  std::vector<Row> rows;
  std::FILE* file = std::fopen(
      vigil::test::SharedPath("tracking/mot15/PETS09-S2L1/gt_frames_1-397.txt").c_str(), "r");
  if (file == nullptr) return rows;
  Row row;
  while (std::fscanf(file, "%d,%d,%f,%f,%f,%f%*[^\n]", &row.frame, &row.id, &row.left, &row.top,
                     &row.width, &row.height) == 6) {
    for (float* value : {&row.left, &row.top, &row.width, &row.height}) {
      *value = static_cast<float>(*value * kScale);
    }
    rows.push_back(row);
  }
  std::fclose(file);
  return rows;
}

TrackedObject ObjectOf(const Row& row) {
  TrackedObject object;
  object.track_id = row.id;
  object.class_name = "person";
  object.confidence = 1;
  object.box = {row.left, row.top, row.width, row.height};
  object.center = {row.left + row.width / 2, row.top + row.height / 2};
  return object;
}

WallTime TimeOf(int frame) { return kStart + Milliseconds((frame - 1) * 1000 / kFramesASecond); }

// The scene: a line across the crossing of the paths, by feet; the middle by centres.
SceneOptions PetsScene() {
  SceneOptions scene =
      Scene({VerticalAt(50, "middle"), Between(120, 300, 380, 120, "path")},
            {Rectangle(30, 25, 70, 75, "centre"), Rectangle(0, 50, 50, 100, "corner")});
  scene.lines[1].evaluation_point = EvaluationPoint::kBottomCenter;
  scene.zones[1].evaluation_point = EvaluationPoint::kBottomCenter;
  for (auto& line : scene.lines) line.hysteresis_px = line.hysteresis_size = 0;
  for (auto& zone : scene.zones) zone.hysteresis_px = zone.hysteresis_size = 0;
  scene.tracks.stationary_time = Milliseconds(0);
  scene.tracks.lost_timeout = Milliseconds(2000);
  return scene;
}

// ------------------------------------------------------------------------------------------------
// The independent account: each person's whole course in doubles, without any state. (The truth has
// no point within a thousandth of a pixel of line or edge; that is checked.)

struct Sighting {
  int frame = 0;
  double x = 0, y = 0;  // centre
  double foot_x = 0, foot_y = 0;
};
using Course = std::vector<Sighting>;  // not more than two seconds between sightings

std::vector<std::pair<int, Course>> Courses() {
  std::map<int, std::vector<Course>> by_id;
  for (const Row& row : Truth()) {
    auto& courses = by_id[row.id];
    if (courses.empty() ||
        TimeOf(row.frame) - TimeOf(courses.back().back().frame) > Milliseconds(2000)) {
      courses.emplace_back();
    }
    const double x = double{row.left} + double{row.width} / 2;
    courses.back().push_back({row.frame, x, double{row.top} + double{row.height} / 2, x,
                              double{row.top} + double{row.height}});
  }
  std::vector<std::pair<int, Course>> all;
  for (const auto& [id, courses] : by_id) {
    for (const Course& course : courses) all.emplace_back(id, course);
  }
  return all;
}

// On which side of the line from (x1, y1) to (x2, y2) a point is, > 0: the right hand.
double Side(double x1, double y1, double x2, double y2, double px, double py) {
  const double side = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1);
  EXPECT_GT(std::abs(side), 1e-3 * std::hypot(x2 - x1, y2 - y1));
  return side;
}

bool Separates(double x1, double y1, double x2, double y2, double ax, double ay, double bx,
               double by) {
  return (Side(x1, y1, x2, y2, ax, ay) > 0) != (Side(x1, y1, x2, y2, bx, by) > 0);
}

std::set<std::string> ExpectedEvents() {
  std::set<std::string> expected;
  const auto add = [&](int frame, const std::string& what, int id) {
    expected.insert(fmt::format("{:03} {} {}", frame, what, id));
  };
  for (const auto& one : Courses()) {
    const int id = one.first;
    const Course& course = one.second;
    for (std::size_t i = 1; i < course.size(); ++i) {
      const Sighting &a = course[i - 1], &b = course[i];
      if ((a.x < 240) != (b.x < 240)) {
        add(b.frame, a.x < 240 ? "middle left_to_right" : "middle right_to_left", id);
      }
      const double ax = a.foot_x, ay = a.foot_y, bx = b.foot_x, by = b.foot_y;
      if (Separates(120, 300, 380, 120, ax, ay, bx, by) &&
          (Side(ax, ay, bx, by, 120, 300) > 0) != (Side(ax, ay, bx, by, 380, 120) > 0)) {
        add(b.frame, Side(120, 300, 380, 120, ax, ay) > 0 ? "path a_to_b" : "path b_to_a", id);
      }
    }
    const auto zone = [&](const char* name, auto is_inside) {
      bool inside = false;
      for (const Sighting& s : course) {
        if (is_inside(s) != inside) add(s.frame, std::string(name) + (inside ? " out" : " in"), id);
        inside = is_inside(s);
      }
      if (inside) add(course.back().frame, std::string(name) + " vanished", id);
    };
    zone("centre",
         [](const Sighting& s) { return s.x > 144 && s.x < 336 && s.y > 90 && s.y < 270; });
    zone("corner", [](const Sighting& s) {
      return s.foot_x > 0 && s.foot_x < 240 && s.foot_y > 180 && s.foot_y < 360;
    });
  }
  return expected;
}

std::string Said(const Event& event) {
  const auto frame_of = [](WallTime time) {
    for (int frame = 1; frame <= 397; ++frame) {
      if (TimeOf(frame) == time) return frame;
    }
    return 0;
  };
  switch (event.type) {
    case EventType::kLineCross:
      return fmt::format("{:03} {} {} {}", frame_of(event.time), event.line, event.direction,
                         *event.track_id);
    case EventType::kZoneEnter:
      return fmt::format("{:03} {} in {}", frame_of(*event.entered), event.zone, *event.track_id);
    case EventType::kZoneExit:
      return fmt::format("{:03} {} {} {}", frame_of(*event.left), event.zone,
                         event.reason == "left" ? "out" : "vanished", *event.track_id);
    default:
      return "unexpected " + Brief(event);
  }
}

TEST(Pets09S2L1, EventsOfTheGroundTruthAreExact) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto rows = Truth();
  ASSERT_EQ(rows.size(), 2387U);
  auto engine = MakeEngine(PetsScene());
  EnvelopeReader reader;
  std::multiset<std::string> said;
  const auto keep = [&](std::span<const Event> events) {
    for (const Event& event : events) said.insert(Said(event));
  };
  std::size_t next = 0;
  for (int frame = 1; frame <= 397; ++frame) {
    DetectionMessage message;
    message.device_id = "jetson-01";
    message.camera_id = "driveway";
    message.frame_number = frame;
    message.timestamp = TimeOf(frame);
    message.frame_size = kVideo;
    message.roi = {0, 0, 480, 360};
    for (; next < rows.size() && rows[next].frame == frame; ++next) {
      message.objects.push_back(ObjectOf(rows[next]));
    }
    const auto read = reader.Read(ToJson(message));  // as it travels
    ASSERT_TRUE(read.ok()) << read.status();
    const auto events = engine->Process(**read);
    ASSERT_TRUE(events.ok()) << events.status();
    keep(*events);
  }
  ASSERT_EQ(next, rows.size());
  keep(engine->Finish());

  const auto expected = ExpectedEvents();
  std::vector<std::string> missing, extra;
  std::ranges::set_difference(expected, said, std::back_inserter(missing));
  std::ranges::set_difference(said, expected, std::back_inserter(extra));
  EXPECT_EQ(missing, std::vector<std::string>{});
  EXPECT_EQ(extra, std::vector<std::string>{});
  EXPECT_GT(expected.size(), 60U);
  EXPECT_EQ(engine->counts().jumps, 0);
  for (const LineTotals& line : engine->line_totals()) {
    std::printf("%s: %lld %s, %lld %s\n", line.name.c_str(), static_cast<long long>(line.a_to_b()),
                line.directions.a_to_b.c_str(), static_cast<long long>(line.b_to_a()),
                line.directions.b_to_a.c_str());
  }
  for (const ZoneTotals& zone : engine->zone_totals()) {
    std::printf("%s: %lld visits\n", zone.name.c_str(), static_cast<long long>(zone.entered()));
  }
}

}  // namespace
}  // namespace vigil::events::test
