#include "core/byte_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/internal/decimal.h"

namespace vigil {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};
// Largest first, so that formatting meets the shortest text first.
constexpr std::array<Unit, 9> kUnits = {{{"TiB", std::int64_t{1} << 40},
                                         {"TB", 1'000'000'000'000},
                                         {"GiB", 1 << 30},
                                         {"GB", 1'000'000'000},
                                         {"MiB", 1 << 20},
                                         {"MB", 1'000'000},
                                         {"KiB", 1 << 10},
                                         {"kB", 1'000},
                                         {"B", 1}}};

bool SameLetters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

absl::StatusOr<ByteSize> ParseByteSize(std::string_view text) {
  std::string_view unit = text;
  const std::string_view number = internal::TakeNumber(unit);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty() && !text.ends_with(' ')) unit = "B";
  const auto* found =
      std::ranges::find_if(kUnits, [&](const Unit& u) { return SameLetters(u.name, unit); });
  const auto bytes = number.empty() || found == kUnits.end()
                         ? std::nullopt
                         : internal::Scale(number, found->bytes);
  if (!bytes) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not a size such as 64MiB, 10MB or 4096", text.substr(0, 60)));
  }
  return ByteSize{*bytes};
}

std::string FormatByteSize(ByteSize size) {
  if (size.bytes == 0) return "0";
  for (const Unit& unit : kUnits) {
    if (size.bytes % unit.bytes == 0) {
      return fmt::format("{}{}", size.bytes / unit.bytes, unit.bytes == 1 ? "" : unit.name);
    }
  }
  return {};
}

}  // namespace vigil
