#include "core/duration.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "core/internal/decimal.h"

namespace vigil {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 7> kUnits = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};

absl::Status NotADuration(std::string_view text) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a duration such as 10s, 500ms or 1m30s", text.substr(0, 60)));
}

}  // namespace

absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds(0);
  std::int64_t total = 0;
  std::size_t next = 0;  // units come largest first, each at most once
  std::string_view rest = text;
  do {
    const std::string_view number = internal::TakeNumber(rest);
    const std::string_view name = rest.substr(0, rest.find_first_of("0123456789."));
    rest.remove_prefix(name.size());
    while (next < kUnits.size() && kUnits[next].name != name) ++next;
    if (number.empty() || next == kUnits.size()) return NotADuration(text);
    const auto part = internal::Scale(number, kUnits[next].nanoseconds);
    if (!part || __builtin_add_overflow(total, *part, &total)) return NotADuration(text);
    ++next;
  } while (!rest.empty());
  return std::chrono::nanoseconds(total);
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  for (const Unit& unit : kUnits) {
    const bool has_decimals =
        unit.name == "s" && rest >= unit.nanoseconds && rest % unit.nanoseconds != 0;
    if (has_decimals) {  // 2.5s reads better than 2s500ms
      std::string decimals = fmt::format("{:09}", rest % unit.nanoseconds);
      decimals.erase(decimals.find_last_not_of('0') + 1);
      return text + fmt::format("{}.{}s", rest / unit.nanoseconds, decimals);
    }
    // An exact number of the unit ends the text; otherwise days, hours and minutes are followed by smaller units.
    if (rest % unit.nanoseconds == 0)
      return text + fmt::format("{}{}", rest / unit.nanoseconds, unit.name);
    if (rest >= unit.nanoseconds && unit.nanoseconds > 1'000'000'000) {
      text += fmt::format("{}{}", rest / unit.nanoseconds, unit.name);
      rest %= unit.nanoseconds;
    }
  }
  return text;
}

}  // namespace vigil
