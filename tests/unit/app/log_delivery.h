// Crossings of lines that go to a log: the least that is delivered.
#pragma once

#include <filesystem>
#include <vector>

#include "app/delivery.h"
#include "events/rule.h"

namespace vigil::app {

inline DeliveryConfig LogDelivery(const std::filesystem::path& folder) {
  DeliveryConfig config;
  config.state_dir = folder / "state";
  config.outbox.min_free = {};
  config.json_log.path = folder / "log.jsonl";
  return config;
}

inline std::vector<events::RuleOptions> LogRules() {
  std::vector<events::RuleOptions> rules(1);
  rules[0].name = "all";
  rules[0].match.event_types = {events::EventType::kLineCross};
  rules[0].actions.json_log = "true";
  return rules;
}

}  // namespace vigil::app
