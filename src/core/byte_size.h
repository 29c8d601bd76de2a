// Sizes in bytes as people write them: `64MiB`, `10MB`, `4096`.
#pragma once

#include <absl/status/statusor.h>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigil {

/// A number of bytes, not negative.
struct ByteSize {
  std::int64_t bytes = 0;
  friend auto operator<=>(const ByteSize&, const ByteSize&) = default;  // NOLINT: no null here
};

constexpr ByteSize KiB(std::int64_t count) { return {count << 10}; }
constexpr ByteSize MiB(std::int64_t count) { return {count << 20}; }
constexpr ByteSize GiB(std::int64_t count) { return {count << 30}; }

/// Reads a number with a unit: `B`, `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024), `kB`, `MB`, `GB`, `TB` (powers of 1000);
/// no unit: bytes. Case is ignored and one blank before the unit is allowed; decimals where the result is whole.
/// InvalidArgument for anything else.
[[nodiscard]] absl::StatusOr<ByteSize> ParseByteSize(std::string_view text);

/// The shortest text that ParseByteSize reads back to the same value: `64MiB`, `10MB`, `4097`.
[[nodiscard]] std::string FormatByteSize(ByteSize size);

}  // namespace vigil
