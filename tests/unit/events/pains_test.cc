// What users of other systems suffer from (the numbers are those of the list this product was
// begun with), each with a test named after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A path of `steps` equal moves.
std::vector<Point2f> Straight(Point2f from, Point2f to, int steps) {
  std::vector<Point2f> path;
  for (int i = 0; i <= steps; ++i) {
    const float t = static_cast<float>(i) / static_cast<float>(steps);
    path.push_back({from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)});
  }
  return path;
}

// "Tell me when something crosses this line, in this direction." frigate#93 and others.
TEST(Pain01LinesWithDirection, AreNamedAndCountedByClassAndDirection) {
  SceneOptions scene = Scene({VerticalAt(50), Between(0, 400, 1000, 400, "kerb")});
  scene.lines[1].a_to_b = "up";  // drawn rightwards: a, on the right hand, is below
  scene.lines[1].b_to_a = "down";
  scene.count_events = true;
  TestCamera camera(scene);
  EXPECT_THAT(camera.Walk(Straight({450, 200}, {550, 200}, 10), 1, "car"),
              ElementsAre("LINE_CROSS door left_to_right car 1",
                          "LINE_COUNT door left_to_right car 1 n=1"));
  EXPECT_THAT(camera.Walk(Straight({550, 200}, {450, 200}, 10), 2, "person"),
              ElementsAre("LINE_CROSS door right_to_left person 2",
                          "LINE_COUNT door right_to_left person 2 n=1"));
  EXPECT_THAT(camera.Walk(Straight({300, 350}, {300, 450}, 10), 3, "car"),
              ElementsAre("LINE_CROSS kerb down car 3", "LINE_COUNT kerb down car 3 n=1"));
  EXPECT_THAT(camera.Walk(Straight({310, 450}, {310, 350}, 10), 4, "car"),
              ElementsAre("LINE_CROSS kerb up car 4", "LINE_COUNT kerb up car 4 n=1"));
  const auto totals = camera.engine().line_totals();
  EXPECT_THAT(totals[0].classes,
              ElementsAre(LineTotals::Class{"car", 1, 0}, LineTotals::Class{"person", 0, 1}));
  EXPECT_THAT(totals[1].classes, ElementsAre(LineTotals::Class{"car", 1, 1}));
  EXPECT_EQ(totals[1].directions.a_to_b, "up");
}

// Objects far from the line were counted, since only the side of the endless line was looked at.
TEST(Pain02LineCounts, Supervision210_ObjectsFarFromTheLine) {
  TestCamera camera(Scene({Between(500, 300, 500, 500)}));
  EXPECT_THAT(camera.Walk(Straight({400, 100}, {600, 100}, 20), 1), IsEmpty());
  EXPECT_THAT(camera.Walk(Straight({600, 700}, {400, 700}, 20), 2), IsEmpty());
  EXPECT_THAT(camera.Walk(Straight({400, 510}, {600, 510}, 20), 3), IsEmpty());
  EXPECT_THAT(camera.Walk(Straight({400, 490}, {600, 490}, 20), 4),
              ElementsAre("LINE_CROSS gate a_to_b person 4"));
}

// Boxes flicker while an object stands at the line: each flicker was a crossing.
TEST(Pain02LineCounts, SupervisionPr1540_BoxFlicker) {
  SceneOptions by_place = Scene({VerticalAt(50)});
  by_place.tracks.stationary_time = Milliseconds(0);
  TestCamera camera(by_place);
  std::vector<Point2f> path = Straight({450, 400}, {499, 400}, 10);
  for (int i = 0; i < 100; ++i) path.push_back({i % 2 == 0 ? 501.5F : 498.5F, 400});
  EXPECT_THAT(camera.Walk(path), IsEmpty());
  // Boxes that flicker wildly, for a moment: confirmed by time.
  SceneOptions by_time = Scene({VerticalAt(50)});
  by_time.lines[0].confirm = Milliseconds(300);
  TestCamera patient(by_time);
  path = Straight({450, 400}, {490, 400}, 10);
  for (int i = 0; i < 50; ++i) path.push_back({i % 3 == 0 ? 520.0F : 480.0F, 400});
  EXPECT_THAT(patient.Walk(path), IsEmpty());
  EXPECT_THAT(patient.Walk(Straight({490, 400}, {550, 400}, 10)),
              ElementsAre("LINE_CROSS door left_to_right person 1"));
}

// Unconfirmed tracks share the id -1, and "it" crossed all the time: 7/9 became 97/95.
TEST(Pain02LineCounts, Supervision2578_UnconfirmedTracksShareAnId) {
  TestCamera camera(Scene({VerticalAt(50)}, {Rectangle(0, 0, 100, 100)}));
  for (int i = 0; i < 40; ++i) {
    TrackedObject tentative = At(77, i % 2 == 0 ? 300.0F : 700.0F, 300);
    tentative.state = TrackState::kTentative;
    TrackedObject predicted = At(78, i % 2 == 0 ? 700.0F : 300.0F, 600);
    predicted.state = TrackState::kLost;
    EXPECT_THAT(camera.Send({At(-1, i % 2 == 0 ? 450.0F : 550.0F, 400),
                             At(-1, i % 2 == 0 ? 550.0F : 450.0F, 500), tentative, predicted}),
                IsEmpty());
  }
  EXPECT_EQ(camera.engine().counts().without_track, 80);
  EXPECT_EQ(camera.engine().counts().unconfirmed, 80);
  EXPECT_EQ(camera.engine().tracks(), 0U);
}

// A flicker to the other side that was too short to count was counted as a way back.
TEST(Pain02LineCounts, Supervision2598_SubThresholdFlickerCountsBackwards) {
  for (const Milliseconds confirm : {Milliseconds(0), Milliseconds(300)}) {
    SceneOptions scene = Scene({VerticalAt(50)});
    scene.lines[0].confirm = confirm;
    TestCamera camera(scene);
    std::vector<Point2f> path = Straight({400, 400}, {480, 400}, 8);
    path.push_back({confirm.count() == 0 ? 502.0F : 560.0F, 400});  // one frame over there
    for (const Point2f p : Straight({480, 400}, {400, 400}, 20)) path.push_back(p);
    EXPECT_THAT(camera.Walk(path), IsEmpty()) << confirm.count();
  }
}

// The crossing was reported with the class of another object of the frame.
TEST(Pain02LineCounts, DlstreamerPr858_CrossingOfAnotherObject) {
  TestCamera camera(Scene({VerticalAt(50)}));
  for (int i = 0; i <= 20; ++i) {
    const float x = 400.0F + 10.0F * static_cast<float>(i);
    camera.Send({At(1, 900, 100, "truck"), At(2, x, 400, "bicycle"), At(3, 100, 700, "dog")});
  }
  ASSERT_EQ(camera.events.size(), 1U);
  EXPECT_EQ(Brief(camera.events[0]), "LINE_CROSS door left_to_right bicycle 2");
  EXPECT_FLOAT_EQ(camera.events[0].point.x, 500);
  EXPECT_FLOAT_EQ(camera.events[0].point.y, 400);
  EXPECT_FLOAT_EQ(camera.events[0].box.x, 510 - 20);  // of the frame that made it certain
}

// Parked cars alert all night: the track is lost and found, its id changes, boxes jump when
// somebody passes.
TEST(Pain04ParkedCars, OneNightIsOneVisit) {
  SceneOptions scene = Scene({}, {Rectangle(20, 20, 80, 80)});
  scene.object_events = true;
  TestCamera camera(scene);
  camera.pace = Milliseconds(500);
  std::int64_t id = 1;
  for (int i = 0; i < 2000; ++i) {  // a quarter of an hour
    std::vector<TrackedObject> objects;
    if (i % 100 == 99) ++id;                            // another id every 50 s …
    const bool hidden = i % 100 >= 90 && i % 100 < 99;  // … after 4.5 s unseen
    const bool jumps = i % 37 == 5;                     // half of it is hidden for a frame
    if (!hidden)
      objects.push_back(At(id, jumps ? 520.0F : 500.0F + static_cast<float>(i % 3), 400, "car"));
    camera.Send(std::move(objects));
  }
  std::vector<std::string> brief;
  for (const Event& event : camera.events) brief.push_back(Brief(event));
  EXPECT_THAT(brief, ElementsAre("OBJECT_APPEAR car 1", "ZONE_ENTER garden car 1",
                                 "OBJECT_STATIONARY car 1"));
  EXPECT_EQ(camera.engine().counts().resumed, 20);
  EXPECT_EQ(camera.engine().zone_totals()[0].inside(), 1);
  // It drives off: seen to move, it leaves.
  const auto leaving = camera.Walk(Straight({500, 400}, {950, 400}, 60), id, "car");
  EXPECT_THAT(leaving, ElementsAre("ZONE_EXIT garden car left 21"));
}

TEST(Pain04ParkedCars, AGhostEnds) {
  SceneOptions scene = Scene({}, {Rectangle(20, 20, 80, 80)});
  scene.object_events = true;
  TestCamera camera(scene);
  for (int i = 0; i < 120; ++i) camera.Send({At(1, 500, 400, "car")});
  camera.events.clear();
  for (int i = 0; i < 700; ++i) camera.Send({});
  ASSERT_EQ(camera.events.size(), 2U);
  EXPECT_EQ(Brief(camera.events[0]), "ZONE_EXIT garden car track_ended 1");
  EXPECT_EQ(Brief(camera.events[1]), "OBJECT_LOST car track_ended 1");
  EXPECT_EQ(*camera.events[0].left, kStart + Milliseconds(11'900));  // seen last
  EXPECT_EQ(camera.events[0].time, kStart + Milliseconds(11'900 + 60'000));
  EXPECT_EQ(camera.engine().tracks(), 0U);
}

// An id that a passing car takes over from a parked one (frigate#4976) bridges nothing.
TEST(Pain04ParkedCars, ASwappedIdCrossesNothing) {
  TestCamera camera(Scene({VerticalAt(50)}, {Rectangle(0, 0, 40, 100)}));
  for (int i = 0; i < 5; ++i) camera.Send({At(1, 200, 400, "car"), At(2, 700, 400, "car")});
  camera.events.clear();
  EXPECT_THAT(camera.Send({At(1, 702, 400, "car"), At(2, 201, 400, "car")}),
              ElementsAre("ZONE_EXIT garden car id_jump 1", "ZONE_ENTER garden car 2"));
  EXPECT_EQ(camera.engine().counts().jumps, 2);
  EXPECT_EQ(camera.engine().line_totals()[0].a_to_b(), 0);
}

// Dwell and loitering: times of each visit in the event, several thresholds, by class.
TEST(Pain06Dwell, ExitCarriesEnteredLeftAndDwell) {
  TestCamera camera(Scene({}, {Rectangle(20, 20, 80, 80)}));
  camera.Walk(Straight({100, 400}, {900, 400}, 80));  // 10 px a frame of 100 ms
  ASSERT_EQ(camera.events.size(), 2U);
  const Event &enter = camera.events[0], &exit = camera.events[1];
  EXPECT_EQ(enter.type, EventType::kZoneEnter);
  EXPECT_EQ(exit.type, EventType::kZoneExit);
  EXPECT_EQ(enter.time, kStart + Milliseconds(1000));  // at x = 200
  EXPECT_EQ(exit.entered, enter.time);
  EXPECT_EQ(exit.left, kStart + Milliseconds(7100));  // at 810: 800 is in the band still
  EXPECT_EQ(exit.dwell, Milliseconds(6100));
  EXPECT_EQ(exit.reason, "left");
}

TEST(Pain06Dwell, EscalatesByClassAndOncePerVisit) {
  SceneOptions scene = Scene({}, {Rectangle(20, 20, 80, 80)});
  scene.zones[0].dwell = {Milliseconds(2000), Milliseconds(4000)};
  scene.zones[0].dwell_by_class["car"].after = {Milliseconds(6000)};
  TestCamera camera(scene);
  for (int i = 0; i < 100; ++i) {
    camera.Send({At(1, 400, 400, "person"), At(2, 600, 400, "car")});
  }
  std::vector<std::string> dwells;
  for (const Event& event : camera.events) {
    if (event.type != EventType::kZoneDwell) continue;
    dwells.push_back(fmt::format("{} after {} s", Brief(event),
                                 std::chrono::duration<double>(*event.dwell).count()));
  }
  EXPECT_THAT(dwells, ElementsAre("ZONE_DWELL garden person 1 n=1 after 2 s",
                                  "ZONE_DWELL garden person 1 n=2 after 4 s",
                                  "ZONE_DWELL garden car 2 n=1 after 6 s"));
}

// A spool that drains after an outage: days later, at any speed, the durations are those of
// capture.
TEST(Pain06Dwell, ComesFromCaptureTimeAlone) {
  const auto run = [](Milliseconds pace, int steps) {
    TestCamera camera(Scene({}, {Rectangle(20, 20, 80, 80)}));
    camera.pace = pace;
    camera.Walk(Straight({100, 400}, {900, 400}, steps));
    return *camera.events.back().dwell;
  };
  EXPECT_EQ(run(Milliseconds(100), 80), Milliseconds(6100));
  EXPECT_EQ(run(Milliseconds(1000), 80), Milliseconds(61'000));
  EXPECT_EQ(run(Milliseconds(50), 160), Milliseconds(6050));
}

// "Is my camera alive?"
TEST(Pain07CameraAlive, OfflineAndOnlineAreEventsWithHysteresis) {
  TestCamera camera(Scene({}));
  EventEngine& engine = camera.engine();
  for (int i = 0; i < 10; ++i) camera.Send({});  // nothing seen, but alive
  const WallTime last = camera.time - camera.pace;
  EXPECT_THAT(camera.Keep(engine.Advance(last + Milliseconds(10'000))), IsEmpty());
  ASSERT_THAT(camera.Keep(engine.Advance(last + Milliseconds(10'001))),
              ElementsAre("CAMERA_OFFLINE no message since 2025-01-15T14:30:00.900Z"));
  EXPECT_EQ(camera.events.back().time, last + Milliseconds(10'000));
  EXPECT_THAT(camera.Keep(engine.Advance(last + Milliseconds(99'000))), IsEmpty());
  EXPECT_TRUE(engine.is_offline());
  // A camera that comes and goes is not back yet.
  camera.time = last + Milliseconds(100'000);
  for (int burst = 0; burst < 5; ++burst) {
    for (int i = 0; i < 10; ++i) EXPECT_THAT(camera.Send({}), IsEmpty());
    camera.time += Milliseconds(10'000);
  }
  EXPECT_TRUE(engine.is_offline());
  const WallTime back = camera.time;
  std::vector<std::string> online;
  for (int i = 0; i < 40; ++i) {
    for (auto& text : camera.Send({})) online.push_back(text);
  }
  EXPECT_THAT(online, ElementsAre("CAMERA_ONLINE"));
  EXPECT_EQ(camera.events.back().time, back + Milliseconds(2000));
  EXPECT_FALSE(engine.is_offline());
}

// A picture every few seconds is less often than `online_after`, and all the same alive.
TEST(Pain07CameraAlive, ASlowCameraComesOnlineAgain) {
  for (const int pace_ms : {3000, 5000, 10'000}) {
    TestCamera camera(Scene({}));
    camera.pace = Milliseconds(pace_ms);
    for (int i = 0; i < 10; ++i) EXPECT_THAT(camera.Send({}), IsEmpty());
    camera.time += Milliseconds(60'000);
    EXPECT_THAT(camera.Send({}), ElementsAre(testing::StartsWith("CAMERA_OFFLINE"))) << pace_ms;
    EXPECT_THAT(camera.Send({}), ElementsAre("CAMERA_ONLINE")) << pace_ms;
    for (int i = 0; i < 30; ++i) EXPECT_THAT(camera.Send({}), IsEmpty());
  }
}

// A link that stalled, and then brings what was filmed meanwhile: the two events keep their order.
TEST(Pain07CameraAlive, LateFramesAreNotYetOnline) {
  TestCamera camera(Scene({}));
  camera.pace = Milliseconds(500);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(camera.Send({}), IsEmpty());
  const WallTime last = camera.time;
  const auto offline = camera.engine().Advance(last + Milliseconds(20'000));
  ASSERT_EQ(offline.size(), 1U);
  const WallTime missed = offline[0].time;
  std::vector<std::string> events;
  for (int i = 0; i < 60 && events.empty(); ++i) events = camera.Send({});
  EXPECT_THAT(events, ElementsAre("CAMERA_ONLINE"));
  EXPECT_GT(camera.time, missed);
}

TEST(Pain07CameraAlive, ACameraThatNeverSentIsMissed) {
  TestCamera camera(Scene({}));
  EXPECT_THAT(camera.Keep(camera.engine().Advance(kStart)), IsEmpty());
  EXPECT_THAT(camera.Keep(camera.engine().Advance(kStart + Milliseconds(10'001))),
              ElementsAre("CAMERA_OFFLINE no message yet"));
}

// Its events are those of the epoch that was started, so that no other run has their ids.
TEST(Pain07CameraAlive, ACameraThatIsAwaitedIsMissedOnceAndComesBack) {
  TestCamera camera(Scene({}));
  camera.epoch = 7;
  camera.engine().Await(7, kStart);
  EXPECT_THAT(camera.Keep(camera.engine().Advance(kStart + Milliseconds(9'000))), IsEmpty());
  EXPECT_THAT(camera.Keep(camera.engine().Advance(kStart + Milliseconds(30'000))),
              ElementsAre("CAMERA_OFFLINE no message yet"));
  EXPECT_EQ(camera.events[0].time, kStart + Milliseconds(10'000));
  EXPECT_THAT(camera.Keep(camera.engine().Advance(kStart + Milliseconds(60'000))), IsEmpty());
  camera.time = kStart + Milliseconds(61'000);
  std::vector<std::string> events;
  for (int i = 0; i < 60 && events.empty(); ++i) events = camera.Send({});
  EXPECT_THAT(events, ElementsAre("CAMERA_ONLINE"));
  EXPECT_EQ(camera.events[0].id, "jetson-01/driveway/7/-2");
  EXPECT_EQ(camera.events[1].id, "jetson-01/driveway/7/-1");
  // What the messages say is numbered as by a replay, which knows of no waiting.
  camera.time += Milliseconds(30'000);
  EXPECT_THAT(camera.Send({}), ElementsAre(testing::StartsWith("CAMERA_OFFLINE no message since")));
  EXPECT_EQ(camera.events[2].id, "jetson-01/driveway/7/0");
  camera.engine().Await(9, kStart);  // of no effect any more
  EXPECT_THAT(camera.Send({}), IsEmpty());
}

TEST(Pain07CameraAlive, ACameraThatIsGivenUpIsMissedAtOnceAndOnce) {
  TestCamera camera(Scene({}));
  camera.engine().Await(7, kStart);
  EXPECT_THAT(camera.Keep(camera.engine().GiveUp(kStart + Milliseconds(3'000))),
              ElementsAre("CAMERA_OFFLINE no message yet"));
  EXPECT_EQ(camera.events[0].time, kStart + Milliseconds(3'000));
  EXPECT_THAT(camera.Keep(camera.engine().GiveUp(kStart + Milliseconds(4'000))), IsEmpty());
  EXPECT_THAT(camera.Keep(camera.engine().Finish()), IsEmpty());

  TestCamera late(Scene({}));  // what fell due before is told as of then
  late.Send({});
  EXPECT_THAT(late.Keep(late.engine().GiveUp(kStart + Milliseconds(60'000))),
              ElementsAre("CAMERA_OFFLINE no message since 2025-01-15T14:30:00.000Z"));
  EXPECT_EQ(late.events[0].time, kStart + Milliseconds(10'000));

  SceneOptions unwatched = Scene({});
  unwatched.camera.offline_after = {};
  TestCamera quiet(unwatched);
  quiet.engine().Await(7, kStart);
  EXPECT_THAT(quiet.Keep(quiet.engine().GiveUp(kStart + Milliseconds(3'000))), IsEmpty());
}

// The same messages, with the clock advancing between them or not, are the same events.
TEST(Pain07CameraAlive, AdvancingTheClockChangesNoEvent) {
  const auto run = [](bool advance) {
    SceneOptions scene = Scene({}, {Rectangle(20, 20, 80, 80)});
    scene.object_events = true;
    TestCamera camera(scene);
    for (int i = 0; i < 200; ++i) {
      camera.Send(i % 50 < 20 ? std::vector{At(i / 50, 300, 300), At(100 + i / 50, 500, 500)}
                              : std::vector<TrackedObject>{});
      if (i == 120) camera.time += Milliseconds(30'000);
      if (advance) camera.Keep(camera.engine().Advance(camera.time - Milliseconds(1)));
    }
    return camera.events;
  };
  const auto with = run(true), without = run(false);
  EXPECT_TRUE(with == without);
  EXPECT_GT(with.size(), 20U);
}

}  // namespace
}  // namespace vigil::events::test
