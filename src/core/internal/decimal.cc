#include "core/internal/decimal.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace vigil::internal {
namespace {

__extension__ using Int128 = __int128;

// The digits as a number; nothing where there are more than int64 holds.
std::optional<std::int64_t> Digits(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) return {};
  return value;
}

}  // namespace

std::string_view TakeNumber(std::string_view& text) {
  constexpr std::string_view kDigits = "0123456789";
  std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  if (end == 0) return {};
  if (end + 1 < text.size() && text[end] == '.' &&
      kDigits.find(text[end + 1]) != std::string_view::npos) {
    end = std::min(text.find_first_not_of(kDigits, end + 1), text.size());
  }
  const std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  return number;
}

std::optional<std::int64_t> Scale(std::string_view number, std::int64_t unit) {
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string_view decimals = number.substr(std::min(point + 1, number.size()));
  while (decimals.ends_with('0')) decimals.remove_suffix(1);

  const auto whole = Digits(number.substr(0, point));
  const auto fraction = Digits(decimals);
  if (!whole || !fraction || decimals.size() > 18) return {};
  std::int64_t power = 1;
  for (std::size_t i = 0; i < decimals.size(); ++i) power *= 10;

  const Int128 part = static_cast<Int128>(*fraction) * unit;
  if (part % power != 0) return {};
  const Int128 total = static_cast<Int128>(*whole) * unit + part / power;
  if (total > std::numeric_limits<std::int64_t>::max()) return {};
  return static_cast<std::int64_t>(total);
}

}  // namespace vigil::internal
