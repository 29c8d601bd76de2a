#include "core/duration.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace vigil {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

struct DurationCase {
  const char* name;
  const char* text;
  std::optional<nanoseconds> expected;
};
class Duration : public testing::TestWithParam<DurationCase> {};

TEST_P(Duration, IsRead) {
  const auto duration = ParseDuration(GetParam().text);
  ASSERT_EQ(duration.ok(), GetParam().expected.has_value()) << duration.status();
  if (duration.ok()) {
    EXPECT_EQ(*duration, *GetParam().expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Duration,
    testing::Values(
        DurationCase{"seconds", "10s", 10s}, DurationCase{"milliseconds", "500ms", 500ms},
        DurationCase{"minutes", "2m", 2min}, DurationCase{"hours", "3h", 3h},
        DurationCase{"days", "7d", 168h}, DurationCase{"micro", "5us", 5us},
        DurationCase{"nano", "5ns", 5ns}, DurationCase{"decimals", "1.5s", 1500ms},
        DurationCase{"trailing_zeros", "1.500000000000000000000s", 1500ms},
        DurationCase{"combined", "1m30s", 90s}, DurationCase{"all", "1d2h3m4s5ms", 93784005ms},
        DurationCase{"zero", "0", 0s}, DurationCase{"zero_seconds", "0s", 0s},
        DurationCase{"largest", "9223372036854775807ns", nanoseconds(INT64_MAX)},
        DurationCase{"empty", "", {}}, DurationCase{"no_unit", "10", {}},
        DurationCase{"no_number", "s", {}}, DurationCase{"negative", "-1s", {}},
        DurationCase{"blank", "10 s", {}}, DurationCase{"wrong_unit", "10sec", {}},
        DurationCase{"upper_case", "10S", {}}, DurationCase{"wrong_order", "30s1m", {}},
        DurationCase{"twice", "1s1s", {}}, DurationCase{"point_without_digits", "1.s", {}},
        DurationCase{"only_decimals", ".5s", {}},
        DurationCase{"finer_than_a_nanosecond", "0.5ns", {}},
        DurationCase{"too_long", "300000d", {}},
        DurationCase{"sum_too_long", "106751d23h47m16.854775808s", {}},
        DurationCase{"many_digits", "99999999999999999999999s", {}},
        DurationCase{"trailing", "10s!", {}}, DurationCase{"last_without_unit", "1m30", {}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FormatDuration, IsShort) {
  EXPECT_EQ(FormatDuration(0ns), "0s");
  EXPECT_EQ(FormatDuration(90s), "1m30s");
  EXPECT_EQ(FormatDuration(2500ms), "2.5s");
  EXPECT_EQ(FormatDuration(500ms), "500ms");
  EXPECT_EQ(FormatDuration(1500us), "1500us");
  EXPECT_EQ(FormatDuration(48h), "2d");
  EXPECT_EQ(FormatDuration(24h + 1ns), "1d1ns");
}

TEST(FormatDuration, IsReadBackToTheSameValue) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const nanoseconds duration(static_cast<std::int64_t>(random() >> (1 + i % 63)));
    const auto read = ParseDuration(FormatDuration(duration));
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(*read, duration);
  }
}

}  // namespace
}  // namespace vigil
