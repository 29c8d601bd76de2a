// What can be wrong with rules, told with the path of the key and the nearest known name.
#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/limits.h"
#include "core/nearest.h"
#include "core/status.h"
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
    if (rule.min_track_age.count() < 0) Add("min_track_age", "is negative");
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
  }

  std::vector<RuleProblem> Take() { return std::move(problems_); }
  void Add(std::string_view key, std::string_view message) {
    problems_.push_back(
        {key.empty() ? prefix_ : fmt::format("{}.{}", prefix_, key), std::string(message)});
  }

 private:
  void CheckName(const std::string& name) {
    if (name.empty()) {
      Add("name", "is required: the name under which events and mails tell of the rule");
    } else if (name.size() > limits::kMaxIdBytes) {
      Add("name",
          fmt::format("{} bytes; at most {} are allowed", name.size(), limits::kMaxIdBytes));
    } else if (!names_.insert(name).second) {
      Add("name", fmt::format("'{}' is the name of an earlier rule; names are unique", name));
    }
  }

  void CheckMatch(const RuleMatch& match) {
    Names("match.line", "line", match.lines, known_.lines, false);
    Names("match.zone", "zone", match.zones, known_.zones, false);
    Names("match.direction", "direction", match.directions, known_.directions, false);
    Names("match.class", "class", match.classes, known_.classes, known_.classes.empty());
    const auto none_of = [&](auto concerns) {
      return !match.event_types.empty() && std::ranges::none_of(match.event_types, concerns);
    };
    if (!match.lines.empty() && none_of(&HasLine)) {
      Add("match.line", fmt::format("{} has no line", NameOf(match.event_types[0])));
    }
    if (!match.zones.empty() && none_of(&HasZone)) {
      Add("match.zone", fmt::format("{} has no zone", NameOf(match.event_types[0])));
    }
    const auto silent = [&](EventType type) { return known_.silent.contains(type); };
    if (!match.event_types.empty() && std::ranges::all_of(match.event_types, silent)) {
      const EventType type = match.event_types[0];
      Add("match.event_type", fmt::format("{} never comes, so the rule would do nothing: {}",
                                          NameOf(type), known_.silent.at(type)));
    }
    if (!(match.min_confidence >= 0 && match.min_confidence <= 1)) {
      Add("match.min_confidence", fmt::format("{} is not within 0 to 1", match.min_confidence));
    }
    if (match.time_of_day.empty()) return;
    if (const auto hours = ParseHours(match.time_of_day); !hours.ok()) {
      Add("match.time_of_day", MessageOf(hours.status()));
    }
  }

  static bool HasLine(EventType type) {
    return type == EventType::kLineCross || type == EventType::kLineCount ||
           type == EventType::kWrongWay || type == EventType::kSpeed;
  }
  static bool HasZone(EventType type) {
    return type == EventType::kZoneEnter || type == EventType::kZoneExit ||
           type == EventType::kZoneDwell || type == EventType::kZoneOccupancy ||
           type == EventType::kZoneCrowd || type == EventType::kObjectStationary ||
           type == EventType::kSpeed;
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
