#include "core/wall_time.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <cstdint>
#include <optional>

namespace vigil {
namespace {

using namespace std::chrono;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<int> Digits(int count) {
    if (rest_.size() < static_cast<std::size_t>(count)) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, static_cast<std::size_t>(count))) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return value;
  }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Digits behind the point of a second.
std::optional<microseconds> Fraction(Reader& in) {
  std::int64_t micros = 0;
  int count = 0;
  for (auto digit = in.Digits(1); digit; digit = in.Digits(1), ++count) {
    if (count < 6) micros = micros * 10 + *digit;
  }
  if (count == 0) return std::nullopt;
  for (; count < 6; ++count) micros *= 10;
  return microseconds(micros);
}

std::optional<minutes> Offset(Reader& in) {
  if (in.Take('Z') || in.Take('z')) return minutes(0);
  const int sign = in.Take('+') ? 1 : in.Take('-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  const auto hour = in.Digits(2);
  if (!hour) return std::nullopt;
  in.Take(':');
  const auto minute = in.Digits(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return sign * (hours(*hour) + minutes(*minute));
}

std::optional<WallTime> Parse(std::string_view text) {
  Reader in(text);
  const auto y = in.Digits(4);
  if (!y || !in.Take('-')) return std::nullopt;
  const auto mo = in.Digits(2);
  if (!mo || !in.Take('-')) return std::nullopt;
  const auto d = in.Digits(2);
  if (!d || (!in.Take('T') && !in.Take('t') && !in.Take(' '))) return std::nullopt;
  const auto h = in.Digits(2);
  if (!h || !in.Take(':')) return std::nullopt;
  const auto mi = in.Digits(2);
  if (!mi || !in.Take(':')) return std::nullopt;
  const auto s = in.Digits(2);
  if (!s) return std::nullopt;
  microseconds fraction{0};
  if (in.Take('.')) {
    const auto read = Fraction(in);
    if (!read) return std::nullopt;
    fraction = *read;
  }
  const auto offset = Offset(in);
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                            day(static_cast<unsigned>(*d))};
  // A leap second (60) is the first of the next minute.
  if (!offset || !in.empty() || !date.ok() || *y < 1970 || *h > 23 || *mi > 59 || *s > 60)
    return std::nullopt;
  const WallTime time =
      sys_days(date) + hours(*h) + minutes(*mi) + seconds(*s) + fraction - *offset;
  if (time < WallTime{}) return std::nullopt;
  return time;
}

}  // namespace

std::string ToIso8601(WallTime time) {
  const auto date = floor<days>(time);
  const year_month_day ymd(date);
  const hh_mm_ss clock(floor<milliseconds>(time - date));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

absl::StatusOr<WallTime> ParseIso8601(std::string_view text) {
  if (const auto time = Parse(text)) return *time;
  return absl::InvalidArgumentError(
      fmt::format("'{}' is not a time; write it as 2025-01-15T14:30:22.123Z", text.substr(0, 40)));
}

}  // namespace vigil
