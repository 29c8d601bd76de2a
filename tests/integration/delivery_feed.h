// What the helper of the delivery tests feeds, and what the tests expect of it: the same events and
// rules on both sides.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/rule.h"
#include "support/event_samples.h"

namespace vigil::test {

/// The `number`-th event of a busy road: seven tracks, two lines, some 140 ms apart.
inline events::Event FeedEvent(std::int64_t number) {
  static const WallTime kStart = TimeOf("2026-06-17T12:00:00Z");
  events::Event event =
      LineCross(number, kStart + std::chrono::milliseconds(137 * number + number * number % 89));
  event.track_id = number % 7;
  event.line = number % 3 == 0 ? "back door" : "driveway entry";
  return event;
}

/// Every crossing into the log and the digest; a mail at most every second for each line.
inline std::vector<events::RuleOptions> FeedRules() {
  events::RuleOptions all, mail;
  all.name = "all";
  all.actions.json_log = all.actions.email_digest = "true";
  mail.name = "mail";
  mail.actions.email_immediate = "true";
  mail.cooldown = std::chrono::seconds(1);
  mail.cooldown_scope = events::CooldownScope::kLine;
  return {all, mail};
}

inline events::RuleSet FeedRuleSet() { return events::RuleSet::Create(FeedRules(), {}).value(); }

}  // namespace vigil::test
