#include "media/internal/presentation_clock.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace vigil::media::internal {
namespace {

using Stamp = std::optional<std::int64_t>;
constexpr Stamp kNone = std::nullopt;

struct ClockCase {
  const char* name;
  std::vector<Stamp> stamps;
  std::vector<std::int64_t> expected;  // each frame lasts 40,000 µs
};
class FileClock : public testing::TestWithParam<ClockCase> {};

TEST_P(FileClock, GivesTimesThatRise) {
  PresentationClock clock;
  std::vector<std::int64_t> times;
  for (const Stamp& stamp : GetParam().stamps) times.push_back(clock.Next(stamp, 40'000));
  EXPECT_EQ(times, GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    All, FileClock,
    testing::Values(
        ClockCase{"starts_at_zero", {5'000'000, 5'040'000}, {0, 40'000}},
        ClockCase{"negative_start", {-80'000, -40'000, 0}, {0, 40'000, 80'000}},
        ClockCase{
            "variable_rate_kept", {0, 10'000, 500'000, 500'001}, {0, 10'000, 500'000, 500'001}},
        ClockCase{"missing_ones_filled", {0, kNone, kNone, 130'000}, {0, 40'000, 80'000, 130'000}},
        ClockCase{"all_missing", {kNone, kNone, kNone}, {0, 40'000, 80'000}},
        ClockCase{"first_missing", {kNone, 1'000'000, 1'040'000}, {0, 40'000, 80'000}},
        ClockCase{"equal_ones_part", {0, 40'000, 40'000, 80'000}, {0, 40'000, 40'001, 80'000}},
        ClockCase{"small_step_back", {0, 40'000, 30'000, 80'000}, {0, 40'000, 40'001, 80'000}},
        ClockCase{"joined_files", {8'000'000, 8'040'000, 0, 40'000}, {0, 40'000, 80'000, 120'000}},
        ClockCase{"long_pause_kept", {0, 600'000'000}, {0, 600'000'000}},
        ClockCase{"broken_stamp",
                  {0, std::int64_t{1} << 55, (std::int64_t{1} << 55) + 5},
                  {0, 40'000, 40'005}},
        ClockCase{"absurd_stamps_are_none",
                  {0, std::numeric_limits<std::int64_t>::max(),
                   std::numeric_limits<std::int64_t>::min() + 1},
                  {0, 40'000, 80'000}}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::media::internal
