// What can be wrong with rules, told with the path of the key and the nearest known name.
#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "core/duration.h"
#include "core/limits.h"
#include "core/nearest.h"
#include "core/status.h"
#include "events/internal/text_rules.h"
#include "events/rule.h"

namespace vigil::events {
namespace {

class Checker {
 public:
  explicit Checker(const KnownNames& known) : known_(known) {}

  void Check(const RuleOptions& rule, std::size_t index) {
    prefix_ = std::to_string(index);
    CheckName(rule.name);
    CheckMatch(rule.match);
    CheckActions(rule.actions);
    if (rule.cooldown.count() < 0) Add("cooldown", "is negative");
    CheckTrackAge(rule);
    if (const auto zone = TimeZone::Load(rule.schedule.time_zone); !zone.ok()) {
      Add("schedule.time_zone", MessageOf(zone.status()));
    }
    const std::string noon = "12:00";  // to try each end alone, so that the right key is named
    if (const auto from = ParseHours(rule.schedule.from, noon); !from.ok()) {
      Add("schedule.from", MessageOf(from.status()));
    }
    if (const auto to = ParseHours(noon, rule.schedule.to); !to.ok()) {
      Add("schedule.to", MessageOf(to.status()));
    }
    CheckHours(rule);
  }

  std::vector<RuleProblem> Take() { return std::move(problems_); }
  void Add(std::string_view key, std::string_view message) {
    problems_.push_back(
        {key.empty() ? prefix_ : fmt::format("{}.{}", prefix_, key), std::string(message)});
  }

 private:
  void CheckTrackAge(const RuleOptions& rule) {
    if (rule.min_track_age.count() < 0) return Add("min_track_age", "is negative");
    const auto appears = [](EventType type) { return type == EventType::kObjectAppear; };
    const auto& types = rule.match.event_types;
    if (!known_.appear_age || rule.min_track_age <= *known_.appear_age || types.empty() ||
        !std::ranges::all_of(types, appears)) {
      return;
    }
    Add("min_track_age",
        fmt::format("OBJECT_APPEAR comes once, when a track is as old as tracks.min_age ({}), so "
                    "the rule would do nothing; set tracks.min_age: {}, and leave this out",
                    FormatDuration(*known_.appear_age), FormatDuration(rule.min_track_age)));
  }

  // Hours that the match asks for and the schedule holds back.
  void CheckHours(const RuleOptions& rule) {
    const RuleMatch& match = rule.match;
    const auto duty = ParseHours(rule.schedule.from, rule.schedule.to);
    const auto hours = match.time_of_day.empty() ? Hours{} : ParseHours(match.time_of_day);
    if (!duty.ok() || !hours.ok()) return;  // told before
    if (Meet(*hours, match.weekdays, *duty, rule.schedule.weekdays)) return;
    const bool by_hours =
        match.weekdays.empty() || !Meet(*hours, {}, *duty, rule.schedule.weekdays);
    Add(by_hours ? "match.time_of_day" : "match.weekday",
        "the rule's schedule is never on then, so the rule would do nothing; say when in one of "
        "the two, match or schedule");
  }

  void CheckName(const std::string& name) {
    if (name.empty()) {
      Add("name", "is required: the name under which events and mails tell of the rule");
    } else if (name.size() > limits::kMaxIdBytes) {
      Add("name",
          fmt::format("{} bytes; at most {} are allowed", name.size(), limits::kMaxIdBytes));
    } else if (const auto fault = FaultOfId(name)) {
      Add("name", *fault);
    } else if (!names_.insert(name).second) {
      Add("name", fmt::format("'{}' is the name of an earlier rule; names are unique", name));
    }
  }

  void CheckMatch(const RuleMatch& match) {
    const std::size_t before = problems_.size();
    Names("match.line", "line", match.lines, known_.lines, !known_.complete);
    Names("match.zone", "zone", match.zones, known_.zones, !known_.complete);
    Names("match.direction", "direction", match.directions, known_.directions, !known_.complete);
    Names("match.class", "class", match.classes, known_.classes, known_.classes.empty());
    CheckFields(match);
    const auto silent = [&](EventType type) { return known_.silent.contains(type); };
    if (!match.event_types.empty() && std::ranges::all_of(match.event_types, silent)) {
      const EventType type = match.event_types[0];
      Add("match.event_type", fmt::format("{} never comes, so the rule would do nothing: {}",
                                          NameOf(type), known_.silent.at(type)));
    }
    if (problems_.size() == before && known_.kinds) CheckComes(match);
    if (!(match.min_confidence >= 0 && match.min_confidence <= 1)) {
      Add("match.min_confidence", fmt::format("{} is not within 0 to 1", match.min_confidence));
    }
    if (match.time_of_day.empty()) return;
    if (const auto hours = ParseHours(match.time_of_day); !hours.ok()) {
      Add("match.time_of_day", MessageOf(hours.status()));
    }
  }

  // What events of a type have.
  static bool HasLine(EventType type) {
    return type == EventType::kLineCross || type == EventType::kLineCount ||
           type == EventType::kWrongWay;
  }
  static bool HasZone(EventType type) {
    return type == EventType::kZoneEnter || type == EventType::kZoneExit ||
           type == EventType::kZoneDwell || type == EventType::kZoneOccupancy ||
           type == EventType::kZoneCrowd || type == EventType::kObjectStationary;
  }
  static bool HasClass(EventType type) {
    return type != EventType::kZoneCrowd && type != EventType::kCameraOffline &&
           type != EventType::kCameraOnline;
  }

  struct Field {
    const char* name;
    const std::vector<std::string>& wanted;
    bool (*has)(EventType);
  };

  // Fields that no event of the types has, or that none has together.
  void CheckFields(const RuleMatch& match) {
    const std::size_t before = problems_.size();
    const Field fields[] = {{"line", match.lines, &HasLine},
                            {"zone", match.zones, &HasZone},
                            {"direction", match.directions, &HasLine},
                            {"class", match.classes, &HasClass}};
    const auto& types = match.event_types;
    for (const Field& field : fields) {
      if (field.wanted.empty() || types.empty() || std::ranges::any_of(types, field.has)) continue;
      Add(fmt::format("match.{}", field.name),
          fmt::format("{} has no {}", NameOf(types[0]), field.name));
    }
    if (problems_.size() > before) return;
    if ((match.lines.empty() && match.directions.empty()) || match.zones.empty()) return;
    Add("match.zone", fmt::format("no event has both a {} and a zone, so the rule would do "
                                  "nothing; make it two rules",
                                  match.lines.empty() ? "direction" : "line"));
  }

  // Narrows what the scene can bring about down by one field after the other; the first that leaves nothing is told.
  void CheckComes(const RuleMatch& match) {
    std::vector<EventKind> kinds = *known_.kinds;
    const auto keep = [&](auto wanted) {
      std::vector<EventKind> kept;
      std::ranges::copy_if(kinds, std::back_inserter(kept), wanted);
      if (kept.empty()) return false;
      kinds = std::move(kept);
      return true;
    };
    const auto is_one_of = [](const auto& wanted, const auto& value) {
      return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
    };
    // Types that never come at all are told before, where it is known why.
    if (!keep([&](const EventKind& kind) { return is_one_of(match.event_types, kind.type); }))
      return;
    const auto at_none = [&](const char* key, const std::vector<std::string>& wanted,
                             std::string EventKind::*place) {
      if (keep([&](const EventKind& kind) { return is_one_of(wanted, kind.*place); })) return false;
      const auto one = std::ranges::find_if(
          kinds, [&](const EventKind& kind) { return !(kind.*place).empty(); });
      const EventType type = one == kinds.end() ? kinds[0].type : one->type;
      Add(key, fmt::format("{} never comes at '{}', so the rule would do nothing{}", NameOf(type),
                           wanted[0].substr(0, limits::kMaxIdBytes), LackOf(type)));
      return true;
    };
    if (at_none("match.line", match.lines, &EventKind::line) ||
        at_none("match.zone", match.zones, &EventKind::zone)) {
      return;
    }
    const auto going = [&](const EventKind& kind) {
      return match.directions.empty() || std::ranges::any_of(match.directions, [&](auto& name) {
               return std::ranges::find(kind.directions, name) != kind.directions.end();
             });
    };
    if (!keep(going)) {
      std::vector<std::string> known;
      for (const EventKind& kind : kinds)
        known.insert(known.end(), kind.directions.begin(), kind.directions.end());
      return Add("match.direction",
                 fmt::format("{} never comes with '{}' there, so the rule would do nothing{}",
                             NameOf(kinds[0].type), match.directions[0], List(known)));
    }
    const auto of_class = [&](const EventKind& kind) {
      if (match.classes.empty()) return true;
      return kind.has_class && std::ranges::any_of(match.classes, [&](const std::string& name) {
               return is_one_of(kind.classes, name) &&
                      std::ranges::find(kind.but, name) == kind.but.end();
             });
    };
    if (keep(of_class)) return;
    std::vector<std::string> known;
    for (const EventKind& kind : kinds)
      known.insert(known.end(), kind.classes.begin(), kind.classes.end());
    Add("match.class",
        fmt::format("{} never comes for '{}' there, so the rule would do nothing{}",
                    NameOf(kinds[0].type), match.classes[0], known.empty() ? "" : List(known)));
  }

  // What a line or zone without events of the type lacks.
  static std::string_view LackOf(EventType type) {
    switch (type) {
      case EventType::kWrongWay:
        return ": the line has no forbidden direction";
      case EventType::kZoneDwell:
        return ": the zone has no dwell";
      case EventType::kZoneCrowd:
        return ": the zone has no crowd_count";
      case EventType::kObjectStationary:
        return ": the zone has no stationary";
      default:
        return "";
    }
  }

  void Names(std::string_view key, std::string_view what, const std::vector<std::string>& given,
             const std::vector<std::string>& known, bool unchecked) {
    for (const std::string& name : given) {
      if (unchecked || std::ranges::find(known, name) != known.end()) continue;
      std::string hint = DidYouMean(name, known);
      if (hint.empty())
        hint = known.empty() ? fmt::format("; no {} is configured", what) : List(known);
      Add(key, fmt::format("unknown {} '{}'{}", what, name.substr(0, limits::kMaxIdBytes), hint));
    }
  }

  static std::string List(const std::vector<std::string>& known) {
    constexpr std::size_t kShown = 5;
    std::string text = "; known:";
    std::set<std::string> shown;
    for (const std::string& name : known) {
      if (shown.contains(name)) continue;
      if (shown.size() == kShown) return text + " …";
      text += fmt::format("{} {}", shown.empty() ? "" : ",", name);
      shown.insert(name);
    }
    return text;
  }

  void CheckActions(const RuleActions& actions) {
    const std::vector<std::string> names = ActionNames(actions);
    if (names.empty()) Add("actions", "none is on, so the rule does nothing; try json_log: true");
    if (known_.actions.empty()) return;
    for (const std::string& name : names) {
      if (std::ranges::find(known_.actions, name) != known_.actions.end()) continue;
      const std::string kind = name.substr(0, name.find(':'));
      std::string meant = DidYouMean(name, known_.actions);
      if (meant.empty()) meant = "; configure it first";
      Add("actions." + kind, fmt::format("no action '{}' is configured{}", name, meant));
    }
  }

  const KnownNames& known_;
  std::set<std::string> names_;
  std::string prefix_;
  std::vector<RuleProblem> problems_;
};

}  // namespace

std::vector<RuleProblem> Problems(const std::vector<RuleOptions>& rules, const KnownNames& known) {
  if (rules.size() > limits::kMaxRules) {
    return {{"", fmt::format("{} rules; at most {} are allowed", rules.size(), limits::kMaxRules)}};
  }
  Checker checker(known);
  for (std::size_t i = 0; i < rules.size(); ++i) checker.Check(rules[i], i);
  return checker.Take();
}

absl::Status Validate(const std::vector<RuleOptions>& rules, const KnownNames& known,
                      std::string_view path) {
  std::string text;
  for (const RuleProblem& problem : Problems(rules, known)) {
    text += fmt::format("{}{}{}{}: {}", text.empty() ? "" : "\n", path,
                        problem.path.empty() ? "" : ".", problem.path, problem.message);
  }
  return text.empty() ? absl::OkStatus() : absl::InvalidArgumentError(text);
}

}  // namespace vigil::events
