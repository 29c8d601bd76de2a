#include "core/wall_time.h"

#include <gtest/gtest.h>

namespace vigil {
namespace {

using namespace std::chrono;

TEST(WallTime, TextHasMillisecondsInUtc) {
  const WallTime time = sys_days(year(2025) / 1 / 15) + 14h + 30min + 22s + 123'999us;
  EXPECT_EQ(ToIso8601(time), "2025-01-15T14:30:22.123Z");
  EXPECT_EQ(ToIso8601(WallTime{}), "1970-01-01T00:00:00.000Z");
}

TEST(WallTime, ReadsItsRelatives) {
  const WallTime time = sys_days(year(2024) / 2 / 29) + 23h + 59min + 59s;
  for (const char* text :
       {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z", "2024-03-01T01:59:59+02:00",
        "2024-02-29 23:59:59.0000000009z", "2024-02-29T18:29:59-0530"}) {
    const auto read = ParseIso8601(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, time) << text;
  }
  EXPECT_EQ(*ParseIso8601("2024-02-29T23:59:59.123456Z"), time + 123'456us);
}

TEST(WallTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2025-02-29T00:00:00Z", "2025-01-15T24:00:00Z", "2025-01-15T14:30:22",
        "2025-01-15T14:30:22.Z", "2025-01-15T14:30:22Z ", "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00", "2025-1-15T14:30:22Z", "+2025-01-15T14:30:22Z",
        "2025-01-15T14:30:22+24:00"}) {
    EXPECT_FALSE(ParseIso8601(text).ok()) << text;
  }
}

}  // namespace
}  // namespace vigil
