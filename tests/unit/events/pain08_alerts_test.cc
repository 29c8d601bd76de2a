// USERS.md, pain 8: alerts at the wrong time, or too many (frigate#14146, #3621; frigate-notify#328
// weekdays, #131 arm and disarm, #226). What is held back is counted, never lost without a word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/status.h"
#include "events/rule.h"
#include "support/event_samples.h"

namespace vigil::events {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const WallTime kFridayNight = test::TimeOf("2026-01-16T21:30:00Z");  // 22:30 in Berlin

RuleOptions Mail() {
  RuleOptions rule;
  rule.name = "car at night";
  rule.match.event_types = {EventType::kLineCross};
  rule.actions.email_immediate = "true";
  rule.schedule.time_zone = "Europe/Berlin";
  return rule;
}

RuleSet Rules(const RuleOptions& options) {
  auto rules = RuleSet::Create({options}, {});
  EXPECT_TRUE(rules.ok()) << rules.status();
  return *std::move(rules);
}

Verdict Judge(RuleSet& rules, WallTime time) {
  static std::int64_t sequence = 0;
  const auto decisions = rules.Match(test::LineCross(++sequence, time));
  EXPECT_EQ(decisions.size(), 1U);
  return decisions.at(0).verdict;
}

TEST(Pain08AlertsAtTheWrongTime, AScheduleKnowsWeekdaysHoursAndThePlace) {
  RuleOptions options = Mail();
  options.schedule.weekdays = {Weekday::kFriday, Weekday::kSaturday};
  options.schedule.from = "22:00";
  options.schedule.to = "06:00";
  RuleSet rules = Rules(options);
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kDeliver);
  EXPECT_EQ(Judge(rules, kFridayNight + hours(7)), Verdict::kDeliver);    // Saturday 05:30
  EXPECT_EQ(Judge(rules, kFridayNight + hours(8)), Verdict::kSchedule);   // Saturday 06:30
  EXPECT_EQ(Judge(rules, kFridayNight + hours(31)), Verdict::kDeliver);   // Sunday 05:30
  EXPECT_EQ(Judge(rules, kFridayNight + hours(48)), Verdict::kSchedule);  // Sunday 22:30
  EXPECT_THAT(rules.held(),
              ElementsAre(HeldCount{"car at night", EventType::kLineCross, Verdict::kSchedule, 2}));
}

TEST(Pain08AlertsAtTheWrongTime, TheClockChangeMovesNoAlert) {
  RuleOptions options = Mail();
  options.schedule.from = "22:00";
  options.schedule.to = "06:00";
  RuleSet rules = Rules(options);
  // 05:30 on the wall, before, on and after the day of the change.
  for (const char* time : {"2026-03-28T04:30:00Z", "2026-03-29T03:30:00Z", "2026-03-30T03:30:00Z"})
    EXPECT_EQ(Judge(rules, test::TimeOf(time)), Verdict::kDeliver) << time;
  for (const char* time : {"2026-03-28T05:30:00Z", "2026-03-29T04:30:00Z", "2026-10-25T05:30:00Z"})
    EXPECT_EQ(Judge(rules, test::TimeOf(time)), Verdict::kSchedule) << time;
}

TEST(Pain08AlertsAtTheWrongTime, ACooldownHoldsBackAndCounts) {
  RuleOptions options = Mail();
  options.cooldown = minutes(5);
  RuleSet rules = Rules(options);
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kDeliver);
  for (int i = 1; i <= 9; ++i) {
    EXPECT_EQ(Judge(rules, kFridayNight + i * seconds(30)), Verdict::kCooldown) << i;
  }
  EXPECT_EQ(Judge(rules, kFridayNight + minutes(5) - std::chrono::microseconds(1)),
            Verdict::kCooldown);
  // The held ones did not begin it anew.
  EXPECT_EQ(Judge(rules, kFridayNight + minutes(5)), Verdict::kDeliver);
  EXPECT_THAT(rules.held(), ElementsAre(HeldCount{"car at night", EventType::kLineCross,
                                                  Verdict::kCooldown, 10}));
}

// One dead camera does not hide another, unless that was asked for.
TEST(Pain08AlertsAtTheWrongTime, EachCameraThatGoesSilentIsTold) {
  RuleOptions options = Mail();
  options.cooldown = hours(1);
  const auto second_dead = [&] {
    RuleSet rules = Rules(options);
    Event event = test::LineCross(1, kFridayNight);
    event.type = EventType::kCameraOffline;
    EXPECT_EQ(rules.Match(event).at(0).verdict, Verdict::kDeliver);
    event.camera_id += "-2";
    return rules.Match(event).at(0).verdict;
  };
  options.match.event_types = {EventType::kCameraOffline, EventType::kCameraOnline};
  EXPECT_EQ(second_dead(), Verdict::kDeliver);
  options.cooldown_scope = CooldownScope::kRule;
  EXPECT_EQ(second_dead(), Verdict::kCooldown);
  options.cooldown_scope.reset();
  options.match.event_types.push_back(EventType::kLineCross);
  EXPECT_EQ(second_dead(), Verdict::kCooldown);
}

TEST(Pain08AlertsAtTheWrongTime, CooldownIsOfCaptureTime) {
  RuleOptions options = Mail();
  options.cooldown = minutes(5);
  RuleSet rules = Rules(options);
  // Hours of events come at once, after a connection was away: the same mails as if it had not
  // been.
  int mails = 0;
  for (int minute = 0; minute < 240; ++minute) {
    mails += Judge(rules, kFridayNight + minutes(minute)) == Verdict::kDeliver ? 1 : 0;
  }
  EXPECT_EQ(mails, 48);
}

TEST(Pain08AlertsAtTheWrongTime, ACameraWhoseClockJumpedDoesNotSilenceTheRule) {
  RuleOptions options = Mail();
  options.cooldown = minutes(5);
  RuleSet rules = Rules(options);
  EXPECT_EQ(Judge(rules, kFridayNight + hours(24 * 365)), Verdict::kDeliver);
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kDeliver);
  EXPECT_EQ(Judge(rules, kFridayNight + minutes(1)), Verdict::kCooldown);
}

TEST(Pain08AlertsAtTheWrongTime, AnOlderEventThatComesLateIsHeldBackAsWell) {
  RuleOptions options = Mail();
  options.cooldown = minutes(5);
  RuleSet rules = Rules(options);
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kDeliver);
  EXPECT_EQ(Judge(rules, kFridayNight - minutes(1)), Verdict::kCooldown);
}

TEST(Pain08AlertsAtTheWrongTime, SnoozeIsQuietUntilItsEndAndCounts) {
  RuleSet rules = Rules(Mail());
  ASSERT_TRUE(rules.Snooze("car at night", kFridayNight + hours(1)).ok());
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kSnoozed);
  EXPECT_EQ(Judge(rules, kFridayNight + hours(1)), Verdict::kDeliver);
  EXPECT_THAT(rules.held(),
              ElementsAre(HeldCount{"car at night", EventType::kLineCross, Verdict::kSnoozed, 1}));
}

TEST(Pain08AlertsAtTheWrongTime, AllRulesAreDisarmedAndArmedAtOnce) {
  RuleSet rules = Rules(Mail());
  ASSERT_TRUE(rules.Snooze("", kFridayNight + hours(24)).ok());
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kSnoozed);
  ASSERT_TRUE(rules.Snooze("", WallTime{}).ok());
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kDeliver);
}

TEST(Pain08AlertsAtTheWrongTime, SnoozingAnUnknownRuleSaysWhichWasMeant) {
  RuleSet rules = Rules(Mail());
  const absl::Status status = rules.Snooze("car at nigth", kFridayNight);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "no rule 'car at nigth'; did you mean car at night?");
}

TEST(Pain08AlertsAtTheWrongTime, ASnoozedOrSleepingRuleBeginsNoCooldown) {
  RuleOptions options = Mail();
  options.cooldown = minutes(30);
  options.schedule.from = "22:30";
  RuleSet rules = Rules(options);
  EXPECT_EQ(Judge(rules, kFridayNight - minutes(1)), Verdict::kSchedule);
  EXPECT_EQ(Judge(rules, kFridayNight), Verdict::kDeliver);
}

}  // namespace
}  // namespace vigil::events
