// What a scene may be, and how a wrong one is named.
#include "events/scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "core/limits.h"
#include "core/status.h"
#include "events/engine.h"
#include "events/ground_plane.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

using testing::StartsWith;

ZoneOptions Polygon(std::vector<Point2f> points) {
  ZoneOptions zone;
  zone.description = "yard";
  zone.points = std::move(points);
  return zone;
}

SceneOptions Valid() {
  SceneOptions scene =
      Scene({VerticalAt(50, "driveway entry"), Between(10, 10, 500, 400)},
            {Rectangle(20, 30, 80, 90), Polygon({{0.1F, 0.1F}, {0.9F, 0.1F}, {0.5F, 0.9F}})});
  scene.lines[1].forbidden = "a_to_b";
  return scene;
}

TEST(Scene, OfTheDocumentIsValid) { EXPECT_TRUE(Validate(Valid()).ok()) << Validate(Valid()); }

struct WrongScene {
  const char* name;
  std::function<void(SceneOptions&)> change;
  const char* message;
};

class WrongScenes : public testing::TestWithParam<WrongScene> {};

TEST_P(WrongScenes, AreNamedByTheirKey) {
  SceneOptions scene = Valid();
  GetParam().change(scene);
  const absl::Status status = Validate(scene);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(status)), StartsWith(GetParam().message));
  EXPECT_FALSE(EventEngine::Create(scene, "d", "c").ok());
}

const double kNan = std::numeric_limits<double>::quiet_NaN();

SpeedOptions Homography() {
  SpeedOptions speed;
  speed.frame_points = {{0.4F, 0.5F}, {0.6F, 0.5F}, {1, 1}, {0, 1}};
  speed.ground_points_m = {{0, 40}, {10, 40}, {10, 0}, {0, 0}};
  return speed;
}

INSTANTIATE_TEST_SUITE_P(
    Scenes, WrongScenes,
    testing::Values(
        WrongScene{"position_above_100", [](auto& s) { s.lines[0].position_pct = 101; },
                   "lines.0.position_pct: must be 0 to 100, not 101"},
        WrongScene{"position_nan", [](auto& s) { s.lines[0].position_pct = kNan; },
                   "lines.0.position_pct: must be 0 to 100"},
        WrongScene{"no_position", [](auto& s) { s.lines[0].position_pct.reset(); },
                   "lines.0.position_pct: is missing"},
        WrongScene{"position_of_points", [](auto& s) { s.lines[1].position_pct = 5; },
                   "lines.1.position_pct: needs type"},
        WrongScene{"points_of_vertical",
                   [](auto& s) {
                     s.lines[0].points = {{0, 0}, {1, 1}};
                   },
                   "lines.0.points: belong"},
        WrongScene{"nothing", [](auto& s) { s.lines[1].points_px.clear(); },
                   "lines.1: needs a type and position_pct, or points"},
        WrongScene{"one_point", [](auto& s) { s.lines[1].points_px.pop_back(); },
                   "lines.1.points_px: must have 2 to 64 points, not 1"},
        WrongScene{"many_points", [](auto& s) { s.lines[1].points_px.resize(65); },
                   "lines.1.points_px: must have 2 to 64 points, not 65"},
        WrongScene{"same_points",
                   [](auto& s) {
                     s.lines[1].points_px[1] = {10, 10};
                   },
                   "lines.1.points: are all the same"},
        WrongScene{"both_points",
                   [](auto& s) {
                     s.lines[1].points = {{0, 0}, {1, 1}};
                   },
                   "lines.1.points_px: give either"},
        WrongScene{"percent_for_fraction",
                   [](auto& s) {
                     s.zones[1].points[0] = {10, 10};
                   },
                   "zones.1.points.0: must be 0 to 1, not 10"},
        WrongScene{"no_name", [](auto& s) { s.lines[0].description.clear(); },
                   "lines.0.description: is empty"},
        WrongScene{"same_name", [](auto& s) { s.zones[1].description = "garden"; },
                   "zones.1.description: 'garden' is the name of two zones"},
        WrongScene{"newline_in_name", [](auto& s) { s.zones[1].description = "a\nb"; },
                   "zones.1.description: has control characters"},
        WrongScene{"unknown_direction", [](auto& s) { s.lines[0].forbidden = "in"; },
                   "lines.0.forbidden: is neither left_to_right nor right_to_left"},
        WrongScene{"same_directions", [](auto& s) { s.lines[0].a_to_b = "right_to_left"; },
                   "lines.0.b_to_a: is the same"},
        WrongScene{"hysteresis", [](auto& s) { s.lines[0].hysteresis_px = -1; },
                   "lines.0.hysteresis_px: must be 0"},
        WrongScene{"negative_time", [](auto& s) { s.zones[0].grace = Milliseconds(-1); },
                   "zones.0.grace: must be 0"},
        WrongScene{"no_side", [](auto& s) { s.zones[0].y2_pct.reset(); },
                   "zones.0.y2_pct: is missing"},
        WrongScene{"sides_turned", [](auto& s) { s.zones[0].x2_pct = 20; },
                   "zones.0.x2_pct: must be greater than x1_pct"},
        WrongScene{"rectangle_and_points", [](auto& s) { s.zones[1].x1_pct = 20; },
                   "zones.1.points: give either"},
        WrongScene{"flat_zone",
                   [](auto& s) {
                     s.zones[1] = Polygon({{0, 0}, {0.5F, 0.5F}, {1, 1}});
                   },
                   "zones.1.points: lie on one line"},
        WrongScene{"dwell_falling",
                   [](auto& s) {
                     s.zones[0].dwell = {Milliseconds(2000), Milliseconds(1000)};
                   },
                   "zones.0.dwell.1: must be longer"},
        WrongScene{"dwell_zero_of_class",
                   [](auto& s) { s.zones[0].dwell_by_class["car"].after = {Milliseconds(0)}; },
                   "zones.0.dwell_by_class.car.after.0: must be longer than 0"},
        WrongScene{"crowd_time_alone", [](auto& s) { s.zones[0].crowd_time = Milliseconds(1000); },
                   "zones.0.crowd_time: says for how long, but crowd_count is not set"},
        WrongScene{"crowd", [](auto& s) { s.zones[0].crowd_count = -1; },
                   "zones.0.crowd_count: must be 0"},
        WrongScene{"too_many",
                   [](auto& s) { s.lines.assign(limits::kMaxLinesAndZones, s.lines[0]); },
                   "lines: more than 256"},
        WrongScene{"sightings", [](auto& s) { s.tracks.min_sightings = 0; },
                   "tracks.min_sightings: must be 1"},
        WrongScene{"speed_of_nothing", [](auto& s) { s.speed.emplace(); },
                   "speed: needs either metres_per_pixel or"},
        WrongScene{"speed_of_three_points",
                   [](auto& s) { (s.speed = Homography())->frame_points.pop_back(); },
                   "speed: frame_points and ground_points_m must have four points"},
        WrongScene{"speed_on_a_line",
                   [](auto& s) {
                     (s.speed = Homography())->ground_points_m[1] = {0, 20};
                   },
                   "speed: three of the four points lie on one line"},
        WrongScene{"speed_order",
                   [](auto& s) {
                     s.speed = Homography();
                     std::swap(s.speed->ground_points_m[2], s.speed->ground_points_m[3]);
                   },
                   "speed: frame_points and ground_points_m do not go around"},
        WrongScene{"speed_window", [](auto& s) { (s.speed = Homography())->window = {}; },
                   "speed.window: must be 100 ms to 60 s"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Directions, HaveDefaultsByTypeAndOwnNames) {
  LineOptions line = VerticalAt(50);
  EXPECT_EQ(DirectionsOf(line).a_to_b, "left_to_right");
  EXPECT_EQ(DirectionsOf(line).b_to_a, "right_to_left");
  line.type = LineType::kHorizontal;
  EXPECT_EQ(DirectionsOf(line).a_to_b, "top_to_bottom");
  line.type = LineType::kPoints;
  line.b_to_a = "out";
  EXPECT_EQ(DirectionsOf(line).a_to_b, "a_to_b");
  EXPECT_EQ(DirectionsOf(line).b_to_a, "out");
}

TEST(GroundPlane, TakesItsPointsToTheGroundAndSeesNothingBeyondTheHorizon) {
  const auto plane = GroundPlane::Create(Homography(), {1000, 800});
  ASSERT_TRUE(plane.ok()) << plane.status();
  const std::pair<Point2f, GroundPlane::Metres> known[] = {
      {{400, 400}, {0, 40}}, {{600, 400}, {10, 40}}, {{1000, 800}, {10, 0}},
      {{0, 800}, {0, 0}},    {{500, 800}, {5, 0}},   {{500, 400}, {5, 40}}};
  for (const auto& [pixel, metres] : known) {
    const auto at = plane->At(pixel);
    ASSERT_TRUE(at.has_value());
    EXPECT_NEAR(at->x, metres.x, 1e-5);
    EXPECT_NEAR(at->y, metres.y, 1e-5);
  }
  // The sides meet at y = 300: the horizon.
  EXPECT_TRUE(plane->At({500, 301}).has_value());
  EXPECT_FALSE(plane->At({500, 299}).has_value());
  EXPECT_FALSE(plane->At({500, 300}).has_value());
}

TEST(Engine, ShowsWhereItsShapesAre) {
  TestCamera camera(Valid());
  EXPECT_TRUE(camera.engine().shapes().lines.empty());
  DetectionMessage message = camera.Message({});
  message.frame_size = {1920, 1080};
  message.roi = {120, 80, 1000, 800};  // percentages are of what was looked at
  camera.Give(message);
  const PlacedShapes shapes = camera.engine().shapes();
  EXPECT_EQ(shapes.frame_size, (Size{1000, 800}));
  EXPECT_EQ(shapes.lines[0], (std::vector<Point2f>{{500, 0}, {500, 800}}));
  EXPECT_EQ(shapes.lines[1], (std::vector<Point2f>{{10, 10}, {500, 400}}));
  EXPECT_EQ(shapes.zones[0],
            (std::vector<Point2f>{{200, 240}, {800, 240}, {800, 720}, {200, 720}}));
}

}  // namespace
}  // namespace vigil::events::test
