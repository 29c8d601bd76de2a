#include "events/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace vigil::events {
namespace {

constexpr int kDay = 86'400;

std::optional<int> TwoDigits(std::string_view text, std::size_t at) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() < at + 2 || !digit(text[at]) || !digit(text[at + 1])) return std::nullopt;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// Seconds since the clock showed 00:00; 24:00 is the end of the day.
std::optional<int> SecondOfDay(std::string_view text) {
  if ((text.size() != 5 && text.size() != 8) || text[2] != ':') return std::nullopt;
  if (text.size() == 8 && text[5] != ':') return std::nullopt;
  const auto hour = TwoDigits(text, 0), minute = TwoDigits(text, 3);
  const auto second = text.size() == 8 ? TwoDigits(text, 6) : std::optional(0);
  if (!hour || !minute || !second || *minute > 59 || *second > 59) return std::nullopt;
  const int seconds = *hour * 3600 + *minute * 60 + *second;
  return seconds <= kDay ? std::optional(seconds) : std::nullopt;
}

bool Listed(const std::vector<Weekday>& weekdays, int day) {
  return weekdays.empty() ||
         std::ranges::find(weekdays, static_cast<Weekday>(day)) != weekdays.end();
}

}  // namespace

absl::StatusOr<Hours> ParseHours(std::string_view from, std::string_view to) {
  const auto begin = SecondOfDay(from), end = SecondOfDay(to);
  if (!begin || !end) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is not a time of day; write it as 22:00, from 00:00 to 24:00",
                    (begin ? to : from).substr(0, 20)));
  }
  return Hours{*begin % kDay, *end};
}

absl::StatusOr<Hours> ParseHours(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is no time span; write it as 22:00-06:00", text.substr(0, 20)));
  }
  return ParseHours(text.substr(0, dash), text.substr(dash + 1));
}

bool Contains(const Hours& hours, const std::vector<Weekday>& weekdays, const CivilTime& time) {
  const int today = time.weekday, yesterday = (today + 6) % 7;
  const int now = time.hour * 3600 + time.minute * 60 + time.second;
  if (hours.from_s < hours.to_s) {
    return Listed(weekdays, today) && now >= hours.from_s && now < hours.to_s;
  }
  return (Listed(weekdays, today) && now >= hours.from_s) ||
         (Listed(weekdays, yesterday) && now < hours.to_s);
}

// What two spans have in common begins where one of them does.
bool Meet(const Hours& a, const std::vector<Weekday>& days_of_a, const Hours& b,
          const std::vector<Weekday>& days_of_b) {
  for (int day = 0; day < 7; ++day) {
    for (const int begin : {a.from_s, b.from_s}) {
      CivilTime time;
      time.hour = begin / 3600;
      time.minute = begin / 60 % 60;
      time.second = begin % 60;
      time.weekday = day;
      if (Contains(a, days_of_a, time) && Contains(b, days_of_b, time)) return true;
    }
  }
  return false;
}

absl::StatusOr<Schedule> Schedule::Create(const ScheduleOptions& options) {
  auto zone = TimeZone::Load(options.time_zone);
  if (!zone.ok()) return zone.status();
  const auto hours = ParseHours(options.from, options.to);
  if (!hours.ok()) return hours.status();
  return Schedule(*std::move(zone), *hours, options.weekdays);
}

}  // namespace vigil::events
