#include "events/internal/rule_state.h"

#include <absl/status/status.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/json_writer.h"
#include "core/limits.h"

namespace vigil::events::internal {
namespace {

using nlohmann::json;

std::int64_t Micros(WallTime time) { return time.time_since_epoch().count(); }
WallTime FromMicros(std::int64_t micros) { return WallTime(std::chrono::microseconds(micros)); }

constexpr std::int64_t kMaxInt = std::numeric_limits<std::int64_t>::max();
// Deliveries have times of events, and those are of years before 10000: their differences fit.
constexpr std::int64_t kMaxDeliveryMicros = 253'402'300'800'000'000 - 1;
constexpr std::int64_t kMaxHeld = 1'000'000'000'000'000;  // can still be counted on

// What was refused; caught in ReadRuleState.
struct NotAsWritten {};

// json's own conversion is undefined for a number that does not fit, and cuts fractions off.
std::int64_t Integer(const json& value, std::int64_t min, std::int64_t max) {
  const bool fits = value.is_number_unsigned()
                        ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kMaxInt)
                        : value.is_number_integer();
  if (!fits) throw NotAsWritten();
  const auto number = value.get<std::int64_t>();
  if (number < min || number > max) throw NotAsWritten();
  return number;
}

// Throw json's exception or NotAsWritten, or return none, where something is not as written.
WallTime SnoozedUntil(const json& in) {
  return FromMicros(Integer(in.at("snoozed_until_us"), -kMaxInt - 1, kMaxInt));
}

std::optional<RuleState::Rule> ReadRule(const json& in) {
  RuleState::Rule rule{in.at("name").get<std::string>(), SnoozedUntil(in), {}, {}};
  if (in.at("cooldowns").size() > limits::kMaxCooldowns) return std::nullopt;
  for (const json& entry : in.at("cooldowns")) {
    rule.cooldowns.emplace_back(entry.at(0).get<std::string>(),
                                FromMicros(Integer(entry.at(1), 0, kMaxDeliveryMicros)));
  }
  for (const json& entry : in.at("held")) {
    const auto type = EventTypeNamed(entry.at("type").get<std::string>());
    const auto reason = VerdictNamed(entry.at("reason").get<std::string>());
    if (!type || !reason) return std::nullopt;
    rule.held[{*type, *reason}] = Integer(entry.at("count"), 0, kMaxHeld);
  }
  return rule;
}

std::optional<RuleState> Read(const json& in) {
  if (in.at("version") != 1 || in.at("rules").size() > limits::kMaxRules) return std::nullopt;
  RuleState state;
  state.snoozed_until = SnoozedUntil(in);
  for (const json& entry : in.at("rules")) {
    auto rule = ReadRule(entry);
    if (!rule) return std::nullopt;
    state.rules.push_back(*std::move(rule));
  }
  return state;
}

}  // namespace

std::string WriteRuleState(const RuleState& state) {
  JsonWriter out;
  out.BeginObject().Member("version", 1).Member("snoozed_until_us", Micros(state.snoozed_until));
  out.Key("rules").BeginArray();
  for (const RuleState::Rule& rule : state.rules) {
    out.BeginObject().Member("name", rule.name);
    out.Member("snoozed_until_us", Micros(rule.snoozed_until));
    out.Key("cooldowns").BeginArray();
    for (const auto& [key, time] : rule.cooldowns) {
      out.BeginArray().Value(key).Value(Micros(time)).EndArray();
    }
    out.EndArray().Key("held").BeginArray();
    for (const auto& [what, count] : rule.held) {
      out.BeginObject().Member("type", NameOf(what.first)).Member("reason", NameOf(what.second));
      out.Member("count", count).EndObject();
    }
    out.EndArray().EndObject();
  }
  out.EndArray().EndObject();
  return std::string(out.text());
}

absl::StatusOr<RuleState> ReadRuleState(std::string_view text) {
  const absl::Status refused = absl::InvalidArgumentError(
      "the saved state of the rules cannot be read; remove it to begin without cooldowns");
  if (text.size() > limits::kMaxStateBytes) return refused;
  try {
    auto state = Read(json::parse(text));
    if (!state) return refused;
    return *std::move(state);
  } catch (const json::exception&) {
    return refused;
  } catch (const NotAsWritten&) {
    return refused;
  }
}

}  // namespace vigil::events::internal
