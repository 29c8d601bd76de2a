#include "face/frame_clock.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace vigil::face {
namespace {

using Step = FrameClock::Step;

struct ClockCase {
  const char* name;
  std::vector<std::int64_t> timestamps_us;
  std::vector<Step> expected;
};

class Clocks : public testing::TestWithParam<ClockCase> {};

TEST_P(Clocks, OnlyRisingTimesPass) {
  FrameClock clock;
  for (std::size_t i = 0; i < GetParam().timestamps_us.size(); ++i) {
    EXPECT_EQ(clock.Advance(GetParam().timestamps_us[i]), GetParam().expected[i]) << "step " << i;
  }
}

constexpr Step kGo = Step::kForward, kNo = Step::kIgnored, kAnew = Step::kRestarted;
INSTANTIATE_TEST_SUITE_P(
    Cases, Clocks,
    testing::Values(ClockCase{"rises", {0, 1, 40'000}, {kGo, kGo, kGo}},
                    ClockCase{"begins_before_zero", {-5'000'000, -4'000'000}, {kGo, kGo}},
                    ClockCase{"repeats", {10, 10, 10, 11}, {kGo, kNo, kNo, kGo}},
                    ClockCase{"goes_back_once", {1'000'000, 500'000, 1'040'000}, {kGo, kNo, kGo}},
                    ClockCase{"stays_behind",
                              {9'000'000, 0, 400'000, 800'000, 1'000'000, 1'040'000},
                              {kGo, kNo, kNo, kNo, kAnew, kGo}},
                    ClockCase{"jumps_to_and_fro",
                              {9'000'000, 0, 9'040'000, 600'000, 1'200'000, 9'080'000},
                              {kGo, kNo, kGo, kNo, kNo, kGo}},
                    ClockCase{"absurd",
                              {0, std::numeric_limits<std::int64_t>::max(),
                               std::numeric_limits<std::int64_t>::min(), 1},
                              {kGo, kNo, kNo, kGo}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(KnownTime, FramesCloseTogetherJoin) {
  KnownTime time({.max_gap_us = 500'000, .max_unknown_us = 150'000});
  EXPECT_FALSE(time.Advance(0, true).joined);
  EXPECT_TRUE(time.Advance(33'000, true).joined);
  const auto after_gap = time.Advance(533'001, true);
  EXPECT_FALSE(after_gap.joined);
  EXPECT_TRUE(after_gap.broken);
  EXPECT_EQ(after_gap.since_us, 33'000);
  EXPECT_TRUE(time.Advance(1'033'001, true).joined);
}

TEST(KnownTime, AShortUnknownIsALostFrameALongOneIsNot) {
  KnownTime time({.max_gap_us = 500'000, .max_unknown_us = 150'000});
  time.Advance(0, true);
  EXPECT_FALSE(time.Advance(66'000, false).broken);
  const auto back = time.Advance(133'000, true);
  EXPECT_TRUE(back.joined);
  EXPECT_EQ(back.since_us, 0);
  time.Advance(200'000, false);
  const auto end = time.Advance(300'000, false);
  EXPECT_TRUE(end.broken);
  EXPECT_EQ(end.since_us, 133'000);
  EXPECT_FALSE(time.Advance(333'000, false).broken);  // said once
  EXPECT_FALSE(time.Advance(366'000, true).joined);
}

}  // namespace
}  // namespace vigil::face
