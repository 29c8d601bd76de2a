#include "events/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/limits.h"
#include "core/nearest.h"
#include "events/internal/cooldown.h"
#include "events/internal/rule_state.h"

namespace vigil::events {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts = {"deliver", "cooldown", "schedule",
                                                       "snoozed"};
constexpr std::array<std::string_view, 3> kSeverities = {"info", "warning", "critical"};

template <typename E, std::size_t N>
std::optional<E> Named(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto it = std::ranges::find(names, name);
  if (it == names.end()) return std::nullopt;
  return static_cast<E>(it - names.begin());
}

bool Wanted(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

bool HasObject(const Event& event) { return event.track_id || !event.class_name.empty(); }

// Names are not expected to hold a line break; one that does shares at worst another's cooldown.
std::string CooldownKey(CooldownScope scope, const Event& event) {
  const std::string camera = fmt::format("{}\n{}", event.device_id, event.camera_id);
  switch (scope) {
    case CooldownScope::kRule:  // all hold each other back, each by its own clock
      return fmt::format("{}\n{}", camera, event.epoch);
    case CooldownScope::kLine:
      return fmt::format("{}\n{}", camera, event.line);
    case CooldownScope::kZone:
      return fmt::format("{}\n{}", camera, event.zone);
    case CooldownScope::kTrack:  // ids begin anew with an epoch
      return event.track_id ? fmt::format("{}\n{}\n{}", camera, event.epoch, *event.track_id)
                            : camera;
    default:
      return camera;
  }
}

}  // namespace

std::string_view NameOf(Verdict verdict) { return kVerdicts.at(static_cast<std::size_t>(verdict)); }
std::optional<Verdict> VerdictNamed(std::string_view name) {
  return Named<Verdict>(kVerdicts, name);
}
std::string_view NameOf(Severity severity) {
  return kSeverities.at(static_cast<std::size_t>(severity));
}
std::optional<Severity> SeverityNamed(std::string_view name) {
  return Named<Severity>(kSeverities, name);
}

std::vector<std::string> ActionNames(const RuleActions& actions) {
  const std::array<std::pair<std::string_view, const std::string*>, 8> all = {{
      {"json_log", &actions.json_log},
      {"email_immediate", &actions.email_immediate},
      {"email_digest", &actions.email_digest},
      {"frame_capture", &actions.frame_capture},
      {"webhook", &actions.webhook},
      {"mqtt", &actions.mqtt},
      {"redis", &actions.redis},
      {"command", &actions.command},
  }};
  constexpr std::array<std::string_view, 4> kOff = {"", "false", "no", "off"};
  constexpr std::array<std::string_view, 3> kOn = {"true", "yes", "on"};
  std::vector<std::string> names;
  for (const auto& [kind, target] : all) {
    if (std::ranges::find(kOff, *target) != kOff.end()) continue;
    const bool only = std::ranges::find(kOn, *target) != kOn.end();
    names.push_back(only ? std::string(kind) : fmt::format("{}:{}", kind, *target));
  }
  return names;
}

CooldownScope CooldownScopeOf(const RuleOptions& rule) {
  if (rule.cooldown_scope) return *rule.cooldown_scope;
  const auto of_camera = [](EventType type) {
    return type == EventType::kCameraOffline || type == EventType::kCameraOnline;
  };
  const auto& types = rule.match.event_types;
  return !types.empty() && std::ranges::all_of(types, of_camera) ? CooldownScope::kCamera
                                                                 : CooldownScope::kRule;
}

struct RuleSet::Rule {
  Rule(RuleOptions rule, Schedule duty, std::optional<Hours> match_hours,
       std::shared_ptr<internal::SharedCooldown> shared)
      : options(std::move(rule)),
        action_names(ActionNames(options.actions)),
        schedule(std::move(duty)),
        hours(match_hours),
        cooldown(std::move(shared)) {}

  bool Matches(const Event& event) const;
  Verdict Judge(const Event& event, WallTime all_snoozed_until);

  RuleOptions options;
  std::vector<std::string> action_names;
  Schedule schedule;
  std::optional<Hours> hours;  // of match.time_of_day
  std::shared_ptr<internal::SharedCooldown> cooldown;
  WallTime snoozed_until{};
  std::map<std::pair<EventType, Verdict>, std::int64_t> held;
};

bool RuleSet::Rule::Matches(const Event& event) const {
  const RuleMatch& match = options.match;
  const auto& types = match.event_types;
  if (!options.enabled) return false;
  if (!types.empty() && std::ranges::find(types, event.type) == types.end()) return false;
  if (!Wanted(match.lines, event.line) || !Wanted(match.zones, event.zone) ||
      !Wanted(match.classes, event.class_name) || !Wanted(match.directions, event.direction)) {
    return false;
  }
  if (HasObject(event) && event.confidence < match.min_confidence) return false;
  if (event.track_age && *event.track_age < options.min_track_age) return false;
  if (!hours && match.weekdays.empty()) return true;
  return Contains(hours.value_or(Hours{}), match.weekdays, schedule.Local(event.time));
}

Verdict RuleSet::Rule::Judge(const Event& event, WallTime all_snoozed_until) {
  if (event.time < snoozed_until || event.time < all_snoozed_until) return Verdict::kSnoozed;
  if (!schedule.Contains(event.time)) return Verdict::kSchedule;
  if (options.cooldown.count() <= 0) return Verdict::kDeliver;
  return cooldown->Take(CooldownKey(CooldownScopeOf(options), event), event.time)
             ? Verdict::kDeliver
             : Verdict::kCooldown;
}

RunCooldowns::RunCooldowns() : by_rule_(std::make_unique<internal::CooldownsByRule>()) {}
RunCooldowns::~RunCooldowns() = default;

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {}
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;
std::size_t RuleSet::size() const { return rules_.size(); }

absl::StatusOr<RuleSet> RuleSet::Create(std::vector<RuleOptions> options, const KnownNames& known,
                                        std::string_view path, RunCooldowns* shared) {
  if (const absl::Status valid = Validate(options, known, path); !valid.ok()) return valid;
  std::vector<Rule> rules;
  for (RuleOptions& rule : options) {
    auto schedule = Schedule::Create(rule.schedule);
    if (!schedule.ok()) return schedule.status();
    std::optional<Hours> hours;
    if (!rule.match.time_of_day.empty()) hours = ParseHours(rule.match.time_of_day).value();
    const auto within = CooldownScopeOf(rule) == CooldownScope::kRule
                            ? internal::CooldownWithin::kAll
                            : internal::CooldownWithin::kKey;
    auto cooldown = shared != nullptr && within == internal::CooldownWithin::kAll
                        ? shared->by_rule_->Of(rule.name, rule.cooldown)
                        : std::make_shared<internal::SharedCooldown>(rule.cooldown, within);
    rules.emplace_back(std::move(rule), *std::move(schedule), hours, std::move(cooldown));
  }
  return RuleSet(std::move(rules));
}

std::vector<Decision> RuleSet::Match(const Event& event) {
  std::vector<Decision> decisions;
  for (Rule& rule : rules_) {
    if (!rule.Matches(event)) continue;
    const Verdict verdict = rule.Judge(event, all_snoozed_until_);
    if (verdict != Verdict::kDeliver) ++rule.held[{event.type, verdict}];
    decisions.push_back({rule.options.name, verdict, rule.options.severity, rule.action_names});
  }
  return decisions;
}

absl::Status RuleSet::Snooze(std::string_view name, WallTime until) {
  if (name.empty()) {
    all_snoozed_until_ = until;
    return absl::OkStatus();
  }
  std::vector<std::string> known;
  for (Rule& rule : rules_) {
    known.push_back(rule.options.name);
    if (rule.options.name != name) continue;
    rule.snoozed_until = until;
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      fmt::format("no rule '{}'{}", name.substr(0, limits::kMaxIdBytes), DidYouMean(name, known)));
}

std::vector<HeldCount> RuleSet::held() const {
  std::vector<HeldCount> counts;
  for (const Rule& rule : rules_) {
    for (const auto& [what, count] : rule.held) {
      counts.push_back({rule.options.name, what.first, what.second, count});
    }
  }
  return counts;
}

std::string RuleSet::SaveState() const {
  internal::RuleState state;
  state.snoozed_until = all_snoozed_until_;
  for (const Rule& rule : rules_) {
    state.rules.push_back(
        {rule.options.name, rule.snoozed_until, rule.cooldown->entries(), rule.held});
  }
  return internal::WriteRuleState(state);
}

absl::Status RuleSet::RestoreState(std::string_view text) {
  auto state = internal::ReadRuleState(text);
  if (!state.ok()) return state.status();
  all_snoozed_until_ = state->snoozed_until;
  for (Rule& rule : rules_) {
    internal::RuleState::Rule saved;
    const auto it =
        std::ranges::find(state->rules, rule.options.name, &internal::RuleState::Rule::name);
    if (it != state->rules.end()) saved = std::move(*it);
    rule.snoozed_until = saved.snoozed_until;
    rule.held = std::move(saved.held);
    rule.cooldown->Replace(saved.cooldowns);
  }
  return absl::OkStatus();
}

}  // namespace vigil::events
