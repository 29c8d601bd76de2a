// Durations as people write them: `10s`, `500ms`, `1m30s`.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <string>
#include <string_view>

namespace vigil {

/// Reads numbers with units, largest unit first, without blanks between them: `d`, `h`, `m`, `s`, `ms`, `us`, `ns`; a
/// number may have decimals (`1.5s`) down to whole nanoseconds. `0` alone needs no unit. InvalidArgument for anything
/// else: negative, without a unit, or beyond 292 years.
[[nodiscard]] absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

/// The shortest text that ParseDuration reads back to the same value: `1m30s`, `2s500ms` as `2.5s`, `0s`. Not negative.
[[nodiscard]] std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace vigil
