#include "core/stream_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace vigil {
namespace {

using Queue = StreamQueue<int>;

// Holds workers at their first piece of work until it is opened.
class Gate {
 public:
  void Pass() {
    arrived_.count_down();
    open_.wait();
  }
  void AwaitArrival() { arrived_.wait(); }
  void Open() { open_.count_down(); }

 private:
  std::latch arrived_{1}, open_{1};
};

TEST(StreamPool, NewestWinsAndTheOthersAreCounted) {
  StreamPool pool(1, "t");
  Gate gate;
  std::vector<int> seen;
  std::latch done(2);
  const auto queue = Queue::Create(pool, WhenFull::kNewestWins, 1, [&](int, int value) {
    if (value == 0) gate.Pass();
    seen.push_back(value);
    done.count_down();
  });
  int first = 0;
  EXPECT_EQ(queue->Offer(first), Offered::kTaken);
  gate.AwaitArrival();
  for (int i = 1; i <= 5; ++i) {
    int value = i;
    EXPECT_EQ(queue->Offer(value), i == 1 ? Offered::kTaken : Offered::kReplacedOlder);
  }
  gate.Open();
  done.wait();
  EXPECT_EQ(seen, (std::vector<int>{0, 5}));
}

TEST(StreamPool, AFullQueueRefusesAndLeavesTheValue) {
  StreamPool pool(1, "t");
  Gate gate;
  std::latch done(3);
  const auto queue = StreamQueue<std::unique_ptr<int>>::Create(
      pool, WhenFull::kRefuse, 2, [&](int, std::unique_ptr<int> value) {
        if (*value == 0) gate.Pass();
        done.count_down();
      });
  auto value = std::make_unique<int>(0);
  EXPECT_EQ(queue->Offer(value), Offered::kTaken);
  gate.AwaitArrival();
  for (int i = 1; i <= 2; ++i) {
    value = std::make_unique<int>(i);
    EXPECT_EQ(queue->Offer(value), Offered::kTaken);
  }
  value = std::make_unique<int>(3);
  EXPECT_TRUE(queue->full());
  EXPECT_EQ(queue->Offer(value), Offered::kRefused);
  EXPECT_EQ(*value, 3);
  gate.Open();
  done.wait();
}

TEST(StreamPool, StreamsTakeTurns) {
  StreamPool pool(1, "t");
  Gate gate;
  std::vector<char> order;
  std::latch done(7);
  const auto make = [&](char name) {
    return Queue::Create(pool, WhenFull::kRefuse, 10, [&, name](int, int value) {
      if (value == 0) gate.Pass();
      order.push_back(name);
      done.count_down();
    });
  };
  const auto busy = make('b'), quiet = make('q'), other = make('o');
  int zero = 0;
  busy->Offer(zero);
  gate.AwaitArrival();
  for (int i = 1; i < 5; ++i) busy->Offer(i);
  int value = 1;
  quiet->Offer(value);
  other->Offer(value);
  gate.Open();
  done.wait();
  EXPECT_EQ(std::string(order.begin(), order.end()), "bqobbbb");
}

TEST(StreamPool, OnePieceAtATimeOfAStreamWhateverTheWorkers) {
  StreamPool pool(4, "t");
  constexpr int kStreams = 8, kValues = 500;
  std::latch done(kStreams * kValues);
  std::atomic<int> overlaps = 0, disorder = 0;
  struct State {
    std::atomic<int> at_work = 0;
    int last = -1;
  };
  std::vector<State> states(kStreams);
  std::vector<std::shared_ptr<Queue>> queues;
  for (State& state : states) {
    queues.push_back(Queue::Create(pool, WhenFull::kRefuse, kValues, [&](int worker, int value) {
      EXPECT_LT(worker, 4);
      overlaps += state.at_work++ != 0;
      disorder += value != state.last + 1;
      state.last = value;
      --state.at_work;
      done.count_down();
    }));
  }
  std::vector<std::jthread> feeders;
  for (const auto& queue : queues) {
    feeders.emplace_back([&queue] {
      for (int i = 0; i < kValues; ++i) queue->Offer(i);
    });
  }
  done.wait();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(disorder, 0);
}

TEST(StreamPool, WorkWaitsUntilItMayBegin) {
  StreamPool pool(2, "t");
  std::atomic<bool> may = false;
  std::atomic<int> done = 0;
  std::latch all(3);
  const auto queue = Queue::Create(
      pool, WhenFull::kRefuse, 3,
      [&](int, int) {
        ++done;
        all.count_down();
      },
      [&] { return may.load(); });
  for (int i = 0; i < 3; ++i) queue->Offer(i);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(done, 0);
  may = true;
  queue->Nudge();
  all.wait();
}

TEST(StreamPool, ClosingGivesUpWhatWaits) {
  StreamPool pool(1, "t");
  Gate gate;
  std::atomic<int> done = 0;
  const auto queue = Queue::Create(pool, WhenFull::kRefuse, 3, [&](int, int value) {
    if (value == 0) gate.Pass();
    ++done;
  });
  int value = 0;
  queue->Offer(value);
  gate.AwaitArrival();
  for (int i = 1; i < 3; ++i) queue->Offer(i);
  EXPECT_EQ(queue->Close(), 2U);
  EXPECT_EQ(queue->Offer(value), Offered::kRefused);
  gate.Open();
  EXPECT_LE(done, 1);
}

TEST(StreamPool, EndsWhileStreamsHaveWork) {
  std::atomic<int> done = 0;
  std::vector<std::shared_ptr<Queue>> queues;
  {
    StreamPool pool(2, "t");
    for (int i = 0; i < 50; ++i) {
      queues.push_back(Queue::Create(pool, WhenFull::kRefuse, 100, [&](int, int) { ++done; }));
      for (int k = 0; k < 100; ++k) queues.back()->Offer(k);
    }
  }
  EXPECT_LE(done, 5000);
}

}  // namespace
}  // namespace vigil
