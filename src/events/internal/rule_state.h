// What a set of rules remembers between events, and its JSON.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/wall_time.h"
#include "events/rule.h"

namespace vigil::events::internal {

struct RuleState {
  struct Rule {
    std::string name;
    WallTime snoozed_until{};
    std::vector<std::pair<std::string, WallTime>> cooldowns;  // key, last delivery; in that order
    std::map<std::pair<EventType, Verdict>, std::int64_t> held;
  };
  WallTime snoozed_until{};
  std::vector<Rule> rules;
};

std::string WriteRuleState(const RuleState& state);
/// InvalidArgument for what WriteRuleState did not write.
absl::StatusOr<RuleState> ReadRuleState(std::string_view text);

}  // namespace vigil::events::internal
