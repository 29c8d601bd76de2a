// Once a tracker has seen the most that there is, a frame takes nothing from the heap.
#include <gtest/gtest.h>

#include "support/allocation_counter.h"
#include "support/crowd.h"
#include "tracking/byte_track.h"

namespace vigil::tracking {
namespace {

TEST(Allocation, ATrackerTakesNoMemoryAFrame) {
  const auto frames = test::Crowd(70, 600);
  ByteTracker tracker;
  const auto run = [&](std::int64_t begin) {
    std::size_t tracks = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto time = begin + static_cast<std::int64_t>(i) * 33'333;
      tracks += tracker.Update(frames[i], time).size();
    }
    return tracks;
  };
  EXPECT_GT(run(0), 60 * frames.size());
  // The same again: new ids, people come and go, and no frame has more than any before.
  tracker.Reset();
  const std::int64_t before = test::Allocations();
  EXPECT_GT(run(100'000'000), 60 * frames.size());
  EXPECT_EQ(test::Allocations() - before, 0);
}

}  // namespace
}  // namespace vigil::tracking
