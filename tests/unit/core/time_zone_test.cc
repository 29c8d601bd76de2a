#include "core/time_zone.h"

#include <gtest/gtest.h>

#include "core/status.h"

namespace vigil {
namespace {

WallTime Utc(const char* text) { return ParseIso8601(text).value(); }

struct CivilCase {
  const char* name;
  const char* zone;
  const char* utc;
  const char* local;
  int weekday;
};
class TimeZoneAt : public testing::TestWithParam<CivilCase> {};

TEST_P(TimeZoneAt, SaysWhatTheClockOnTheWallSays) {
  const CivilTime civil = TimeZone::Load(GetParam().zone).value().At(Utc(GetParam().utc));
  EXPECT_EQ(DateTimeText(civil), GetParam().local);
  EXPECT_EQ(civil.weekday, GetParam().weekday);
}
INSTANTIATE_TEST_SUITE_P(
    Zones, TimeZoneAt,
    testing::Values(
        CivilCase{"utc", "UTC", "2026-11-24T21:57:24Z", "2026-11-24 21:57:24 UTC", 1},
        CivilCase{"winter", "Europe/Berlin", "2026-11-24T23:30:00Z", "2026-11-25 00:30:00 CET", 2},
        CivilCase{"summer", "Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-01 14:00:00 CEST", 2},
        CivilCase{"behind", "America/New_York", "2026-01-01T03:00:00Z", "2025-12-31 22:00:00 EST",
                  2},
        CivilCase{"quarter", "Asia/Kathmandu", "2026-05-03T00:00:00Z", "2026-05-03 05:45:00 +0545",
                  6}),
    [](const auto& test) { return std::string(test.param.name); });

struct OfCase {
  const char* name;
  const char* zone;
  int year, month, day, minute;
  const char* utc;
};
class TimeZoneOf : public testing::TestWithParam<OfCase> {};

TEST_P(TimeZoneOf, FindsTheMoment) {
  const OfCase& c = GetParam();
  EXPECT_EQ(ToIso8601(TimeZone::Load(c.zone).value().Of(c.year, c.month, c.day, c.minute)), c.utc);
}
INSTANTIATE_TEST_SUITE_P(
    Changes, TimeZoneOf,
    testing::Values(
        OfCase{"plain", "Europe/Berlin", 2026, 7, 1, 480, "2026-07-01T06:00:00.000Z"},
        // 29 March 2026: from 02:00 CET to 03:00 CEST; 02:30 does not exist.
        OfCase{"left_out", "Europe/Berlin", 2026, 3, 29, 150, "2026-03-29T01:00:00.000Z"},
        // 25 October 2026: from 03:00 CEST back to 02:00 CET; 02:30 comes twice.
        OfCase{"twice", "Europe/Berlin", 2026, 10, 25, 150, "2026-10-25T00:30:00.000Z"},
        OfCase{"next_month", "UTC", 2026, 1, 32, 0, "2026-02-01T00:00:00.000Z"},
        // Samoa had no 30 December 2011 at all.
        OfCase{"no_such_day", "Pacific/Apia", 2011, 12, 30, 600, "2011-12-30T10:00:00.000Z"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TimeZone, RefusesWhatIsNone) {
  for (const char* name : {"", "Europe/Atlantis", "../../etc/passwd", "/etc/localtime", "CET\n"}) {
    const auto zone = TimeZone::Load(name);
    ASSERT_FALSE(zone.ok()) << name;
    EXPECT_EQ(zone.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(TimeZone::Load("local").ok());
}

}  // namespace
}  // namespace vigil
