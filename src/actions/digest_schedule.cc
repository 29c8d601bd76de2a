#include "actions/digest_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "actions/internal/text.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

// `8:00` or `08:00`, 00:00 to 23:59.
std::optional<int> MinuteOfDay(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon < 1 || colon > 2 || text.size() != colon + 3) {
    return std::nullopt;
  }
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  int hour = 0;
  for (std::size_t i = 0; i < colon; ++i) {
    if (!digit(i)) return std::nullopt;
    hour = hour * 10 + (text[i] - '0');
  }
  if (!digit(colon + 1) || !digit(colon + 2)) return std::nullopt;
  const int minute = (text[colon + 1] - '0') * 10 + (text[colon + 2] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

}  // namespace

absl::Status Validate(const DigestScheduleOptions& options) {
  return DigestSchedule::Create(options).status();
}

absl::StatusOr<DigestSchedule> DigestSchedule::Create(const DigestScheduleOptions& options) {
  DigestSchedule schedule;
  auto zone = TimeZone::Load(options.time_zone);
  if (!zone.ok()) return zone.status();
  schedule.zone_ = *std::move(zone);
  if (options.period.count() != 0) {
    if (options.period < std::chrono::minutes(1) || options.period > std::chrono::hours(24 * 7)) {
      return absl::InvalidArgumentError("period: 1m to 7d");
    }
    schedule.period_ = options.period;
    return schedule;
  }
  if (options.times.empty() || options.times.size() > 24) {
    return absl::InvalidArgumentError("times: 1 to 24 times of day, such as 08:00");
  }
  for (const std::string& text : options.times) {
    const auto minute = MinuteOfDay(text);
    if (!minute) {
      return absl::InvalidArgumentError(fmt::format(
          "times: {}: no time of day; write 00:00 to 23:59", internal::OneLine(text, 32)));
    }
    schedule.minutes_.push_back(*minute);
  }
  return schedule;
}

WallTime DigestSchedule::NextAfter(WallTime time) const {
  if (period_.count() > 0) {
    const auto since = time.time_since_epoch();
    const auto period = std::chrono::microseconds(period_);
    auto count = since / period;
    if (since.count() < 0 && since % period != std::chrono::microseconds(0)) --count;
    return WallTime((count + 1) * period);
  }
  const CivilTime today = zone_.At(time);
  // The day before counts too: a zone may have jumped back over midnight. Two days ahead is always
  // enough but where a whole day was left out, as in Samoa once.
  std::optional<WallTime> next;
  for (int day = -1; day <= 7; ++day) {
    for (const int minute : minutes_) {
      const WallTime due = zone_.Of(today.year, today.month, today.day + day, minute);
      if (due > time && (!next || due < *next)) next = due;
    }
  }
  return next.value_or(time + std::chrono::hours(24));
}

}  // namespace vigil::actions
