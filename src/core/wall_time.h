// Points in calendar time, and their text.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <string>
#include <string_view>

namespace vigil {

/// UTC, microseconds since 1970.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// By the system's clock, which may be set back.
[[nodiscard]] inline WallTime WallNow() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// ISO 8601 in UTC with milliseconds, rounded down: `2025-01-15T14:30:22.123Z`.
[[nodiscard]] std::string ToIso8601(WallTime time);

/// Reads what ToIso8601 writes and its relatives: any number of digits of the second (those after
/// the sixth are dropped), or none; `Z` or an offset such as `+02:00`. Years 1970 to 9999.
/// InvalidArgument says what is wrong.
[[nodiscard]] absl::StatusOr<WallTime> ParseIso8601(std::string_view text);

}  // namespace vigil
