#include "media/internal/live_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace vigil::media::internal {
namespace {

using Stamp = std::optional<std::int64_t>;
using Micros = std::vector<std::int64_t>;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kFrame = 40'000;
constexpr std::int64_t kOrigin = 700'000'000;  // of the camera's stamps

// What a stream was: when each frame was taken, the stamp it got, when it was here.
struct Stream {
  Micros taken, arrivals;
  std::vector<Stamp> stamps;

  void Add(std::int64_t time, Stamp stamp, std::int64_t delay) {
    taken.push_back(time);
    stamps.push_back(stamp);
    const std::int64_t arrival = time + delay;
    arrivals.push_back(arrivals.empty() ? arrival : std::max(arrival, arrivals.back()));
  }
  // In order, through a network that holds frames up.
  Micros Times() const {
    LiveClock clock;
    Micros times;
    for (std::size_t i = 0; i < stamps.size(); ++i)
      times.push_back(clock.Next(stamps[i], arrivals[i]));
    return times;
  }
};

using Delays = std::function<std::int64_t(std::int64_t time)>;
Delays Steady() {
  return [](std::int64_t) { return 20'000; };
}
// 20 ms and an exponential tail: one in a thousand over 0.7 s.
Delays Jittery() {
  return [random = std::mt19937(7), tail = std::exponential_distribution<double>(1 / 1e5)](
             std::int64_t) mutable { return 20'000 + static_cast<std::int64_t>(tail(random)); };
}

// A camera of 25 frames a second for a minute; its clock makes `rate` seconds of a second.
Stream Minute(double rate, Delays delays) {
  Stream stream;
  for (std::int64_t time = 0; time < 60 * kSecond; time += kFrame) {
    stream.Add(time, kOrigin + static_cast<std::int64_t>(static_cast<double>(time) * rate),
               delays(time));
  }
  return stream;
}

Micros Gaps(const Micros& times) {
  Micros gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  return gaps;
}

// How far the times' distance from the truth wanders.
std::int64_t Wander(const Micros& times, const Micros& taken, std::size_t from = 0) {
  Micros off;
  for (std::size_t i = from; i < times.size(); ++i) off.push_back(times[i] - taken[i]);
  const auto [least, most] = std::ranges::minmax(off);
  return most - least;
}

TEST(LiveClock, KeepsTheCamerasSpacingWhateverTheNetworkDoes) {
  const Stream stream = Minute(1, Jittery());
  ASSERT_GT(std::ranges::max(Gaps(stream.arrivals)), 200'000) << "the network does something";
  EXPECT_EQ(Wander(stream.Times(), stream.taken), 0);
}

TEST(LiveClock, AStallAndTheBurstAfterItDoNotReachTheTimes) {
  const Stream stream = Minute(1, [](std::int64_t time) {
    const bool stalled = time >= 20 * kSecond && time < 24 * kSecond;
    return stalled ? 24 * kSecond - time + 20'000 : 20'000;
  });
  ASSERT_GT(std::ranges::max(Gaps(stream.arrivals)), 3 * kSecond);
  EXPECT_EQ(Wander(stream.Times(), stream.taken), 0);
}

TEST(LiveClock, WhatACameraLeavesOutAfterAStallIsAGap) {
  Stream stream;
  for (std::int64_t time = 0; time < 20 * kSecond; time += kFrame) {
    const bool stalled = time >= 5 * kSecond && time < 9 * kSecond;
    if (stalled && time >= 6 * kSecond) continue;  // its buffer was full
    stream.Add(time, kOrigin + time, stalled ? 9 * kSecond - time : 0);
  }
  EXPECT_EQ(Wander(stream.Times(), stream.taken), 0);
}

TEST(LiveClock, APauseIsKept) {
  Stream stream;
  for (std::int64_t time = 0; time < 20 * kSecond; time += kFrame) {
    const std::int64_t late = time < 10 * kSecond ? 0 : 300 * kSecond;
    stream.Add(time + late, kOrigin + time + late, 20'000);
  }
  EXPECT_EQ(Wander(stream.Times(), stream.taken), 0);
}

// Servers send new listeners what they have kept.
TEST(LiveClock, ABurstAtTheBeginningKeepsItsSpacing) {
  const Stream stream = Minute(1, [](std::int64_t time) {
    constexpr std::int64_t kKept = 4 * kSecond;
    return time < kKept ? kKept - time : 0;
  });
  const Micros times = stream.Times();
  EXPECT_EQ(times.front(), stream.arrivals.front());
  EXPECT_EQ(Wander(times, stream.taken), 0);
}

struct DriftCase {
  const char* name;
  double rate;  // of the camera's clock
  bool jittery;
  std::int64_t most;   // that the times may wander over all
  std::int64_t later;  // and from 25 s on
};
class Drift : public testing::TestWithParam<DriftCase> {};

TEST_P(Drift, IsFollowedWithoutAJump) {
  const Stream stream = Minute(GetParam().rate, GetParam().jittery ? Jittery() : Steady());
  const Micros times = stream.Times();
  const auto [least, most] = std::ranges::minmax(Gaps(times));
  EXPECT_GE(static_cast<double>(least), 0.09 * kFrame * GetParam().rate);
  EXPECT_LE(static_cast<double>(most), 1.55 * kFrame * GetParam().rate);
  constexpr std::size_t kFollows = 25 * 25;  // frames: after 25 s
  EXPECT_LT(Wander(times, stream.taken, kFollows), GetParam().later);
  EXPECT_LT(Wander(times, stream.taken), GetParam().most);
}
INSTANTIATE_TEST_SUITE_P(
    All, Drift,
    testing::Values(DriftCase{"a_fifth_fast", 1.2, false, 3 * kSecond, 50'000},
                    DriftCase{"a_fifth_slow", 0.8, false, 3 * kSecond, 50'000},
                    DriftCase{"a_fifth_fast_jittery", 1.2, true, 3 * kSecond, 100'000},
                    DriftCase{"a_fifth_slow_jittery", 0.8, true, 3 * kSecond, 100'000},
                    DriftCase{"a_percent_fast", 1.01, true, 600'000, 400'000},
                    DriftCase{"a_percent_slow", 0.99, true, 600'000, 400'000},
                    DriftCase{"three_times_as_fast", 3, false, 7 * kSecond, 50'000}),
    [](const auto& test) { return std::string(test.param.name); });

// 100 ppm, as bad as crystals get, for a day of one frame a second: no frame shows it.
TEST(LiveClock, ACrystalsDriftStaysUnseen) {
  Stream stream;
  auto delays = Jittery();
  for (std::int64_t time = 0; time < 86'400 * kSecond; time += kSecond)
    stream.Add(time, kOrigin + time + time / 10'000, delays(time));
  const Micros times = stream.Times();
  const auto [least, most] = std::ranges::minmax(Gaps(times));
  EXPECT_GT(least, 900'000);
  EXPECT_LT(most, 1'100'000);
  EXPECT_LT(Wander(times, stream.taken), kSecond);
}

struct JumpCase {
  const char* name;
  std::int64_t by;
};
class Jump : public testing::TestWithParam<JumpCase> {};

TEST_P(Jump, OfTheStampsIsNoneOfTheTimes) {
  Stream stream = Minute(1, Jittery());
  const std::size_t half = stream.stamps.size() / 2;
  for (std::size_t i = half; i < stream.stamps.size(); ++i) *stream.stamps[i] += GetParam().by;
  const Micros times = stream.Times();
  const Micros gaps = Gaps(times);
  EXPECT_TRUE(std::ranges::all_of(gaps, [](std::int64_t gap) { return gap > 0; }));
  EXPECT_LE(std::ranges::max(gaps), kSecond) << "no more than that frame's delay";
  EXPECT_EQ(
      Wander({times.begin(), times.begin() + static_cast<std::ptrdiff_t>(half)}, stream.taken), 0);
  const std::size_t soon = half + 25;  // a second later at most it goes on as before
  EXPECT_EQ(Wander(times, stream.taken, soon), 0);
}
INSTANTIATE_TEST_SUITE_P(
    All, Jump,
    testing::Values(JumpCase{"reset", -kOrigin}, JumpCase{"set_back", -600'000},
                    JumpCase{"set_ahead", 90 * kSecond},
                    JumpCase{"set_a_little_ahead", 2 * kSecond},
                    JumpCase{"wrap_of_33_bits", -(std::int64_t{1} << 33) * 100 / 9},
                    JumpCase{"absurdly_far", std::int64_t{1} << 59}),
    [](const auto& test) { return std::string(test.param.name); });

// The camera stood still and its clock with it: that is known once the delay stays.
TEST(LiveClock, ASleepOfTheCameraIsCaughtUpWithOnce) {
  const Stream stream =
      Minute(1, [](std::int64_t time) { return time < 20 * kSecond ? 0 : 10 * kSecond; });
  const Micros gaps = Gaps(stream.Times());
  EXPECT_EQ(std::ranges::count_if(gaps, [](std::int64_t gap) { return gap != kFrame; }), 1);
  EXPECT_EQ(std::ranges::max(gaps), 10 * kSecond + kFrame);
}

// Ten frames a second, stamped as if they were 25: nothing to hold on to.
TEST(LiveClock, AClockThatCannotBeFollowedIsLeft) {
  Stream stream;
  for (int i = 0; i < 1'200; ++i) stream.Add(i * 100'000, kOrigin + i * kFrame, 20'000);
  const Micros times = stream.Times();
  constexpr std::size_t kLeft = 30 * 10;
  EXPECT_EQ(Wander(times, stream.taken, kLeft), 0);
  EXPECT_EQ(std::ranges::count_if(Gaps(times), [](std::int64_t gap) { return gap > 500'000; }), 2);
}

TEST(LiveClock, WithoutStampsTimesAreArrivals) {
  Stream stream;
  auto delays = Jittery();
  for (int i = 0; i < 300; ++i)
    stream.Add(i * 100'000, std::nullopt, std::min<std::int64_t>(delays(0), 60'000));
  EXPECT_EQ(stream.Times(), stream.arrivals);
}

TEST(LiveClock, WithoutStampsABurstIsSpreadWithinBounds) {
  LiveClock clock;
  std::int64_t last = 0;
  for (int i = 0; i <= 40; ++i) last = clock.Next(std::nullopt, i * 100'000);
  EXPECT_EQ(last, 4 * kSecond);
  for (int i = 1; i <= 30; ++i) {  // all at once, after a second of silence
    const std::int64_t time = clock.Next(std::nullopt, 5 * kSecond + i);
    EXPECT_GT(time, last);
    EXPECT_LE(time, 5 * kSecond + i + kSecond / 2);
    if (i > 1 && i < 6) {
      EXPECT_GT(time, last + 30'000);
    }
    last = time;
  }
  EXPECT_EQ(clock.Next(std::nullopt, 6 * kSecond), 6 * kSecond) << "and caught up with";
}

TEST(LiveClock, AStampThatDoesNotRiseIsNone) {
  LiveClock clock;
  EXPECT_EQ(clock.Next(0, 100'000), 100'000);
  EXPECT_EQ(clock.Next(40'000, 150'000), 140'000);
  EXPECT_EQ(clock.Next(40'000, 190'000), 190'000);
  EXPECT_EQ(clock.Next(30'000, 220'000), 220'000);
  EXPECT_EQ(clock.Next(160'000, 280'000), 260'000) << "the same constant";
  for (const Stamp absurd : {Stamp(std::numeric_limits<std::int64_t>::max()),
                             Stamp(std::numeric_limits<std::int64_t>::min()), Stamp()})
    EXPECT_GT(clock.Next(absurd, 300'000), 260'000);
  EXPECT_EQ(clock.Next(240'000, 360'000), 340'000);
}

TEST(LiveClock, TimesRiseWhateverTheStampsAre) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    LiveClock clock;
    std::int64_t last = -1, arrival = 0, stamp = 0;
    for (int i = 0; i < 2'000; ++i) {
      arrival += static_cast<std::int64_t>(random() % 200'000);
      const std::uint64_t kind = random() % 16;
      if (kind == 0) stamp = static_cast<std::int64_t>(random());
      if (kind == 1) stamp -= static_cast<std::int64_t>(random() % 400'000);
      if (kind > 1 && std::abs(stamp / 2) < std::int64_t{1} << 60)
        stamp += static_cast<std::int64_t>(random() % 300'000);
      const std::int64_t time = clock.Next(kind == 2 ? Stamp() : Stamp(stamp), arrival);
      ASSERT_GT(time, last);
      last = time;
    }
  }
}

}  // namespace
}  // namespace vigil::media::internal
