#include <gtest/gtest.h>

#include <thread>

#include "core/bounded_queue.h"
#include "core/latest_slot.h"

namespace vigil {
namespace {

using namespace std::chrono_literals;

TEST(LatestSlot, NewestWinsAndDropsAreCounted) {
  LatestSlot<int> slot;
  for (int i = 0; i < 5; ++i) slot.Put(i);
  EXPECT_EQ(slot.Take(After(1s), {}), 4);
  EXPECT_EQ(slot.dropped(), 4U);
  EXPECT_EQ(slot.Take(After(1ms), {}), std::nullopt);
}

TEST(LatestSlot, StopWakesATaker) {
  LatestSlot<int> slot;
  std::jthread taker(
      [&](std::stop_token stop) { EXPECT_EQ(slot.Take(After(1h), stop), std::nullopt); });
}  // jthread asks for the stop, then joins

TEST(LatestSlot, CloseWakesATakerAndKeepsTheLastValue) {
  LatestSlot<int> slot;
  slot.Put(1);
  slot.Close();
  slot.Put(2);
  EXPECT_EQ(slot.Take(After(1h), {}), 1);
  EXPECT_EQ(slot.Take(After(1h), {}), std::nullopt);
}

// USERS.md, pain 13: however slow the consumer, what it takes is the newest.
TEST(LatestSlot, LatencyOfALiveStreamStaysBounded) {
  LatestSlot<int> slot;
  std::jthread producer([&] {
    for (int i = 0; i < 10'000; ++i) slot.Put(i);
    slot.Close();
  });
  int last = -1, taken = 0;
  while (auto value = slot.Take(After(10s), {})) {
    EXPECT_GT(*value, last);
    last = *value;
    ++taken;
  }
  EXPECT_EQ(last, 9'999);
  EXPECT_EQ(static_cast<std::uint64_t>(taken) + slot.dropped(), 10'000U);
}

TEST(BoundedQueue, KeepsOrderAndLosesNothing) {
  BoundedQueue<int> queue(3);
  std::jthread producer([&] {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue.Push(int{i}, After(10s), {}));
    queue.Close();
  });
  int expected = 0;
  while (auto value = queue.Pop(After(10s), {})) EXPECT_EQ(*value, expected++);
  EXPECT_EQ(expected, 1000);
  EXPECT_TRUE(queue.drained());
}

TEST(BoundedQueue, FullQueueRefusesAtTheDeadline) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.Push(1, After(1s), {}));
  EXPECT_FALSE(queue.Push(2, After(1ms), {}));
}

}  // namespace
}  // namespace vigil
