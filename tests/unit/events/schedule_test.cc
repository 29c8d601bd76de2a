// Local time, and hours of a weekday in it.
#include "events/schedule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/status.h"

namespace vigil::events {
namespace {

using testing::HasSubstr;

WallTime At(std::string_view text) {
  const auto time = ParseIso8601(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.value_or(WallTime{});
}

struct LocalCase {
  const char* name;
  const char* zone;
  const char* time;
  Weekday weekday;
  const char* clock;  // HH:MM:SS
};
class TimeZoneTest : public testing::TestWithParam<LocalCase> {};

TEST_P(TimeZoneTest, ShowsWhatTheClockOnTheWallShows) {
  const auto zone = TimeZone::Load(GetParam().zone);
  ASSERT_TRUE(zone.ok()) << zone.status();
  const CivilTime local = zone->At(At(GetParam().time));
  EXPECT_EQ(static_cast<Weekday>(local.weekday), GetParam().weekday);
  EXPECT_EQ(fmt::format("{:02}:{:02}:{:02}", local.hour, local.minute, local.second),
            GetParam().clock);
}
INSTANTIATE_TEST_SUITE_P(
    Zones, TimeZoneTest,
    testing::Values(LocalCase{"utc", "UTC", "2026-11-24T21:57:24Z", Weekday::kTuesday, "21:57:24"},
                    LocalCase{"berlin_winter", "Europe/Berlin", "2026-01-15T23:30:00Z",
                              Weekday::kFriday, "00:30:00"},
                    LocalCase{"berlin_before_spring", "Europe/Berlin", "2026-03-29T00:59:59Z",
                              Weekday::kSunday, "01:59:59"},
                    LocalCase{"berlin_after_spring", "Europe/Berlin", "2026-03-29T01:00:00Z",
                              Weekday::kSunday, "03:00:00"},
                    LocalCase{"berlin_autumn_first_two", "Europe/Berlin", "2026-10-25T00:30:00Z",
                              Weekday::kSunday, "02:30:00"},
                    LocalCase{"berlin_autumn_second_two", "Europe/Berlin", "2026-10-25T01:30:00Z",
                              Weekday::kSunday, "02:30:00"},
                    LocalCase{"new_york_day_before", "America/New_York", "2026-07-01T03:59:59Z",
                              Weekday::kTuesday, "23:59:59"},
                    LocalCase{"kathmandu_quarter", "Asia/Kathmandu", "2026-07-01T00:00:00Z",
                              Weekday::kWednesday, "05:45:00"},
                    // Midnight itself is skipped.
                    LocalCase{"santiago_midnight_gap", "America/Santiago", "2026-09-06T04:00:00Z",
                              Weekday::kSunday, "01:00:00"},
                    // Half an hour of daylight saving.
                    LocalCase{"lord_howe", "Australia/Lord_Howe", "2026-01-01T00:00:00Z",
                              Weekday::kThursday, "11:00:00"},
                    // Beyond the years that the database lists one by one.
                    LocalCase{"berlin_2077", "Europe/Berlin", "2077-07-01T12:00:00Z",
                              Weekday::kThursday, "14:00:00"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(TimeZoneNames, AreCheckedAndSuggested) {
  const auto misspelt = TimeZone::Load("Europe/Berln");
  EXPECT_EQ(misspelt.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(misspelt.status()), HasSubstr("did you mean Europe/Berlin?"));
  for (const char* name : {"../../../etc/passwd", "/etc/localtime", "file:/etc/localtime", "Moon",
                           "Europe/", "localtime\n", "CET-", ""}) {
    EXPECT_FALSE(TimeZone::Load(name).ok()) << name;
  }
  EXPECT_FALSE(TimeZone::Load(std::string(1000, 'A')).ok());
}

TEST(TimeZoneNames, LocalIsThatOfTheMachine) {
  const char* before = std::getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  setenv("TZ", "Asia/Tokyo", 1);
  const auto zone = TimeZone::Load("local");
  before != nullptr ? setenv("TZ", kept.c_str(), 1) : unsetenv("TZ");
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(zone->At(At("2026-01-01T00:00:00Z")).hour, 9);
}

struct HoursCase {
  const char* text;
  bool ok;
};
class HoursTest : public testing::TestWithParam<HoursCase> {};
TEST_P(HoursTest, AreRead) { EXPECT_EQ(ParseHours(GetParam().text).ok(), GetParam().ok); }
INSTANTIATE_TEST_SUITE_P(
    Texts, HoursTest,
    testing::Values(HoursCase{"22:00-06:00", true}, HoursCase{"00:00-24:00", true},
                    HoursCase{"24:00-06:00", true}, HoursCase{"08:30:15-08:30:16", true},
                    HoursCase{"24:01-06:00", false}, HoursCase{"25:00-06:00", false},
                    HoursCase{"22:60-06:00", false}, HoursCase{"8:00-9:00", false},
                    HoursCase{"22:00", false}, HoursCase{"22:00-", false}, HoursCase{"", false},
                    HoursCase{"22.00-06.00", false}, HoursCase{"-1:00-06:00", false}));

struct ScheduleCase {
  const char* name;
  std::vector<Weekday> weekdays;
  const char *from, *to;
  const char* time;  // UTC; Berlin is an hour ahead in winter, two in summer
  bool inside;
};
class ScheduleTest : public testing::TestWithParam<ScheduleCase> {};
TEST_P(ScheduleTest, Contains) {
  const ScheduleCase& c = GetParam();
  const auto schedule = Schedule::Create({"Europe/Berlin", c.weekdays, c.from, c.to});
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->Contains(At(c.time)), c.inside);
}
const std::vector<Weekday> kFriday = {Weekday::kFriday}, kAnyDay, kSaturday = {Weekday::kSaturday},
                           kSunday = {Weekday::kSunday};
INSTANTIATE_TEST_SUITE_P(
    Berlin, ScheduleTest,
    testing::Values(
        ScheduleCase{"always", kAnyDay, "00:00", "24:00", "2026-01-16T12:00:00Z", true},
        ScheduleCase{"from_is_in", kAnyDay, "08:00", "17:00", "2026-01-16T07:00:00Z", true},
        ScheduleCase{"just_before", kAnyDay, "08:00", "17:00", "2026-01-16T06:59:59.999Z", false},
        ScheduleCase{"to_is_out", kAnyDay, "08:00", "17:00", "2026-01-16T16:00:00Z", false},
        ScheduleCase{"just_before_to", kAnyDay, "08:00", "17:00", "2026-01-16T15:59:59.999Z", true},
        // Friday 22:00 to Saturday 06:00.
        ScheduleCase{"friday_evening", kFriday, "22:00", "06:00", "2026-01-16T21:30:00Z", true},
        ScheduleCase{"saturday_morning", kFriday, "22:00", "06:00", "2026-01-17T04:59:59Z", true},
        ScheduleCase{"saturday_six", kFriday, "22:00", "06:00", "2026-01-17T05:00:00Z", false},
        ScheduleCase{"friday_morning", kFriday, "22:00", "06:00", "2026-01-16T04:00:00Z", false},
        ScheduleCase{"saturday_evening", kFriday, "22:00", "06:00", "2026-01-17T21:30:00Z", false},
        ScheduleCase{"local_day_not_utc", kFriday, "00:00", "24:00", "2026-01-15T23:30:00Z", true},
        ScheduleCase{"equal_is_a_day", kFriday, "08:00", "08:00", "2026-01-17T06:59:59Z", true},
        ScheduleCase{"equal_is_not_two", kFriday, "08:00", "08:00", "2026-01-17T07:00:00Z", false},
        // 29 March 2026: 02:00 to 03:00 is not there. 25 October: it is there twice.
        ScheduleCase{"spring_gap_none", kSunday, "02:00", "02:59", "2026-03-29T01:00:00Z", false},
        ScheduleCase{"spring_from_in_gap", kSunday, "02:30", "04:00", "2026-03-29T01:00:00Z", true},
        ScheduleCase{"spring_before_gap", kSunday, "02:30", "04:00", "2026-03-29T00:59:59Z", false},
        ScheduleCase{"spring_over_night", kSaturday, "22:00", "06:00", "2026-03-29T03:59:59Z",
                     true},
        ScheduleCase{"spring_six", kSaturday, "22:00", "06:00", "2026-03-29T04:00:00Z", false},
        ScheduleCase{"autumn_first", kSunday, "02:00", "03:00", "2026-10-25T00:30:00Z", true},
        ScheduleCase{"autumn_second", kSunday, "02:00", "03:00", "2026-10-25T01:30:00Z", true},
        ScheduleCase{"autumn_three", kSunday, "02:00", "03:00", "2026-10-25T02:00:00Z", false},
        ScheduleCase{"autumn_six", kSaturday, "22:00", "06:00", "2026-10-25T04:59:59Z", true},
        ScheduleCase{"autumn_over", kSaturday, "22:00", "06:00", "2026-10-25T05:00:00Z", false}),
    [](const auto& one) { return std::string(one.param.name); });

// A day of local time has 23, 24 or 25 hours, and a schedule of the whole day contains each.
TEST(ScheduleDays, AreAsLongAsTheyAre) {
  struct Day {
    const char* begin;  // local midnight
    int hours;
  };
  for (const Day& day : {Day{"2026-03-28T23:00:00Z", 23}, Day{"2026-03-29T22:00:00Z", 24},
                         Day{"2026-10-24T22:00:00Z", 25}}) {
    const WallTime begin = At(day.begin);
    const auto zone = TimeZone::Load("Europe/Berlin");
    ASSERT_TRUE(zone.ok());
    const auto schedule = Schedule::Create(
        {"Europe/Berlin", {static_cast<Weekday>(zone->At(begin).weekday)}, "00:00", "24:00"});
    ASSERT_TRUE(schedule.ok());
    int minutes = 0;
    for (int m = -120; m < 30 * 60; ++m) {
      minutes += schedule->Contains(begin + std::chrono::minutes(m)) ? 1 : 0;
    }
    EXPECT_EQ(minutes, day.hours * 60) << day.begin;
  }
}

}  // namespace
}  // namespace vigil::events
