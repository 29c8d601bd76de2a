// The engine's rules, beyond what pains_test.cc and the oracle show: streams and their order, ends
// of tracks, gaps, limits, and the other types of events.
#include "events/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/limits.h"
#include "events/envelope.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The document's processor looked at all its objects on every message, with stale positions: one
// crossing was emitted again and again.
TEST(Trap1Reemission, OneCrossingIsOneEvent) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{450, 400}, {480, 400}, {520, 400}});
  ASSERT_EQ(camera.events.size(), 1U);
  // Messages go on without the object, then with others, then with it, standing still.
  for (int i = 0; i < 10; ++i) EXPECT_THAT(camera.Send({}), IsEmpty());
  for (int i = 0; i < 5; ++i) EXPECT_THAT(camera.Send({At(9, 100, 100)}), IsEmpty());
  for (int i = 0; i < 5; ++i) EXPECT_THAT(camera.Send({At(1, 520, 400)}), IsEmpty());
  // The same message again, and an old one: refused.
  DetectionMessage again = camera.Message({At(1, 450, 400)});
  --again.frame_number;
  again.timestamp -= camera.pace;
  EXPECT_EQ(RefusalReasonOf(camera.engine().Process(again).status()),
            RefusalReason::kRepeatedMessage);
  EXPECT_EQ(camera.engine().line_totals()[0].a_to_b(), 1);
}

TEST(Trap2TrackLife, AnObjectFirstSeenInAZoneEntersIt) {
  TestCamera camera(DoorAndGarden());
  EXPECT_THAT(camera.Send({At(1, 700, 400)}), ElementsAre("ZONE_ENTER garden person 1"));
  EXPECT_EQ(camera.events[0].entered, kStart);
}

TEST(Trap2TrackLife, AVanishedTrackExitsItsZonesAndIsForgotten) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{700, 400}, {702, 400}, {704, 400}});
  for (int i = 0; i < 20; ++i) EXPECT_THAT(camera.Send({}), IsEmpty()) << i;
  EXPECT_THAT(camera.Send({}), ElementsAre("ZONE_EXIT garden person track_ended 1"));
  const Event& exit = camera.events.back();
  EXPECT_EQ(exit.left, kStart + Milliseconds(200));  // when it was seen last
  EXPECT_EQ(exit.dwell, Milliseconds(200));
  EXPECT_EQ(exit.time, kStart + Milliseconds(2200));  // when that was certain
  EXPECT_EQ(camera.engine().tracks(), 0U);
}

TEST(Trap2TrackLife, AnIdThatComesBackInTimeKeepsItsVisit) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{700, 400}, {702, 400}});
  for (int i = 0; i < 15; ++i) camera.Send({});
  EXPECT_THAT(camera.Walk({{704, 400}, {720, 400}}), IsEmpty());
  EXPECT_THAT(camera.Walk({{800, 400}, {880, 400}, {960, 400}}),
              ElementsAre("ZONE_EXIT garden person left 1"));
  EXPECT_EQ(camera.events.back().entered, kStart);
}

TEST(Trap2TrackLife, TheTrackersWordEndsATrackAtOnce) {
  SceneOptions scene = DoorAndGarden();
  scene.object_events = true;
  TestCamera camera(scene);
  camera.Walk({{700, 400}, {702, 400}});
  TrackedObject ended = At(1, 704, 400);
  ended.state = TrackState::kEnded;
  EXPECT_THAT(camera.Send({ended}), ElementsAre("ZONE_EXIT garden person track_ended 1",
                                                "OBJECT_LOST person track_ended 1"));
  EXPECT_THAT(camera.Send({ended}), IsEmpty());
}

TEST(Trap2TrackLife, TheInputsEndEndsAll) {
  TestCamera camera(DoorAndGarden());
  camera.Send({At(1, 700, 400), At(2, 800, 400), At(3, 100, 400)});
  EXPECT_THAT(camera.Keep(camera.engine().Finish()),
              ElementsAre("ZONE_EXIT garden person input_ended 1",
                          "ZONE_EXIT garden person input_ended 2"));
  EXPECT_THAT(camera.engine().Finish(), IsEmpty());
}

// A camera that sends a picture every five seconds: nobody has missed the object in between.
TEST(Trap2TrackLife, ASlowCameraEndsNoTracks) {
  SceneOptions scene = DoorAndGarden();
  scene.object_events = true;
  TestCamera camera(scene);
  camera.pace = Milliseconds(5000);
  EXPECT_THAT(camera.Walk({{450, 400}, {550, 400}, {650, 400}, {652, 400}}),
              ElementsAre("OBJECT_APPEAR person 1", "LINE_CROSS door left_to_right person 1",
                          "ZONE_ENTER garden person 1"));
  EXPECT_THAT(camera.Send({}), IsEmpty());
  EXPECT_THAT(camera.Send({}), ElementsAre("ZONE_EXIT garden person track_ended 1",
                                           "OBJECT_LOST person track_ended 1"));
}

TEST(Trap2TrackLife, InSilenceTheyEndWithTheCamera) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{700, 400}, {702, 400}});
  const WallTime last = camera.time - camera.pace;
  EXPECT_THAT(camera.Keep(camera.engine().Advance(last + Milliseconds(10'000))), IsEmpty());
  EXPECT_THAT(camera.Keep(camera.engine().Advance(last + Milliseconds(10'001))),
              ElementsAre("CAMERA_OFFLINE no message since 2025-01-15T14:30:00.100Z",
                          "ZONE_EXIT garden person track_ended 1"));
}

struct OrderCase {
  const char* name;
  int epoch, frame;  // relative to the message before
  Milliseconds time;
  std::optional<RefusalReason> refused;
  bool restarts;
};

class Order : public testing::TestWithParam<OrderCase> {};

TEST_P(Order, IsByEpochNumberAndTime) {
  const OrderCase& tested = GetParam();
  TestCamera camera(DoorAndGarden());
  camera.epoch = 5;
  camera.frame = 100;
  camera.Walk({{700, 400}, {701, 400}});
  DetectionMessage message = camera.Message({At(1, 702, 400)});
  message.epoch += tested.epoch;
  message.frame_number += tested.frame - 1;
  message.timestamp += tested.time - camera.pace;
  const auto happened = camera.engine().Process(message);
  if (tested.refused) {
    EXPECT_EQ(RefusalReasonOf(happened.status()), tested.refused) << happened.status();
    EXPECT_EQ(camera.engine().counts().refused.of(*tested.refused), 1);
    EXPECT_EQ(camera.engine().counts().messages, 2);
    return;
  }
  ASSERT_TRUE(happened.ok()) << happened.status();
  // A restart is another object in the zone, though the track has the same id.
  EXPECT_EQ(happened->size(), tested.restarts ? 2U : 0U);
  EXPECT_EQ(camera.engine().counts().restarts, tested.restarts ? 1 : 0);
}

constexpr Milliseconds kLater{100}, kSame{0}, kEarlier{-100};

INSTANTIATE_TEST_SUITE_P(
    Messages, Order,
    testing::Values(
        OrderCase{"next", 0, 1, kLater, {}, false},
        OrderCase{"next_at_the_same_time", 0, 1, kSame, {}, false},
        OrderCase{"some_missing", 0, 7, kLater, {}, false},
        OrderCase{"again", 0, 0, kSame, RefusalReason::kRepeatedMessage, false},
        OrderCase{"same_number_later", 0, 0, kLater, RefusalReason::kRepeatedMessage, false},
        OrderCase{"the_one_before", 0, -1, kEarlier, RefusalReason::kOutOfOrder, false},
        OrderCase{"earlier_number_same_time", 0, -1, kSame, RefusalReason::kOutOfOrder, false},
        OrderCase{"later_number_earlier_time", 0, 3, kEarlier, RefusalReason::kOutOfOrder, false},
        OrderCase{"clock_set_back", 0, 1, Milliseconds(-3'600'000), {}, true},
        OrderCase{"counting_from_the_start", 0, -99, kLater, {}, true},
        OrderCase{"next_epoch", 1, -99, kLater, {}, true},
        OrderCase{"next_epoch_earlier_time", 1, -99, kEarlier, {}, true},
        OrderCase{"last_epoch", -1, 1, kLater, RefusalReason::kStaleEpoch, false}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Streams, AnEpochBeginsItsIdsAnewAndCountsGoOn) {
  SceneOptions scene = DoorAndGarden();
  TestCamera camera(scene);
  camera.epoch = 7;
  camera.Walk({{450, 400}, {550, 400}, {650, 400}});
  camera.epoch = 8;
  camera.frame = 1;
  camera.Walk({{450, 400}, {550, 400}}, 1);
  std::vector<std::string> ids;
  for (const Event& event : camera.events) ids.push_back(event.id + " " + Brief(event));
  EXPECT_THAT(ids, ElementsAre("jetson-01/driveway/7/0 LINE_CROSS door left_to_right person 1",
                               "jetson-01/driveway/7/1 ZONE_ENTER garden person 1",
                               "jetson-01/driveway/7/2 ZONE_EXIT garden person stream_restarted 1",
                               "jetson-01/driveway/8/0 LINE_CROSS door left_to_right person 1"));
  EXPECT_EQ(camera.engine().line_totals()[0].a_to_b(), 2);
}

TEST(Streams, IdsAreUniqueWhateverNamesContain) {
  std::vector<std::string> ids;
  for (const auto& [device, name] :
       {std::pair{"a/b", "c"}, std::pair{"a", "b/c"}, std::pair{"a%2Fb", "c"}}) {
    auto engine = EventEngine::Create(DoorAndGarden(), device, name);
    ASSERT_TRUE(engine.ok());
    TestCamera camera(DoorAndGarden());
    DetectionMessage message = camera.Message({At(1, 700, 400)});
    message.device_id = device;
    message.camera_id = name;
    ids.push_back((*(*engine)->Process(message))[0].id);
  }
  EXPECT_THAT(ids, ElementsAre("a%2Fb/c/0/0", "a/b%2Fc/0/0", "a%252Fb/c/0/0"));
}

TEST(Streams, OtherSourcesAreRefused) {
  TestCamera camera(DoorAndGarden());
  DetectionMessage message = camera.Message({});
  message.camera_id = "backyard";
  EXPECT_EQ(RefusalReasonOf(camera.engine().Process(message).status()),
            RefusalReason::kWrongSource);
  EXPECT_EQ(camera.engine().counts().refused.of(RefusalReason::kWrongSource), 1);
}

TEST(Streams, WhatIsRefusedChangesNothing) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{450, 400}, {490, 400}});
  const std::string before = camera.engine().Save();
  DetectionMessage message = camera.Message({At(1, 550, 400), At(2, 700, 400)});
  message.objects[1].center.x = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(RefusalReasonOf(camera.engine().Process(message).status()), RefusalReason::kBadNumber);
  EXPECT_EQ(camera.engine().Save(), before);
}

// Where the message's memory and ours differ: ours while the track is known and no frame is
// missing.
TEST(PreviousCenter, IsTheSendersWordWhenTheTrackIsUnknown) {
  TestCamera camera(DoorAndGarden());
  TrackedObject object = At(1, 510, 400);
  object.previous_center = Point2f{480, 400};
  EXPECT_THAT(camera.Send({object}), ElementsAre("LINE_CROSS door left_to_right person 1"));
}

TEST(PreviousCenter, IsIgnoredWhenNothingIsMissing) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{480, 400}, {490, 400}});
  TrackedObject object = At(1, 494, 400);
  object.previous_center = Point2f{540, 400};
  EXPECT_THAT(camera.Send({object}), IsEmpty());
  EXPECT_THAT(camera.Walk({{480, 400}}), IsEmpty());
}

TEST(PreviousCenter, FillsAGap) {
  // The line ends at y = 500; the object went around its end in the lost frame, or through it.
  for (const bool around : {true, false}) {
    TestCamera camera(Scene({Between(500, 300, 500, 500)}));
    camera.Walk({{440, 470}, {460, 480}});
    ++camera.frame;
    camera.time += camera.pace;
    TrackedObject object = At(1, 540, 480);
    object.previous_center = around ? Point2f{500, 540} : Point2f{500, 490};
    EXPECT_EQ(camera.Send({object}).size(), around ? 0U : 1U);
  }
}

TEST(PreviousCenter, BridgesNoJump) {
  TestCamera camera(DoorAndGarden());
  TrackedObject object = At(1, 900, 100);
  object.previous_center = Point2f{100, 700};
  EXPECT_THAT(camera.Send({object}), ElementsAre());
  EXPECT_EQ(camera.engine().line_totals()[0].a_to_b(), 0);
}

TEST(Gaps, ACrossingInLostFramesIsOneCrossing) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{440, 400}, {460, 400}});
  camera.frame += 5;
  camera.time += 5 * camera.pace;
  EXPECT_THAT(camera.Walk({{560, 400}, {580, 400}}),
              ElementsAre("LINE_CROSS door left_to_right person 1"));
  EXPECT_EQ(camera.engine().counts().missing_frames, 5);
}

TEST(Confirmation, ATrackCausesNothingBeforeItWasSeenOftenAndLongEnough) {
  SceneOptions scene = DoorAndGarden();
  scene.object_events = true;
  scene.tracks.min_sightings = 4;
  scene.tracks.min_age = Milliseconds(500);
  TestCamera camera(scene);
  // One that lives for three frames across line and zone.
  EXPECT_THAT(camera.Walk({{450, 400}, {550, 400}, {650, 400}}, 1), IsEmpty());
  // One that stays: what it did before comes when it is believed.
  EXPECT_THAT(camera.Walk({{450, 400}, {520, 400}, {590, 400}, {640, 400}, {650, 400}}, 2),
              IsEmpty());
  EXPECT_THAT(camera.Walk({{652, 400}}, 2),
              ElementsAre("OBJECT_APPEAR person 2", "LINE_CROSS door left_to_right person 2",
                          "ZONE_ENTER garden person 2"));
  EXPECT_EQ(camera.events.back().entered, kStart + Milliseconds(600));
  EXPECT_EQ(camera.events.back().track_age, Milliseconds(500));
}

TEST(Classes, OthersDoNotCount) {
  SceneOptions scene = DoorAndGarden();
  scene.lines[0].classes = scene.zones[0].classes = {"car", "truck"};
  TestCamera camera(scene);
  EXPECT_THAT(camera.Walk({{450, 400}, {550, 400}, {650, 400}}, 1, "person"), IsEmpty());
  EXPECT_THAT(camera.Walk({{450, 400}, {550, 400}, {650, 400}}, 2, "truck"),
              ElementsAre("LINE_CROSS door left_to_right truck 2", "ZONE_ENTER garden truck 2"));
}

TEST(Classes, ADetectorThatChangesItsMindKeepsCountsRight) {
  SceneOptions scene = DoorAndGarden();
  scene.count_events = true;
  TestCamera camera(scene);
  EXPECT_THAT(camera.Send({At(1, 650, 400, "car")}),
              ElementsAre("ZONE_ENTER garden car 1", "ZONE_OCCUPANCY garden car 1 n=1"));
  EXPECT_THAT(camera.Send({At(1, 660, 400, "truck")}), IsEmpty());
  EXPECT_THAT(camera.Send({At(1, 560, 400, "truck")}),
              ElementsAre("ZONE_EXIT garden car left 1", "ZONE_OCCUPANCY garden car 1 n=0"));
  const auto totals = camera.engine().zone_totals();
  EXPECT_THAT(totals[0].classes, ElementsAre(ZoneTotals::Class{"car", 0, 1}));
}

// Of all classes together, and not of one after another.
TEST(Classes, MostAtOnceIsOfAllTogether) {
  TestCamera camera(DoorAndGarden());
  camera.Send({At(1, 650, 400, "car"), At(2, 660, 400, "person"), At(3, 670, 400, "dog")});
  camera.Send({At(1, 560, 400, "car"), At(2, 560, 400, "person"), At(3, 670, 400, "dog"),
               At(4, 650, 410, "car")});
  const auto zone = camera.engine().zone_totals()[0];
  EXPECT_EQ(zone.inside(), 2);
  EXPECT_EQ(zone.entered(), 4);
  EXPECT_EQ(zone.most, 3) << "one left as another came";
}

TEST(EvaluationPoints, AreOfEachLineAndZone) {
  SceneOptions scene =
      Scene({Between(1000, 400, 0, 400, "middle"), Between(1000, 400, 0, 400, "feet")},
            {Rectangle(0, 50, 100, 100, "center"), Rectangle(0, 50, 100, 100, "ground")});
  scene.lines[1].evaluation_point = scene.zones[1].evaluation_point =
      EvaluationPoint::kBottomCenter;
  TestCamera camera(scene);
  camera.Walk({{500, 340}, {500, 350}});
  EXPECT_THAT(camera.Walk({{500, 370}}),  // its feet are at 410
              ElementsAre("LINE_CROSS feet a_to_b person 1", "ZONE_ENTER ground person 1"));
  EXPECT_THAT(camera.Walk({{500, 410}}),
              ElementsAre("LINE_CROSS middle a_to_b person 1", "ZONE_ENTER center person 1"));
}

TEST(WrongWay, IsACrossingInTheForbiddenDirection) {
  SceneOptions scene = DoorAndGarden();
  scene.lines[0].forbidden = "right_to_left";
  TestCamera camera(scene);
  EXPECT_THAT(camera.Walk({{450, 400}, {550, 400}}),
              ElementsAre("LINE_CROSS door left_to_right person 1"));
  EXPECT_THAT(camera.Walk({{450, 400}}), ElementsAre("LINE_CROSS door right_to_left person 1",
                                                     "WRONG_WAY door right_to_left person 1"));
}

TEST(Speed, IsMeasuredOnTheGround) {
  SceneOptions scene = DoorAndGarden();
  scene.speed.emplace();
  scene.speed->metres_per_pixel = 0.05;
  scene.speed->limit_kmh = 30;
  TestCamera camera(scene);
  // 20 px a frame = 10 m/s = 36 km/h; then 10 px = 18 km/h; then fast again.
  std::vector<Point2f> path;
  float x = 100;
  for (int i = 0; i < 45; ++i) path.push_back({x += i < 15 ? 20.0F : i < 30 ? 10.0F : 20.0F, 400});
  camera.Walk(path, 1, "car");
  std::vector<double> speeds;
  for (const Event& event : camera.events) {
    if (event.type == EventType::kSpeed) speeds.push_back(*event.speed_kmh);
    if (event.type == EventType::kLineCross) {
      EXPECT_NEAR(*event.speed_kmh, 25, 8);
    }
  }
  ASSERT_EQ(speeds.size(), 2U);  // once each time
  EXPECT_NEAR(speeds[0], 36, 0.1);
  EXPECT_GT(speeds[1], 30);
}

TEST(Frames, OfAnotherSizeMoveTheScene) {
  TestCamera camera(DoorAndGarden());
  camera.Walk({{400, 400}, {450, 400}});
  DetectionMessage message = camera.Message({At(1, 600, 400)});
  message.frame_size = {2000, 1600};  // the door is at 1000 now
  message.roi = {0, 0, 2000, 1600};
  EXPECT_THAT(camera.Give(message), IsEmpty());
}

TEST(Limits, TheTrackNotSeenForLongestGoes) {
  SceneOptions scene = DoorAndGarden();
  scene.object_events = true;
  scene.tracks.lost_timeout = Milliseconds(1'000'000);
  TestCamera camera(scene);
  std::int64_t id = 0;
  while (id < static_cast<std::int64_t>(limits::kMaxTracks)) {
    std::vector<TrackedObject> objects;
    for (int i = 0; i < 1000; ++i) objects.push_back(At(id++, 100, 100));
    camera.Send(std::move(objects));
  }
  EXPECT_EQ(camera.engine().tracks(), limits::kMaxTracks);
  camera.Send({At(0, 100, 100)});  // the oldest is seen again
  EXPECT_THAT(camera.Send({At(id, 100, 100)}),
              ElementsAre("OBJECT_LOST person too_many_tracks 1", "OBJECT_APPEAR person 10000"));
  EXPECT_EQ(camera.engine().tracks(), limits::kMaxTracks);
  EXPECT_EQ(camera.engine().counts().evicted, 1);
}

TEST(Limits, ClassNamesWithoutEndTakeNoMemoryWithoutEnd) {
  TestCamera camera(DoorAndGarden());
  for (int i = 0; i < 5000; ++i) {
    camera.Send({At(i, 480, 400, fmt::format("class {}", i))});
    camera.Send({At(i, 520, 400, fmt::format("class {}", i))});
  }
  EXPECT_EQ(camera.engine().line_totals()[0].a_to_b(), 5000);
  EXPECT_LE(camera.engine().line_totals()[0].classes.size(), 1024U);
  EXPECT_EQ(camera.engine().line_totals()[0].classes[0].class_name, "other");
  EXPECT_GT(camera.engine().line_totals()[0].classes[0].a_to_b, 3900);
}

// At the edge and behind a bus: the same events, whether the messages travelled as JSON or not.
TEST(Envelopes, MakeTheSameEventsAsTheirMessages) {
  SceneOptions scene =
      Scene({VerticalAt(33.3), Between(0, 0, 1000, 800)}, {Rectangle(12.5, 12.5, 61.7, 77.7)});
  scene.lines[1].evaluation_point = scene.zones[0].evaluation_point =
      EvaluationPoint::kBottomCenter;
  scene.count_events = scene.object_events = true;
  TestCamera direct(scene), through(scene);
  EnvelopeReader reader;
  std::uint32_t state = 1;
  const auto random = [&] {
    return state = state * 1664525U + 1013904223U, static_cast<float>(state >> 8) / 16777216.0F;
  };
  for (int i = 0; i < 2000; ++i) {
    std::vector<TrackedObject> objects;
    for (int id = 0; id < 20; ++id) {
      const float t = static_cast<float>(i + 13 * id) / 40.0F;
      TrackedObject object =
          At(id, 500 + 400 * std::sin(t) + random(), 400 + 300 * std::cos(t * 0.7F) + random());
      object.box.height += 10 * random();
      objects.push_back(object);
    }
    direct.time += std::chrono::microseconds(i % 7 * 111);
    const DetectionMessage message = direct.Message(objects);
    const auto read = reader.Read(ToJson(message));
    ASSERT_TRUE(read.ok()) << read.status();
    direct.Give(message);
    through.Give(**read);
  }
  ASSERT_EQ(direct.events.size(), through.events.size());
  EXPECT_GT(direct.events.size(), 1000U);
  for (std::size_t i = 0; i < direct.events.size(); ++i) {
    EXPECT_EQ(direct.events[i].id, through.events[i].id);
    EXPECT_EQ(Brief(direct.events[i]), Brief(through.events[i]));
    EXPECT_EQ(direct.events[i].time, through.events[i].time);
    EXPECT_EQ(direct.events[i].dwell, through.events[i].dwell);
  }
}

}  // namespace
}  // namespace vigil::events::test
