// Events and the saved state of rules come back from disk and from others: any text is either
// refused, or read into something that is written and read to the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "events/cloud_event.h"
#include "events/event_json.h"
#include "events/rule.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil::events;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto event = ReadEvent(text); event.ok()) {
    const std::string once = EventJson(*event);
    const auto again = ReadEvent(once);
    // Rounding may move a box by a thousandth, but what was rounded once stays.
    if (!again.ok() || again->id != event->id || again->time != event->time) std::abort();
    CloudEventJson(*event);
    CloudEventHeaders(*event);
  }
  RuleOptions rule;
  rule.name = "car at night";
  rule.actions.json_log = "true";
  rule.cooldown = std::chrono::seconds(10);
  rule.schedule.time_zone = "UTC";
  static RuleSet rules = RuleSet::Create({rule}, {}).value();
  if (rules.RestoreState(text).ok()) {
    const std::string saved = rules.SaveState();
    if (!rules.RestoreState(saved).ok() || rules.SaveState() != saved) std::abort();
  }
  return 0;
}
