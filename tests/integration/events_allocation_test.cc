// A message that brings about no event takes nothing from the heap: read from JSON and processed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "events/engine.h"
#include "events/envelope.h"
#include "support/allocation_counter.h"
#include "unit/events/test_camera.h"

namespace vigil::events::test {
namespace {

TEST(Allocation, AMessageWithoutEventsTakesNoMemory) {
  SceneOptions scene =
      Scene({VerticalAt(95), Between(10, 790, 990, 780)}, {Rectangle(0, 0, 100, 100)});
  scene.zones[0].crowd_count = 5;
  scene.zones[0].dwell = {Milliseconds(3'600'000)};
  scene.speed.emplace();
  scene.speed->metres_per_pixel = 0.01;
  TestCamera camera(scene);
  // Walkers by the dozen inside the zone, now more of them, now fewer, none gone for long.
  std::vector<std::string> texts;
  constexpr int kMessages = 400;
  for (int i = 0; i < kMessages; ++i) {
    std::vector<TrackedObject> objects;
    for (int id = 0; id < 60; ++id) {
      if ((i + id) % 5 == 0) continue;
      const float t = static_cast<float>(i) * 0.03F + static_cast<float>(id);
      objects.push_back(At(id, 450 + 300 * std::sin(t), 380 + 250 * std::cos(t),
                           "a rather long name of a class"));
    }
    if (i % 2 == 0) std::ranges::reverse(objects);
    texts.push_back(ToJson(camera.Message(objects)));
    ++camera.frame;
    camera.time += camera.pace;
  }
  EnvelopeReader reader;
  std::int64_t before = 0, events = 0;
  for (int i = 0; i < kMessages; ++i) {
    if (i == 100) before = vigil::test::Allocations();
    const auto message = reader.Read(texts[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(message.ok()) << message.status();
    const auto happened = camera.engine().Process(**message);
    ASSERT_TRUE(happened.ok()) << happened.status();
    if (i >= 100) events += static_cast<std::int64_t>(happened->size());
  }
  EXPECT_EQ(events, 0);
  EXPECT_EQ(vigil::test::Allocations() - before, 0);
  EXPECT_GT(vigil::test::Allocations(), 0);  // they are counted
}

}  // namespace
}  // namespace vigil::events::test
