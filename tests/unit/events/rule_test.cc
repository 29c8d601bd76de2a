// What a rule matches, and what it remembers.
#include "events/rule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/limits.h"
#include "core/status.h"
#include "support/event_samples.h"

namespace vigil::events {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::IsEmpty;

const KnownNames kKnown = {.lines = {"driveway entry", "back door"},
                           .zones = {"garden"},
                           .directions = {"left_to_right", "right_to_left", "a_to_b", "b_to_a"},
                           .classes = {},
                           .actions = {}};
const WallTime kNoon = test::TimeOf("2026-06-17T12:00:00Z");  // a Wednesday

RuleOptions Any(std::string name = "any") {
  RuleOptions rule;
  rule.name = std::move(name);
  rule.actions.json_log = "true";
  rule.schedule.time_zone = "UTC";
  return rule;
}

RuleSet Rules(std::vector<RuleOptions> options) {
  auto rules = RuleSet::Create(std::move(options), kKnown);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return *std::move(rules);
}

struct MatchCase {
  const char* name;
  std::function<void(RuleOptions&)> rule;
  std::function<void(Event&)> event;
  bool matches;
};
class RuleMatchTest : public testing::TestWithParam<MatchCase> {};
TEST_P(RuleMatchTest, Matches) {
  RuleOptions options = Any();
  GetParam().rule(options);
  RuleSet rules = Rules({options});
  Event event = test::LineCross(1, kNoon);
  if (GetParam().event) GetParam().event(event);
  EXPECT_EQ(rules.Match(event).size(), GetParam().matches ? 1U : 0U);
}
INSTANTIATE_TEST_SUITE_P(
    Conditions, RuleMatchTest,
    testing::Values(
        MatchCase{"all", [](auto&) {}, {}, true},
        MatchCase{"disabled", [](auto& r) { r.enabled = false; }, {}, false},
        MatchCase{"type", [](auto& r) { r.match.event_types = {EventType::kLineCross}; }, {}, true},
        MatchCase{"one_of_types",
                  [](auto& r) {
                    r.match.event_types = {EventType::kZoneEnter, EventType::kLineCross};
                  },
                  {},
                  true},
        MatchCase{"other_type",
                  [](auto& r) { r.match.event_types = {EventType::kZoneEnter}; },
                  {},
                  false},
        MatchCase{"line", [](auto& r) { r.match.lines = {"driveway entry"}; }, {}, true},
        MatchCase{"other_line", [](auto& r) { r.match.lines = {"back door"}; }, {}, false},
        MatchCase{"zone_of_a_line", [](auto& r) { r.match.zones = {"garden"}; }, {}, false},
        MatchCase{"one_of_classes",
                  [](auto& r) {
                    r.match.classes = {"person", "car"};
                  },
                  {},
                  true},
        MatchCase{"class_is_exact", [](auto& r) { r.match.classes = {"Car"}; }, {}, false},
        MatchCase{"direction", [](auto& r) { r.match.directions = {"left_to_right"}; }, {}, true},
        MatchCase{"against", [](auto& r) { r.match.directions = {"right_to_left"}; }, {}, false},
        MatchCase{"confidence_equal", [](auto& r) { r.match.min_confidence = 0.75F; }, {}, true},
        MatchCase{"confidence_below", [](auto& r) { r.match.min_confidence = 0.76F; }, {}, false},
        MatchCase{"confidence_without_object", [](auto& r) { r.match.min_confidence = 0.76F; },
                  [](Event& e) {
                    e = {};
                    e.type = EventType::kCameraOffline;
                    e.time = kNoon;
                  },
                  true},
        MatchCase{"hours", [](auto& r) { r.match.time_of_day = "12:00-12:01"; }, {}, true},
        MatchCase{"other_hours", [](auto& r) { r.match.time_of_day = "12:01-12:00"; }, {}, false},
        MatchCase{"hours_elsewhere",
                  [](auto& r) {
                    r.match.time_of_day = "14:00-14:01";
                    r.schedule.time_zone = "Europe/Berlin";
                  },
                  {},
                  true},
        MatchCase{"weekday", [](auto& r) { r.match.weekdays = {Weekday::kWednesday}; }, {}, true},
        MatchCase{
            "other_weekday", [](auto& r) { r.match.weekdays = {Weekday::kThursday}; }, {}, false},
        MatchCase{"night_of_the_day_before",
                  [](auto& r) {
                    r.match.weekdays = {Weekday::kTuesday};
                    r.match.time_of_day = "18:00-12:30";
                  },
                  {},
                  true},
        MatchCase{"old_track", [](auto& r) { r.min_track_age = seconds(2); },
                  [](Event& e) { e.track_age = seconds(2); }, true},
        MatchCase{"young_track", [](auto& r) { r.min_track_age = seconds(2); },
                  [](Event& e) { e.track_age = milliseconds(1999); }, false},
        MatchCase{"age_not_known", [](auto& r) { r.min_track_age = seconds(2); }, {}, true}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(RuleSetTest, DecisionsComeInTheOrderOfTheRules) {
  RuleOptions first = Any("first"), second = Any("second"), other = Any("other");
  second.severity = Severity::kCritical;
  second.actions.webhook = "ops";
  other.match.lines = {"back door"};
  RuleSet rules = Rules({first, other, second});
  const auto decisions = rules.Match(test::LineCross(1, kNoon));
  ASSERT_EQ(decisions.size(), 2U);
  EXPECT_EQ(decisions[0], (Decision{"first", Verdict::kDeliver, Severity::kInfo, {"json_log"}}));
  EXPECT_EQ(
      decisions[1],
      (Decision{"second", Verdict::kDeliver, Severity::kCritical, {"json_log", "webhook:ops"}}));
}

// Whether a second event, a second later, is held back by the first's cooldown.
struct ScopeCase {
  const char* name;
  CooldownScope scope;
  std::function<void(Event&)> second;
  bool held;
};
class CooldownScopeTest : public testing::TestWithParam<ScopeCase> {};
TEST_P(CooldownScopeTest, IsWhatSharesIt) {
  RuleOptions options = Any();
  options.cooldown = seconds(60);
  options.cooldown_scope = GetParam().scope;
  RuleSet rules = Rules({options});
  Event event = test::LineCross(1, kNoon);
  event.zone = "garden";
  EXPECT_EQ(rules.Match(event)[0].verdict, Verdict::kDeliver);
  event.time += seconds(1);
  GetParam().second(event);
  EXPECT_EQ(rules.Match(event)[0].verdict,
            GetParam().held ? Verdict::kCooldown : Verdict::kDeliver);
}
const auto kOtherTrack = [](Event& e) { e.track_id = 2; };
const auto kOtherLine = [](Event& e) { e.line = "back door"; };
const auto kOtherZone = [](Event& e) { e.zone = "terrace"; };
const auto kOtherCamera = [](Event& e) { e.camera_id = "porch"; };
const auto kOtherEpoch = [](Event& e) { e.epoch = 2; };
INSTANTIATE_TEST_SUITE_P(
    Scopes, CooldownScopeTest,
    testing::Values(ScopeCase{"rule_track", CooldownScope::kRule, kOtherTrack, true},
                    ScopeCase{"rule_camera", CooldownScope::kRule, kOtherCamera, true},
                    ScopeCase{"camera_line", CooldownScope::kCamera, kOtherLine, true},
                    ScopeCase{"camera_camera", CooldownScope::kCamera, kOtherCamera, false},
                    ScopeCase{"line_track", CooldownScope::kLine, kOtherTrack, true},
                    ScopeCase{"line_line", CooldownScope::kLine, kOtherLine, false},
                    ScopeCase{"line_camera", CooldownScope::kLine, kOtherCamera, false},
                    ScopeCase{"zone_line", CooldownScope::kZone, kOtherLine, true},
                    ScopeCase{"zone_zone", CooldownScope::kZone, kOtherZone, false},
                    ScopeCase{"track_line", CooldownScope::kTrack, kOtherLine, true},
                    ScopeCase{"track_track", CooldownScope::kTrack, kOtherTrack, false},
                    ScopeCase{"track_epoch", CooldownScope::kTrack, kOtherEpoch, false}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(RuleCooldown, MemoryIsBoundedAndTheOldestGoesFirst) {
  RuleOptions options = Any();
  options.cooldown = std::chrono::hours(1000);
  options.cooldown_scope = CooldownScope::kTrack;
  RuleSet rules = Rules({options});
  const auto track = [&](std::int64_t id) {
    Event event = test::LineCross(id, kNoon);
    return rules.Match(event)[0].verdict;
  };
  const auto kMax = static_cast<std::int64_t>(limits::kMaxCooldowns);
  for (std::int64_t id = 0; id <= kMax; ++id) ASSERT_EQ(track(id), Verdict::kDeliver) << id;
  EXPECT_EQ(track(1), Verdict::kCooldown);
  EXPECT_EQ(track(kMax), Verdict::kCooldown);
  EXPECT_EQ(track(0), Verdict::kDeliver);  // forgotten
}

TEST(RuleCooldown, IsForgottenOnceItIsOver) {
  RuleOptions options = Any();
  options.cooldown = seconds(10);
  options.cooldown_scope = CooldownScope::kTrack;
  RuleSet rules = Rules({options});
  for (int i = 0; i < 1000; ++i) rules.Match(test::LineCross(i, kNoon + seconds(i)));
  EXPECT_LT(rules.SaveState().size(), 1500U);  // ten tracks, not a thousand
}

// The same events are decided the same, however often the state is saved and restored between them.
TEST(RuleState, SavedAndRestoredGoesOnAsIfNothingHadHappened) {
  RuleOptions by_track = Any("by track"), by_rule = Any("by rule"), night = Any("night");
  by_track.cooldown = by_rule.cooldown = seconds(30);
  by_track.cooldown_scope = CooldownScope::kTrack;
  night.schedule.from = "22:00";
  night.schedule.to = "06:00";
  const std::vector<RuleOptions> options = {by_track, by_rule, night};
  std::mt19937 random(7);
  RuleSet whole = Rules(options), broken = Rules(options);
  ASSERT_TRUE(whole.Snooze("by rule", kNoon + std::chrono::hours(1)).ok());
  ASSERT_TRUE(broken.Snooze("by rule", kNoon + std::chrono::hours(1)).ok());
  WallTime time = kNoon;
  for (int i = 0; i < 2000; ++i) {
    time += milliseconds(random() % 20'000);
    Event event = test::LineCross(i, time);
    event.track_id = static_cast<std::int64_t>(random() % 5);
    EXPECT_EQ(whole.Match(event), broken.Match(event)) << i;
    if (random() % 10 == 0) {
      RuleSet next = Rules(options);
      ASSERT_TRUE(next.RestoreState(broken.SaveState()).ok());
      broken = std::move(next);
    }
  }
  EXPECT_EQ(whole.SaveState(), broken.SaveState());
  EXPECT_EQ(whole.held(), broken.held());
}

TEST(RuleState, RulesThatComeAndGoAreNoTrouble) {
  RuleOptions options = Any("old");
  options.cooldown = seconds(30);
  RuleSet rules = Rules({options});
  rules.Match(test::LineCross(1, kNoon));
  RuleSet renamed = Rules({Any("new")});
  EXPECT_TRUE(renamed.RestoreState(rules.SaveState()).ok());
  EXPECT_EQ(renamed.Match(test::LineCross(2, kNoon))[0].verdict, Verdict::kDeliver);
}

TEST(RuleState, IsLeftAloneByTextThatIsNone) {
  RuleOptions options = Any();
  options.cooldown = seconds(30);
  RuleSet rules = Rules({options});
  rules.Match(test::LineCross(1, kNoon));
  const std::string before = rules.SaveState();
  const auto with = [](std::string_view snooze, std::string_view delivered, std::string_view held) {
    return fmt::format(
        R"({{"version":1,"snoozed_until_us":{},"rules":[{{"name":"any","snoozed_until_us":0,)"
        R"("cooldowns":[["",{}]],"held":[{{"type":"LINE_CROSS","reason":"cooldown","count":{}}}]}}]}})",
        snooze, delivered, held);
  };
  RuleSet other = Rules({options});
  ASSERT_TRUE(other.RestoreState(with("-5", "1768599000000000", "10")).ok());
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), before.substr(0, before.size() - 1),
        with("1e39", "0", "0"), with("0.5", "0", "0"), with("9223372036854775808", "0", "0"),
        with("0", "-1", "0"), with("0", "9223372036854775807", "0"), with("0", "1.5", "0"),
        with("0", "0", "-1"), with("0", "0", "9223372036854775807"), with("0", "0", "1e300"),
        std::string(R"({"version":2,"snoozed_until_us":0,"rules":[]})"),
        std::string(R"({"version":1,"snoozed_until_us":0,"rules":[{"name":7}]})"),
        std::string(100'000, '[')}) {
    EXPECT_EQ(rules.RestoreState(text).code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(rules.SaveState(), before);
  }
}

TEST(RuleNames, SeverityAndVerdictBothWays) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(SeverityNamed(NameOf(static_cast<Severity>(i))), static_cast<Severity>(i));
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(VerdictNamed(NameOf(static_cast<Verdict>(i))), static_cast<Verdict>(i));
  }
  EXPECT_EQ(SeverityNamed("loud"), std::nullopt);
}

// Cameras of one run have one cooldown a rule, and each its own of the other scopes.
TEST(RunCooldownsTest, OfScopeRuleAreSharedByCameras) {
  RunCooldowns run;
  RuleOptions once = Any("once"), each = Any("each");
  once.cooldown = each.cooldown = seconds(60);
  each.cooldown_scope = CooldownScope::kCamera;
  auto front = RuleSet::Create({once, each}, kKnown, "events", &run),
       back = RuleSet::Create({once, each}, kKnown, "events", &run),
       apart = RuleSet::Create({once, each}, kKnown);
  ASSERT_TRUE(front.ok() && back.ok() && apart.ok());
  const auto verdicts = [](RuleSet& rules, const char* camera, WallTime time) {
    Event event = test::LineCross(1, time);
    event.camera_id = camera;
    std::vector<Verdict> found;
    for (const Decision& decision : rules.Match(event)) found.push_back(decision.verdict);
    return found;
  };
  using enum Verdict;
  EXPECT_THAT(verdicts(*front, "front", kNoon), testing::ElementsAre(kDeliver, kDeliver));
  EXPECT_THAT(verdicts(*back, "back", kNoon + seconds(5)),
              testing::ElementsAre(kCooldown, kDeliver));
  EXPECT_THAT(verdicts(*apart, "apart", kNoon + seconds(5)),
              testing::ElementsAre(kDeliver, kDeliver));
  EXPECT_THAT(verdicts(*back, "back", kNoon + seconds(60)),
              testing::ElementsAre(kDeliver, kCooldown));
  EXPECT_THAT(verdicts(*front, "front", kNoon + seconds(61)),
              testing::ElementsAre(kCooldown, kDeliver));
}

// A clock that is a day behind, or a recording from last year beside a camera: each is held by what it delivered itself.
TEST(RunCooldownsTest, ClocksThatDifferDoNotReleaseEachOther) {
  RunCooldowns run;
  RuleOptions once = Any("once");
  once.cooldown = seconds(300);
  auto front = RuleSet::Create({once}, kKnown, "events", &run),
       back = RuleSet::Create({once}, kKnown, "events", &run);
  const auto delivered = [](RuleSet& rules, const char* camera, WallTime time) {
    Event event = test::LineCross(1, time);
    event.camera_id = camera;
    return rules.Match(event)[0].verdict == Verdict::kDeliver;
  };
  int front_delivered = 0, back_delivered = 0;
  for (int second = 0; second < 600; second += 10) {
    front_delivered += delivered(*front, "front", kNoon + seconds(second));
    back_delivered += delivered(*back, "back", kNoon - std::chrono::hours(24) + seconds(second));
  }
  EXPECT_EQ(front_delivered, 2);
  EXPECT_EQ(back_delivered, 2);
}

TEST(RunCooldownsTest, OfManyThreadsOneDelivers) {
  RunCooldowns run;
  RuleOptions once = Any("once");
  once.cooldown = seconds(3600);
  std::atomic<int> delivered = 0;
  {
    std::vector<std::jthread> cameras;
    for (int i = 0; i < 8; ++i) {
      cameras.emplace_back([&, i] {
        auto rules = RuleSet::Create({once}, kKnown, "events", &run);
        for (int k = 0; k < 200; ++k) {
          const auto decisions = rules->Match(test::LineCross(k, kNoon + milliseconds(i * k)));
          delivered += decisions[0].verdict == Verdict::kDeliver ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(delivered, 1);
}

}  // namespace
}  // namespace vigil::events
