// The two halves of a scene, and what is drawn of it.
#include "app/scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/image.h"
#include "events/envelope.h"

namespace vigil::app {
namespace {

using testing::ElementsAre;
using testing::Pair;

struct NameCase {
  const char* name;
  const char* input;
  const char* id;
};
class CameraIds : public testing::TestWithParam<NameCase> {};

TEST_P(CameraIds, AreFitForIds) { EXPECT_EQ(CameraIdOf(GetParam().input), GetParam().id); }

INSTANTIATE_TEST_SUITE_P(
    All, CameraIds,
    testing::Values(
        NameCase{"file", "videos/front door.mp4", "front-door"},
        NameCase{"no_ending", "/data/clip", "clip"}, NameCase{"hidden", ".hidden", ".hidden"},
        NameCase{"device", "/dev/video0", "video0"},
        NameCase{"address", "rtsp://user:secret@cam.local:554/main?x=1", "cam.local-554-main"},
        NameCase{"credentials_with_at", "rtsp://a:b@c@host/p", "host-p"},
        NameCase{"nothing_fit", "///", "camera"}, NameCase{"unicode", "Tür.mp4", "T-r"}),
    [](const testing::TestParamInfo<NameCase>& test_case) {
      return std::string(test_case.param.name);
    });

// Somebody who walks to the right, seen in all frames but some.
std::vector<Detection> Walker(int frame) {
  return {{{20.0F + 4.137F * static_cast<float>(frame), 40.3F, 20.1234567F, 60.7F}, 0.987654F, 1}};
}

TEST(SceneWatcher, CountsAnObjectOnceThroughALoss) {
  SceneWatcher watcher({}, {"d", "c", 7, {}}, {"car", "person"});
  for (int i = 0; i < 40; ++i) {
    const bool hidden = i >= 15 && i < 20;
    const auto found = hidden ? std::vector<Detection>{} : Walker(i);
    watcher.Next(found, {640, 480}, i, i * 40'000);
  }
  EXPECT_THAT(watcher.objects(), ElementsAre(Pair("person", 1)));
}

TEST(SceneWatcher, MessagesAreWhatTheirJsonHolds) {
  SceneWatcher watcher({},
                       {"d", "c", 7, WallTime(std::chrono::microseconds(1'700'000'000'123'456))},
                       {"car", "person"});
  for (int i = 0; i < 40; ++i) {
    const DetectionMessage& message = watcher.Next(Walker(i), {640, 480}, i, i * 33'333);
    const auto read = events::ParseEnvelope(events::ToJson(message));
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(read->objects.size(), 1U);
    EXPECT_EQ(read->timestamp, message.timestamp);
    const TrackedObject &there = read->objects[0], &here = message.objects[0];
    EXPECT_EQ(there.confidence, here.confidence);
    EXPECT_EQ(there.box, here.box) << i;
    EXPECT_EQ(there.center, here.center) << i;  // speeds are measured from it
    EXPECT_EQ(there.previous_center, here.previous_center) << i;
    EXPECT_EQ(events::ToJson(*read), events::ToJson(message));
  }
}

TEST(SceneWatcher, APictureNumbersItsObjects) {
  SceneWatcher watcher({}, {"d", "c", 0, {}}, {"car", "person"});
  const DetectionMessage& message = watcher.Still(
      std::vector<Detection>{{{0, 0, 9, 9}, 0.9F, 0}, {{5, 5, 9, 9}, 0.2F, 1}}, {99, 99});
  ASSERT_EQ(message.objects.size(), 2U);
  EXPECT_EQ(message.objects[1].track_id, 2);
  EXPECT_EQ(message.objects[1].class_name, "person");
}

TEST(SceneInterpreter, CooldownsAreCounted) {
  DeviceConfig device;
  device.scene.lines.resize(1);
  device.scene.lines[0].description = "door";
  device.scene.lines[0].type = events::LineType::kVertical;
  device.scene.lines[0].position_pct = 25;
  device.rules.resize(1);
  device.rules[0].name = "in";
  device.rules[0].match.lines = {"door"};
  device.rules[0].match.event_types = {events::EventType::kLineCross};
  device.rules[0].actions.json_log = "true";
  device.rules[0].cooldown = std::chrono::hours(1);
  auto scene = SceneInterpreter::Create(device, "d", "c");
  ASSERT_TRUE(scene.ok()) << scene.status();
  SceneWatcher watcher({}, {"d", "c", 0, {}}, {"car", "person"});
  for (int i = 0; i < 120; ++i) {  // across, back, and across again
    const int there = i < 40 ? i : i < 80 ? 80 - i : i - 80;
    const auto events = (*scene)->Process(watcher.Next(Walker(there), {400, 300}, i, i * 40'000));
    ASSERT_TRUE(events.ok()) << events.status();
    for (const events::Event& event : *events) (*scene)->Decide(event);
  }
  const RuleOutcome& outcome = (*scene)->rule_outcomes().at("in");
  EXPECT_EQ(outcome.delivered, 1);
  EXPECT_EQ(outcome.held, 2);
  const auto lines = (*scene)->engine().line_totals();
  EXPECT_EQ(lines[0].a_to_b(), 2);
  EXPECT_EQ(lines[0].b_to_a(), 1);
}

// How many pixels of the row are not black.
int Painted(const Image& image, int y) {
  int count = 0;
  for (int x = 0; x < image.width(); ++x) {
    const std::uint8_t* pixel = image.view().row(y) + 3 * x;
    count += pixel[0] + pixel[1] + pixel[2] > 0;
  }
  return count;
}

Image Black() {
  Image image(200, 200, PixelFormat::kRgb8);
  std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{0});
  return image;
}

TEST(SceneOverlay, TrailsFollowTheGroundAndFade) {
  SceneOverlayOptions options;
  options.labels = options.boxes = false;
  options.trail_s = 1;
  SceneOverlay overlay(options);
  std::vector<TrackedObject> objects(1);
  objects[0].track_id = 1;
  for (int i = 0; i < 10; ++i) {
    Image image = Black();
    objects[0].box = {10 + 10 * static_cast<float>(i), 40, 20, 60};  // stands at y = 100
    overlay.Draw(image.mutable_view(), {objects, {}, {}}, i * 50'000);
    if (i == 9) {
      EXPECT_GT(Painted(image, 100), 80);
    }
    EXPECT_EQ(Painted(image, 60), 0);
  }
  Image later = Black();
  overlay.Draw(later.mutable_view(), {objects, {}, {}}, 60'000'000);
  EXPECT_EQ(Painted(later, 100), 0);
}

TEST(SceneOverlay, OnlyConfirmedObjectsHaveBoxes) {
  SceneOverlayOptions options;
  options.labels = options.trails = false;
  SceneOverlay overlay(options);
  std::vector<TrackedObject> objects(1);
  objects[0].box = {50, 50, 100, 100};
  for (const TrackState state : {TrackState::kTentative, TrackState::kLost, TrackState::kEnded}) {
    Image image = Black();
    objects[0].state = state;
    overlay.Draw(image.mutable_view(), {objects, {}, {}}, 0);
    EXPECT_EQ(Painted(image, 100), 0);
  }
  Image image = Black();
  objects[0].state = TrackState::kConfirmed;
  overlay.Draw(image.mutable_view(), {objects, {}, {}}, 0);
  EXPECT_GT(Painted(image, 100), 0);
  EXPECT_LT(Painted(image, 100), 20);  // two edges, not the inside
}

TEST(SceneOverlay, LinesAndZonesOutsideThePictureDrawNothingWrong) {
  SceneOverlay overlay({});
  const std::vector<DrawnLine> lines = {{"far", {{-500, -500}, {900, 900}}, "a 1 / b 2", true},
                                        {"none", {}, "", false}};
  const std::vector<DrawnZone> zones = {{"big", {{-100, -100}, {900, -100}, {900, 900}}, 3, true},
                                        {"none", {}, 0, false}};
  Image image = Black();
  overlay.Draw(image.mutable_view(), {{}, lines, zones}, 0);
  EXPECT_GT(Painted(image, 100), 0);
}

}  // namespace
}  // namespace vigil::app
