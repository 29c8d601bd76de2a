// A state that is saved and restored: nothing lost, nothing twice, and nothing damaged accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "events/internal/bytes.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SceneOptions Everything() {
  SceneOptions scene = Scene({VerticalAt(40), Between(0, 300, 1000, 500)},
                             {Rectangle(20, 20, 70, 70), Rectangle(50, 10, 90, 90, "yard")});
  scene.lines[1].forbidden = "a_to_b";
  scene.lines[0].confirm = Milliseconds(250);
  scene.zones[0].dwell = {Milliseconds(1000), Milliseconds(5000)};
  scene.zones[0].grace = Milliseconds(300);
  scene.zones[1].confirm = Milliseconds(300);
  scene.zones[1].crowd_count = 3;
  scene.zones[1].crowd_time = Milliseconds(400);
  scene.zones[1].stationary = Milliseconds(3000);
  scene.speed.emplace();
  scene.speed->metres_per_pixel = 0.02;
  scene.speed->limit_kmh = 12;
  scene.tracks.stationary_time = Milliseconds(2000);
  scene.tracks.min_sightings = 3;
  scene.tracks.lost_timeout = Milliseconds(1000);
  scene.count_events = scene.object_events = true;
  return scene;
}

// A lively scene, the same for the same frame: walkers, some that stop, come and go, and change.
std::vector<TrackedObject> ObjectsOf(int frame) {
  std::vector<TrackedObject> objects;
  for (int id = 0; id < 12; ++id) {
    if ((frame / 20 + id) % 6 == 0) continue;  // out of sight
    const float speed = 0.6F + 0.1F * static_cast<float>(id);
    const float t = speed * static_cast<float>(id % 3 == 0 ? frame / 60 * 60 : frame) / 25 +
                    static_cast<float>(id);
    objects.push_back(At(id, 500 + 430 * std::sin(t), 400 + 330 * std::sin(0.63F * t),
                         id % 4 == 0 ? "car" : "person"));
  }
  return objects;
}

constexpr int kFrames = 600;

TEST(SavedState, RestoredAtAnyFrameContinuesAsIfNothingHadHappened) {
  TestCamera whole(Everything());
  std::vector<std::string> states;
  std::vector<std::ptrdiff_t> events_by;  // how many there were after each frame
  for (int i = 0; i < kFrames; ++i) {
    whole.Send(ObjectsOf(i));
    events_by.push_back(static_cast<std::ptrdiff_t>(whole.events.size()));
    states.push_back(whole.engine().Save());
  }
  ASSERT_GT(whole.events.size(), 300U);
  std::set<std::string_view> types;
  for (const Event& event : whole.events) types.insert(NameOf(event.type));
  EXPECT_EQ(types.size(), 12U) << "all but the camera's own";

  for (int stop = 0; stop < kFrames; stop += 23) {
    TestCamera resumed(Everything());
    ASSERT_TRUE(resumed.engine().Restore(states[static_cast<std::size_t>(stop)]).ok());
    EXPECT_EQ(resumed.engine().Save(), states[static_cast<std::size_t>(stop)]);
    // Some messages are delivered again: refused, without effect.
    int refused = 0;
    for (int i = 0; i < kFrames; ++i) {
      const DetectionMessage message = resumed.Message(ObjectsOf(i));
      const auto happened = resumed.engine().Process(message);
      EXPECT_EQ(happened.ok(), i > stop);
      if (happened.ok()) {
        resumed.Keep(*happened);
      } else {
        ++refused;
      }
      ++resumed.frame;
      resumed.time += resumed.pace;
    }
    EXPECT_EQ(refused, stop + 1);
    const std::vector<Event> expected(
        whole.events.begin() + events_by[static_cast<std::size_t>(stop)], whole.events.end());
    ASSERT_EQ(resumed.events.size(), expected.size()) << "stopped after frame " << stop;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_TRUE(resumed.events[i] == expected[i])
          << "stopped after frame " << stop << ": " << expected[i].id << " " << Brief(expected[i])
          << "; got " << resumed.events[i].id << " " << Brief(resumed.events[i]);
    }
    EXPECT_EQ(resumed.engine().zone_totals()[0].classes, whole.engine().zone_totals()[0].classes);
    EXPECT_EQ(resumed.engine().line_totals()[1].classes, whole.engine().line_totals()[1].classes);
    EXPECT_EQ(resumed.engine().Save(), states.back());
  }
}

TEST(SavedState, OfACameraThatIsOfflineStaysOffline) {
  TestCamera camera(Everything());
  camera.Send({});
  camera.engine().Advance(camera.time + Milliseconds(20'000));
  TestCamera resumed(Everything());
  ASSERT_TRUE(resumed.engine().Restore(camera.engine().Save()).ok());
  EXPECT_TRUE(resumed.engine().is_offline());
  EXPECT_TRUE(resumed.engine().Advance(camera.time + Milliseconds(40'000)).empty());
}

// The configuration was changed in between: what has its name goes on.
TEST(SavedState, FollowsNamesIntoAChangedScene) {
  SceneOptions before = Scene({VerticalAt(50), VerticalAt(80, "far")},
                              {Rectangle(10, 10, 40, 90), Rectangle(60, 10, 90, 90, "yard")});
  TestCamera camera(before);
  for (int i = 0; i < 5; ++i) {
    camera.Send({At(1, 480 + 10.0F * static_cast<float>(i), 400, "car"), At(2, 200, 400, "dog"),
                 At(3, 700, 400, "cat")});
  }
  SceneOptions after = Scene({VerticalAt(20, "near"), VerticalAt(56)},
                             {Rectangle(60, 10, 90, 90, "yard"), Rectangle(0, 0, 5, 5, "corner")});
  TestCamera changed(after);
  ASSERT_TRUE(changed.engine().Restore(camera.engine().Save()).ok());
  changed.frame = camera.frame;
  changed.time = camera.time;
  const auto lines = changed.engine().line_totals();
  EXPECT_TRUE(lines[0].classes.empty());
  EXPECT_THAT(lines[1].classes, ElementsAre(LineTotals::Class{"car", 1, 0}));  // the door
  const auto zones = changed.engine().zone_totals();
  EXPECT_THAT(zones[0].classes, ElementsAre(ZoneTotals::Class{"cat", 1, 1}));
  EXPECT_TRUE(zones[1].classes.empty());
  // The door has moved over the car, which has not crossed it by that; the cat leaves the yard.
  EXPECT_THAT(changed.Send({At(1, 590, 400, "car"), At(3, 705, 400, "cat")}), testing::IsEmpty());
  EXPECT_THAT(changed.Send({At(1, 540, 400, "car"), At(3, 590, 400, "cat")}),
              ElementsAre("LINE_CROSS door right_to_left car 1", "ZONE_EXIT yard cat left 3"));
}

TEST(SavedState, OfAnotherCameraIsRefused) {
  TestCamera camera(Everything());
  camera.Send(ObjectsOf(0));
  const auto other = EventEngine::Create(Everything(), "jetson-02", "driveway");
  const absl::Status status = (*other)->Restore(camera.engine().Save());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("of jetson-01/driveway, not of jetson-02"));
}

TEST(SavedState, DamagedAnywhereIsRefusedAndChangesNothing) {
  TestCamera camera(Everything());
  for (int i = 0; i < 50; ++i) camera.Send(ObjectsOf(i));
  const std::string state = camera.engine().Save();
  ASSERT_LT(state.size(), 5000U);  // compact
  for (std::size_t i = 0; i < state.size(); ++i) {
    std::string damaged = state;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_FALSE(camera.engine().Restore(damaged).ok()) << "byte " << i;
    EXPECT_FALSE(camera.engine().Restore(state.substr(0, i)).ok()) << "cut at " << i;
  }
  EXPECT_FALSE(camera.engine().Restore(state + "x").ok());
  EXPECT_EQ(camera.engine().Save(), state);
}

// Whoever can write a checksum can write anything: it must be refused or harmless all the same.
TEST(SavedState, HostileValuesDoNoHarm) {
  TestCamera camera(Everything());
  for (int i = 0; i < 50; ++i) camera.Send(ObjectsOf(i));
  const std::string state = camera.engine().Save();
  int accepted = 0;
  for (std::size_t i = 8; i + 8 < state.size(); ++i) {
    for (const int flip : {0x01, 0x7F, 0xFF}) {
      std::string changed = state.substr(0, state.size() - 8);
      changed[i] = static_cast<char>(changed[i] ^ flip);
      ByteWriter checksum;
      checksum.Put(Checksum(changed));
      changed += checksum.bytes();
      TestCamera victim(Everything());
      if (!victim.engine().Restore(changed).ok()) continue;
      ++accepted;
      DetectionMessage message = victim.Message(ObjectsOf(51));
      message.frame_number = 1'000'000;
      message.timestamp = kStart + std::chrono::hours(24 * 365 * 100);
      (void)victim.engine().Process(message);
      (void)victim.engine().Finish();
      for (const auto& zone : victim.engine().zone_totals()) EXPECT_EQ(zone.inside(), 0);
    }
  }
  EXPECT_GT(accepted, 100);  // most values are possible ones
}

}  // namespace
}  // namespace vigil::events::test
