// When a zone is entered and left, is crowded, and is stood in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "events/engine.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Zones, DoNotFlapAtTheirEdge) {
  TestCamera camera(DoorAndGarden());  // from x = 600 on
  std::vector<Point2f> path;
  for (int i = 0; i < 60; ++i) path.push_back({i % 2 == 0 ? 601.5F : 597.5F, 400});
  EXPECT_THAT(camera.Walk(path), ElementsAre("ZONE_ENTER garden person 1"));
}

TEST(Zones, ConfirmAndGraceAreTimes) {
  SceneOptions scene = DoorAndGarden();
  scene.zones[0].confirm = Milliseconds(300);
  scene.zones[0].grace = Milliseconds(500);
  TestCamera camera(scene);
  EXPECT_THAT(
      camera.Walk(
          {{590, 400}, {650, 400}, {650, 400}, {590, 400}, {650, 400}, {655, 400}, {660, 400}}),
      IsEmpty());
  EXPECT_THAT(camera.Walk({{665, 400}}), ElementsAre("ZONE_ENTER garden person 1"));
  EXPECT_EQ(camera.events.back().entered, kStart + Milliseconds(400));
  EXPECT_THAT(camera.Walk({{580, 400},
                           {560, 400},
                           {650, 400},
                           {560, 400},
                           {555, 400},
                           {550, 400},
                           {545, 400},
                           {540, 400}}),
              IsEmpty());
  EXPECT_THAT(camera.Walk({{535, 400}}), ElementsAre("ZONE_EXIT garden person left 1"));
  EXPECT_EQ(camera.events.back().left, kStart + Milliseconds(1100));  // the first of them
  EXPECT_EQ(camera.events.back().time, kStart + Milliseconds(1600));
}

TEST(Zones, ACrowdIsMoreThanSoManyForSoLong) {
  SceneOptions scene = DoorAndGarden();
  scene.zones[0].crowd_count = 2;
  scene.zones[0].crowd_time = Milliseconds(500);
  TestCamera camera(scene);
  const auto people = [](int count) {
    std::vector<TrackedObject> objects;
    for (int i = 0; i < count; ++i)
      objects.push_back(At(i, 650, 50.0F + 90.0F * static_cast<float>(i)));
    return objects;
  };
  for (int i = 0; i < 10; ++i) camera.Send(people(2));
  for (int i = 0; i < 3; ++i) camera.Send(people(4));
  camera.events.clear();
  EXPECT_THAT(camera.Send(people(4)), IsEmpty());
  EXPECT_THAT(camera.Send(people(4)), IsEmpty());
  EXPECT_THAT(camera.Send(people(4)), ElementsAre("ZONE_CROWD garden n=4"));
  EXPECT_TRUE(camera.engine().zone_totals()[0].crowded);
  for (int i = 0; i < 20; ++i) EXPECT_THAT(camera.Send(people(4)), IsEmpty());
}

TEST(Zones, StandingInOneIsAnEventOfItsOwn) {
  SceneOptions scene = DoorAndGarden();
  scene.tracks.stationary_time = Milliseconds(0);
  scene.zones[0].stationary = Milliseconds(1000);
  TestCamera camera(scene);
  for (int i = 0; i < 30; ++i) camera.Send({At(1, 700, 400, "car"), At(2, 300, 400, "car")});
  ASSERT_EQ(camera.events.size(), 2U);
  EXPECT_EQ(Brief(camera.events[1]), "OBJECT_STATIONARY garden car 1");
  EXPECT_EQ(camera.events[1].time, kStart + Milliseconds(1000));
}

}  // namespace
}  // namespace vigil::events::test
