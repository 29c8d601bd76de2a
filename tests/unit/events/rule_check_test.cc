// What is wrong with a rule is told with its key and the name that was probably meant.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/limits.h"
#include "core/status.h"
#include "events/rule.h"
#include "events/scene.h"

namespace vigil::events {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const KnownNames kKnown = {.lines = {"driveway entry", "back door"},
                           .zones = {"garden", "terrace"},
                           .directions = {"left_to_right", "right_to_left", "in", "out"},
                           .classes = {"person", "car", "dog"},
                           .actions = {"json_log", "email_immediate", "webhook:ops"}};

RuleOptions Good() {
  RuleOptions rule;
  rule.name = "car-detected";
  rule.match.event_types = {EventType::kLineCross};
  rule.match.lines = {"driveway entry"};
  rule.actions.json_log = "true";
  return rule;
}

struct WrongCase {
  const char* name;
  std::function<void(RuleOptions&)> spoil;
  const char* message;  // the whole line
};
class RuleCheck : public testing::TestWithParam<WrongCase> {};
TEST_P(RuleCheck, NamesTheKeyAndTheRemedy) {
  std::vector<RuleOptions> rules = {Good()};
  GetParam().spoil(rules[0]);
  const absl::Status status = Validate(rules, kKnown, "devices.jetson-01.events");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(status), std::string("devices.jetson-01.events.0.") + GetParam().message);
  EXPECT_FALSE(RuleSet::Create(rules, kKnown).ok());
}
INSTANTIATE_TEST_SUITE_P(
    Rules, RuleCheck,
    testing::Values(
        WrongCase{"line", [](auto& r) { r.match.lines = {"driveway entri"}; },
                  "match.line: unknown line 'driveway entri'; did you mean driveway entry?"},
        WrongCase{"line_far", [](auto& r) { r.match.lines = {"x"}; },
                  "match.line: unknown line 'x'; known: driveway entry, back door"},
        WrongCase{"zone",
                  [](auto& r) {
                    r.match = {};
                    r.match.zones = {"gardn"};
                  },
                  "match.zone: unknown zone 'gardn'; did you mean garden?"},
        WrongCase{"direction", [](auto& r) { r.match.directions = {"leftright"}; },
                  "match.direction: unknown direction 'leftright'; known: left_to_right, "
                  "right_to_left, in, out"},
        WrongCase{"class", [](auto& r) { r.match.classes = {"persn"}; },
                  "match.class: unknown class 'persn'; did you mean person?"},
        WrongCase{"time_zone", [](auto& r) { r.schedule.time_zone = "Europe/Berln"; },
                  "schedule.time_zone: unknown time zone 'Europe/Berln'; did you mean "
                  "Europe/Berlin?"},
        WrongCase{"from", [](auto& r) { r.schedule.from = "8 o'clock"; },
                  "schedule.from: '8 o'clock' is not a time of day; write it as 22:00, from 00:00 "
                  "to 24:00"},
        WrongCase{"to", [](auto& r) { r.schedule.to = "25:00"; },
                  "schedule.to: '25:00' is not a time of day; write it as 22:00, from 00:00 to "
                  "24:00"},
        WrongCase{"time_of_day", [](auto& r) { r.match.time_of_day = "night"; },
                  "match.time_of_day: 'night' is no time span; write it as 22:00-06:00"},
        WrongCase{"hours_off_duty",
                  [](auto& r) {
                    r.match.time_of_day = "08:00-09:00";
                    r.schedule.from = "22:00";
                    r.schedule.to = "06:00";
                  },
                  "match.time_of_day: the rule's schedule is never on then, so the rule would do "
                  "nothing; say when in one of the two, match or schedule"},
        WrongCase{"hours_of_another_day",  // of Friday night's, Saturday has 00:00 to 06:00
                  [](auto& r) {
                    r.match.time_of_day = "06:00-22:00";
                    r.schedule.weekdays = {Weekday::kFriday};
                    r.schedule.from = "22:00";
                    r.schedule.to = "06:00";
                  },
                  "match.time_of_day: the rule's schedule is never on then, so the rule would do "
                  "nothing; say when in one of the two, match or schedule"},
        WrongCase{"days_off_duty",
                  [](auto& r) {
                    r.match.weekdays = {Weekday::kMonday};
                    r.schedule.weekdays = {Weekday::kTuesday, Weekday::kSunday};
                  },
                  "match.weekday: the rule's schedule is never on then, so the rule would do "
                  "nothing; say when in one of the two, match or schedule"},
        WrongCase{"line_of_a_zone_event",
                  [](auto& r) { r.match.event_types = {EventType::kZoneEnter}; },
                  "match.line: ZONE_ENTER has no line"},
        WrongCase{"line_of_a_speed_event",
                  [](auto& r) { r.match.event_types = {EventType::kSpeed}; },
                  "match.line: SPEED has no line"},
        WrongCase{"direction_of_a_zone_event",
                  [](auto& r) {
                    r.match = {};
                    r.match.event_types = {EventType::kZoneExit};
                    r.match.directions = {"in"};
                  },
                  "match.direction: ZONE_EXIT has no direction"},
        WrongCase{"class_of_a_camera",
                  [](auto& r) {
                    r.match = {};
                    r.match.event_types = {EventType::kCameraOnline, EventType::kCameraOffline};
                    r.match.classes = {"car"};
                  },
                  "match.class: CAMERA_ONLINE has no class"},
        WrongCase{"zone_of_a_camera",
                  [](auto& r) {
                    r.match = {};
                    r.match.event_types = {EventType::kCameraOffline};
                    r.match.zones = {"garden"};
                  },
                  "match.zone: CAMERA_OFFLINE has no zone"},
        WrongCase{"line_and_zone",
                  [](auto& r) {
                    r.match.event_types.clear();
                    r.match.zones = {"garden"};
                  },
                  "match.zone: no event has both a line and a zone, so the rule would do nothing; "
                  "make it two rules"},
        WrongCase{"direction_and_zone",
                  [](auto& r) {
                    r.match = {};
                    r.match.event_types = {EventType::kLineCross, EventType::kZoneEnter};
                    r.match.directions = {"in"};
                    r.match.zones = {"garden"};
                  },
                  "match.zone: no event has both a direction and a zone, so the rule would do "
                  "nothing; make it two rules"},
        WrongCase{"a_name_of_two_lines", [](auto& r) { r.name = "a\nb"; },
                  "name: has control characters"},
        WrongCase{"confidence", [](auto& r) { r.match.min_confidence = 60; },
                  "match.min_confidence: 60 is not within 0 to 1"},
        WrongCase{"no_name", [](auto& r) { r.name.clear(); },
                  "name: is required: the name under which events and mails tell of the rule"},
        WrongCase{"nothing_to_do", [](auto& r) { r.actions.json_log = "false"; },
                  "actions: none is on, so the rule does nothing; try json_log: true"},
        WrongCase{"unknown_target", [](auto& r) { r.actions.webhook = "opps"; },
                  "actions.webhook: no action 'webhook:opps' is configured; did you mean "
                  "webhook:ops?"},
        WrongCase{"not_configured", [](auto& r) { r.actions.redis = "true"; },
                  "actions.redis: no action 'redis' is configured; configure it first"},
        WrongCase{"cooldown", [](auto& r) { r.cooldown = std::chrono::seconds(-1); },
                  "cooldown: is negative"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(RuleCheckAll, GoodRulesPass) {
  EXPECT_THAT(Problems({Good()}, kKnown), IsEmpty());
  RuleOptions any;
  any.name = "everything";
  any.actions.json_log = "true";
  EXPECT_TRUE(Validate({any}, {}).ok());
}

TEST(RuleCheckAll, HoursThatMeetTheScheduleForAMomentPass) {
  RuleOptions rule = Good();
  rule.match.time_of_day = "05:59-08:00";
  rule.match.weekdays = {Weekday::kSaturday};
  rule.schedule.weekdays = {Weekday::kFriday};
  rule.schedule.from = "22:00";
  rule.schedule.to = "06:00";
  EXPECT_THAT(Problems({rule}, kKnown), IsEmpty());
  rule.match.time_of_day = "22:00-22:00";  // a whole day, from then
  rule.match.weekdays = {Weekday::kThursday};
  EXPECT_EQ(Problems({rule}, kKnown).size(), 1U);
  rule.schedule.from = "21:59";
  EXPECT_THAT(Problems({rule}, kKnown), IsEmpty());
}

// OBJECT_APPEAR comes once, when the track is believed.
TEST(RuleCheckAll, AnAppearanceIsNeverOlderThanTracksAreThen) {
  KnownNames known = kKnown;
  RuleOptions rule = Good();
  rule.match = {};
  rule.match.event_types = {EventType::kObjectAppear};
  rule.min_track_age = std::chrono::seconds(2);
  EXPECT_TRUE(Validate({rule}, known).ok());  // nothing is known of tracks
  known.appear_age = std::chrono::milliseconds(500);
  EXPECT_EQ(MessageOf(Validate({rule}, known)),
            "events.0.min_track_age: OBJECT_APPEAR comes once, when a track is as old as "
            "tracks.min_age (500ms), so the rule would do nothing; set tracks.min_age: 2s, and "
            "leave this out");
  rule.match.event_types.push_back(EventType::kObjectLost);  // that one may be older
  EXPECT_TRUE(Validate({rule}, known).ok());
  rule.match.event_types.pop_back();
  known.appear_age = std::chrono::seconds(2);
  EXPECT_TRUE(Validate({rule}, known).ok());
}

TEST(RuleCheckAll, EveryProblemIsTold) {
  RuleOptions first = Good(), second = Good();
  first.match.lines = {"nowhere at all", "back door"};
  second.schedule.time_zone = "Moon";
  const auto problems = Problems({first, second}, kKnown);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].path, "0.match.line");
  EXPECT_EQ(problems[1].path, "1.name");  // of the first rule
  EXPECT_EQ(problems[2].path, "1.schedule.time_zone");
  EXPECT_THAT(MessageOf(Validate({first, second}, kKnown)), HasSubstr("\nevents.1.name: "));
}

TEST(RuleCheckAll, ClassesThatNobodyKnowsAreNotChecked) {
  KnownNames known = kKnown;
  known.classes.clear();
  RuleOptions rule = Good();
  rule.match.classes = {"zebra"};
  EXPECT_TRUE(Validate({rule}, known).ok());
}

struct SilentCase {
  EventType type;
  const char* lack;
  void (*configure)(SceneOptions&);  // so that it comes
};
class SilentRule : public testing::TestWithParam<SilentCase> {};
TEST_P(SilentRule, IsRefusedWithWhatIsMissing) {
  SceneOptions scene;
  scene.lines.resize(1);
  scene.zones.resize(1);
  scene.tracks.stationary_time = {};
  scene.camera.offline_after = {};
  scene.count_events = scene.object_events = false;
  RuleOptions rule = Good();
  rule.match = {};
  rule.match.event_types = {GetParam().type};
  KnownNames known = kKnown;
  known.silent = SilentTypes(scene);
  EXPECT_THAT(MessageOf(Validate({rule}, known)),
              fmt::format("events.0.match.event_type: {} never comes, so the rule would do "
                          "nothing: {}",
                          NameOf(GetParam().type), GetParam().lack));
  rule.match.event_types.push_back(EventType::kLineCross);  // one of them is enough
  EXPECT_TRUE(Validate({rule}, known).ok());
  rule.match.event_types.pop_back();
  GetParam().configure(scene);
  known.silent = SilentTypes(scene);
  EXPECT_TRUE(Validate({rule}, known).ok()) << Validate({rule}, known);
}
INSTANTIATE_TEST_SUITE_P(
    Types, SilentRule,
    testing::Values(SilentCase{EventType::kZoneDwell, "no zone has dwell",
                               [](auto& s) { s.zones[0].dwell = {Milliseconds(1000)}; }},
                    SilentCase{EventType::kZoneCrowd, "no zone has crowd_count",
                               [](auto& s) { s.zones[0].crowd_count = 3; }},
                    SilentCase{EventType::kSpeed, "speed.limit_kmh is not set",
                               [](auto& s) { s.speed.emplace().limit_kmh = 30; }},
                    SilentCase{EventType::kWrongWay, "no line has a forbidden direction",
                               [](auto& s) { s.lines[0].forbidden = "left_to_right"; }},
                    SilentCase{EventType::kObjectStationary, "tracks.stationary_time is 0",
                               [](auto& s) { s.zones[0].stationary = Milliseconds(1000); }},
                    SilentCase{EventType::kLineCount, "count_events is false",
                               [](auto& s) { s.count_events = true; }},
                    SilentCase{EventType::kObjectLost, "object_events is false",
                               [](auto& s) { s.object_events = true; }},
                    SilentCase{EventType::kCameraOnline, "camera.offline_after is 0",
                               [](auto& s) { s.camera.offline_after = Milliseconds(1000); }}),
    [](const auto& one) { return std::string(NameOf(one.param.type)); });

// A gate for cars that go in, a yard without and a garden with a time for dogs.
SceneOptions GateYardAndGarden() {
  SceneOptions scene;
  scene.lines.resize(2);
  scene.lines[0].description = "gate";
  scene.lines[0].type = LineType::kVertical;
  scene.lines[0].classes = {"car"};
  scene.lines[0].forbidden = "right_to_left";
  scene.lines[1].description = "fence";
  scene.lines[1].type = LineType::kHorizontal;
  scene.zones.resize(2);
  scene.zones[0].description = "yard";
  scene.zones[1].description = "garden";
  scene.zones[1].crowd_count = 3;
  scene.zones[1].dwell_by_class["dog"].after = {Milliseconds(1000)};
  return scene;
}

KnownNames NamesOf(const SceneOptions& scene) {
  return {.lines = {"gate", "fence"},
          .zones = {"yard", "garden"},
          .directions = {"left_to_right", "right_to_left", "top_to_bottom", "bottom_to_top"},
          .classes = {},
          .actions = {},
          .silent = SilentTypes(scene),
          .kinds = EventKindsOf(scene)};
}

struct NeverCase {
  const char* name;
  RuleMatch match;
  const char* message;  // empty: it is a good rule
};
class RuleThatNeverMatches : public testing::TestWithParam<NeverCase> {};
TEST_P(RuleThatNeverMatches, IsRefused) {
  RuleOptions rule = Good();
  rule.match = GetParam().match;
  const std::string expected = GetParam().message;
  const absl::Status status = Validate({rule}, NamesOf(GateYardAndGarden()));
  EXPECT_EQ(MessageOf(status), expected.empty() ? "" : "events.0.match." + expected);
}
INSTANTIATE_TEST_SUITE_P(
    Scene, RuleThatNeverMatches,
    testing::Values(
        NeverCase{"dwell_elsewhere",
                  {.event_types = {EventType::kZoneDwell}, .zones = {"yard"}},
                  "zone: ZONE_DWELL never comes at 'yard', so the rule would do nothing: the zone "
                  "has no dwell"},
        NeverCase{"dwell_there", {.event_types = {EventType::kZoneDwell}, .zones = {"garden"}}, ""},
        NeverCase{"dwell_of_another_class",
                  {.event_types = {EventType::kZoneDwell}, .classes = {"cat"}},
                  "class: ZONE_DWELL never comes for 'cat' there, so the rule would do nothing; "
                  "known: dog"},
        NeverCase{"one_of_two_zones",
                  {.event_types = {EventType::kZoneDwell}, .zones = {"yard", "garden"}},
                  ""},
        NeverCase{"another_lines_direction",
                  {.event_types = {EventType::kLineCross},
                   .lines = {"fence"},
                   .directions = {"left_to_right"}},
                  "direction: LINE_CROSS never comes with 'left_to_right' there, so the rule would "
                  "do nothing; known: top_to_bottom, bottom_to_top"},
        NeverCase{"no_type_and_another_lines_direction",
                  {.lines = {"gate"}, .directions = {"top_to_bottom"}},
                  "direction: LINE_CROSS never comes with 'top_to_bottom' there, so the rule would "
                  "do nothing; known: left_to_right, right_to_left"},
        NeverCase{"wrong_way_that_is_right",
                  {.event_types = {EventType::kWrongWay}, .directions = {"left_to_right"}},
                  "direction: WRONG_WAY never comes with 'left_to_right' there, so the rule would "
                  "do nothing; known: right_to_left"},
        NeverCase{"wrong_way_elsewhere",
                  {.event_types = {EventType::kWrongWay}, .lines = {"fence"}},
                  "line: WRONG_WAY never comes at 'fence', so the rule would do nothing: the line "
                  "has no forbidden direction"},
        NeverCase{
            "crowd_elsewhere",
            {.event_types = {EventType::kLineCross, EventType::kZoneCrowd}, .zones = {"yard"}},
            "zone: ZONE_CROWD never comes at 'yard', so the rule would do nothing: the zone "
            "has no crowd_count"},
        NeverCase{"stands_in_no_zone",
                  {.event_types = {EventType::kObjectStationary}, .zones = {"yard"}},
                  "zone: OBJECT_STATIONARY never comes at 'yard', so the rule would do nothing: "
                  "the zone has no stationary"},
        NeverCase{"a_class_that_the_line_does_not_count",
                  {.lines = {"gate"}, .classes = {"person"}},
                  "class: LINE_CROSS never comes for 'person' there, so the rule would do nothing; "
                  "known: car"},
        NeverCase{"a_class_of_anything", {.classes = {"person"}}, ""},
        NeverCase{"a_camera", {.event_types = {EventType::kCameraOffline}}, ""}),
    [](const auto& one) { return std::string(one.param.name); });

// Where `dwell_by_class` leaves no time, nothing dwells.
TEST(RuleCheckAll, EmptyTimesByClassAreNoDwell) {
  SceneOptions scene = GateYardAndGarden();
  scene.zones[1].dwell_by_class["dog"].after.clear();
  RuleOptions rule = Good();
  rule.match = {.event_types = {EventType::kZoneDwell}};
  EXPECT_EQ(MessageOf(Validate({rule}, NamesOf(scene))),
            "events.0.match.event_type: ZONE_DWELL never comes, so the rule would do nothing: no "
            "zone has dwell");
  // An exception to other times is what it is.
  scene.zones[1].dwell = {Milliseconds(1000)};
  EXPECT_TRUE(Validate({rule}, NamesOf(scene)).ok());
  rule.match.classes = {"dog"};
  EXPECT_THAT(MessageOf(Validate({rule}, NamesOf(scene))), HasSubstr("never comes for 'dog'"));
  rule.match.classes = {"cat"};
  EXPECT_TRUE(Validate({rule}, NamesOf(scene)).ok());
}

TEST(RuleCheckAll, WhereNotAllIsKnownNamesAreNotTold) {
  KnownNames known = kKnown;
  known.complete = false;
  RuleOptions rule = Good();
  rule.match.lines = {"driveway entri"};
  EXPECT_TRUE(Validate({rule}, known).ok());
}

TEST(RuleCheckAll, NumberIsBounded) {
  std::vector<RuleOptions> rules;
  for (std::size_t i = 0; i <= limits::kMaxRules; ++i) {
    rules.push_back(Good());
    rules.back().name += std::to_string(i);
  }
  EXPECT_EQ(MessageOf(Validate(rules, kKnown)), "events: 257 rules; at most 256 are allowed");
  rules.pop_back();
  EXPECT_TRUE(Validate(rules, kKnown).ok());
}

TEST(ActionNamesTest, TrueIsTheOnlyTargetAndAWordANamedOne) {
  RuleActions actions;
  actions.webhook = "ops";
  actions.json_log = "true";
  actions.email_immediate = "no";
  actions.mqtt = "on";
  EXPECT_THAT(ActionNames(actions), ElementsAre("json_log", "webhook:ops", "mqtt"));
}

}  // namespace
}  // namespace vigil::events
