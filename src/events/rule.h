// Which events cause what: rules match events, and a cooldown, a schedule or a snooze may hold back
// what matched. What is held back is counted, never lost without a word.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/wall_time.h"
#include "events/event.h"
#include "events/scene.h"
#include "events/schedule.h"

namespace vigil::events {

/// Every condition that is given must hold. Of a list, one entry is enough; an empty list, text or
/// a zero asks for nothing.
struct RuleMatch {
  std::vector<EventType> event_types{};
  std::vector<std::string> lines{};
  std::vector<std::string> zones{};
  std::vector<std::string> classes{};     ///< class names of the object
  std::vector<std::string> directions{};  ///< `left_to_right`, `a_to_b` …
  float min_confidence = 0;               ///< 0..1, of the object; events without an object pass
  std::string time_of_day{};        ///< `22:00-06:00`, in the time zone of the rule's schedule
  std::vector<Weekday> weekdays{};  ///< on which those hours begin
};

/// What a rule that matched causes. `true` (or `yes`, `on`): the action's only target; `false`,
/// `no`, `off` or empty: nothing; any other word: the target of that name.
struct RuleActions {
  std::string json_log;
  std::string email_immediate;
  std::string email_digest;
  std::string frame_capture;
  std::string webhook;
  std::string mqtt;
  std::string redis;
  std::string command;
};

/// Names of the actions that are on, in the order above: `json_log`, `webhook:ops`.
[[nodiscard]] std::vector<std::string> ActionNames(const RuleActions& actions);

/// What shares one cooldown. kRule: everything that the rule set gets, and all others with its RunCooldowns; each of the
/// others is apart for every camera.
enum class CooldownScope : std::uint8_t { kRule, kCamera, kLine, kZone, kTrack };

struct RuleOptions {
  std::string name;  ///< unique; at most limits::kMaxIdBytes
  bool enabled = true;
  RuleMatch match;
  RuleActions actions;
  Severity severity = Severity::kInfo;
  std::chrono::microseconds cooldown{0};  ///< capture time after a delivery; 0: none
  /// None: kCamera for rules that only match CAMERA_OFFLINE and CAMERA_ONLINE, so that one dead camera does not hide
  /// another; kRule for others.
  std::optional<CooldownScope> cooldown_scope;
  ScheduleOptions schedule;
  /// A younger track does not match. Events without a track, or of unknown track age, pass.
  std::chrono::microseconds min_track_age{0};
};

/// What shares the rule's cooldown.
[[nodiscard]] CooldownScope CooldownScopeOf(const RuleOptions& rule);

/// The names that rules may refer to.
struct KnownNames {
  std::vector<std::string> lines;
  std::vector<std::string> zones;
  std::vector<std::string> directions;  ///< of any of the lines; names may repeat
  std::vector<std::string> classes;     ///< empty: not known, so not checked
  std::vector<std::string> actions;     ///< `webhook:ops` …; empty: not known, so not checked
  std::map<EventType, std::string> silent = {};  ///< types that never come, and why: SilentTypes
  /// What can happen: EventKindsOf. None: not known, so whether a rule can ever match is not checked.
  std::optional<std::vector<EventKind>> kinds = {};
  /// The age at which a track is believed, and OBJECT_APPEAR comes. None: not known, so not checked.
  std::optional<std::chrono::microseconds> appear_age = {};
  /// False: what is known of the scene is not all of it, so unknown lines, zones and directions are not told.
  bool complete = true;
};

struct RuleProblem {
  std::string path;     ///< below the list of rules: `0.match.line`
  std::string message;  ///< one line, without the path
};

/// All that is wrong with the rules; empty: they can be used.
[[nodiscard]] std::vector<RuleProblem> Problems(const std::vector<RuleOptions>& rules,
                                                const KnownNames& known);
/// The same as one status: InvalidArgument with a line `<path>.<rule>.<key>: <message>` a problem.
[[nodiscard]] absl::Status Validate(const std::vector<RuleOptions>& rules, const KnownNames& known,
                                    std::string_view path = "events");

enum class Verdict : std::uint8_t {
  kDeliver,
  kCooldown,  ///< held back: too soon after the last delivery
  kSchedule,  ///< held back: outside the rule's hours
  kSnoozed,   ///< held back: somebody asked for quiet
};
/// `deliver`, `cooldown`, `schedule`, `snoozed`.
[[nodiscard]] std::string_view NameOf(Verdict verdict);
[[nodiscard]] std::optional<Verdict> VerdictNamed(std::string_view name);
/// `info`, `warning`, `critical`.
[[nodiscard]] std::string_view NameOf(Severity severity);
[[nodiscard]] std::optional<Severity> SeverityNamed(std::string_view name);

/// A rule that matched an event. Held back or not, `actions` are the rule's.
struct Decision {
  std::string rule;
  Verdict verdict = Verdict::kDeliver;
  Severity severity = Severity::kInfo;
  std::vector<std::string> actions;
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// How many events of a type a rule held back, for one reason.
struct HeldCount {
  std::string rule;
  EventType type = EventType::kLineCross;
  Verdict reason = Verdict::kCooldown;
  std::int64_t count = 0;
  friend bool operator==(const HeldCount&, const HeldCount&) = default;
};

namespace internal {
class CooldownsByRule;
}

/// Cooldowns of scope kRule that the rule sets of several cameras have in common; all of them are made of the same
/// rules. Safe from any thread. Where cameras run side by side, whichever comes first delivers.
class RunCooldowns {
 public:
  RunCooldowns();
  RunCooldowns(const RunCooldowns&) = delete;
  RunCooldowns& operator=(const RunCooldowns&) = delete;
  ~RunCooldowns();

 private:
  friend class RuleSet;
  const std::unique_ptr<internal::CooldownsByRule> by_rule_;
};

/// The rules of one device. Decisions depend on the events, in their order, and on snoozes; never
/// on the clock: the same events played again are decided the same. One thread at a time.
class RuleSet {
 public:
  /// InvalidArgument as Validate, paths from `path`. `shared`: see RunCooldowns; null: they are its own. Not needed
  /// beyond the call.
  static absl::StatusOr<RuleSet> Create(std::vector<RuleOptions> rules, const KnownNames& known,
                                        std::string_view path = "events",
                                        RunCooldowns* shared = nullptr);
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;
  ~RuleSet();

  /// A decision for each rule that matches, in the order of the rules. Where several reasons hold
  /// an event back, the first of snooze, schedule, cooldown is the one; only a delivery begins a
  /// cooldown. An event older than the delivery before it, as after a reconnection, is held back
  /// within the same span of time.
  std::vector<Decision> Match(const Event& event);

  /// Holds back events with a capture time before `until`; a past time ends it. An empty name means
  /// all rules. NotFound names the nearest rule.
  absl::Status Snooze(std::string_view rule, WallTime until);

  /// All that was held back since the beginning, restored state included.
  std::vector<HeldCount> held() const;

  /// Cooldowns (shared ones as well), snoozes and counts, as JSON.
  std::string SaveState() const;
  /// Replaces them. Rules that are no longer there are passed over. InvalidArgument for anything
  /// that SaveState did not write; the state is then as before.
  absl::Status RestoreState(std::string_view state);

  std::size_t size() const;

 private:
  struct Rule;
  explicit RuleSet(std::vector<Rule> rules);

  std::vector<Rule> rules_;
  WallTime all_snoozed_until_{};
};

}  // namespace vigil::events
