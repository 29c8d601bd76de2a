// When a rule is on duty: weekdays and hours in some place's local time.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_zone.h"
#include "core/wall_time.h"

namespace vigil::events {

/// As CivilTime::weekday counts them.
enum class Weekday : std::uint8_t {
  kMonday,
  kTuesday,
  kWednesday,
  kThursday,
  kFriday,
  kSaturday,
  kSunday,
};

/// Hours of a day as the clock on the wall shows them, `from` included, `to` not. Where `to` is not
/// after `from` the hours reach over midnight: 22:00 to 06:00. Equal: the whole day.
struct Hours {
  int from_s = 0;
  int to_s = 86'400;
  friend bool operator==(const Hours&, const Hours&) = default;
};

/// `HH:MM` or `HH:MM:SS`, 00:00 to 24:00, each. InvalidArgument says what is wrong.
[[nodiscard]] absl::StatusOr<Hours> ParseHours(std::string_view from, std::string_view to);
/// `22:00-06:00`.
[[nodiscard]] absl::StatusOr<Hours> ParseHours(std::string_view text);

/// Whether hours that begin on one of `weekdays` (empty: any) contain `time`. Hours over midnight
/// belong to the day on which they begin: Friday 22:00 to 06:00 contains Saturday 05:00 and does
/// not contain Friday 05:00. What the clock shows is what counts, so that an hour repeated in
/// autumn counts twice, and hours that spring skips are not there on that day.
[[nodiscard]] bool Contains(const Hours& hours, const std::vector<Weekday>& weekdays,
                            const CivilTime& time);

/// Whether there is any moment of a week that both contain.
[[nodiscard]] bool Meet(const Hours& a, const std::vector<Weekday>& days_of_a, const Hours& b,
                        const std::vector<Weekday>& days_of_b);

struct ScheduleOptions {
  std::string time_zone = "local";  ///< IANA name; `local`: this machine's
  std::vector<Weekday> weekdays;    ///< on which the hours begin; empty: every day
  std::string from = "00:00";       ///< HH:MM, local time
  std::string to = "24:00";         ///< not after `from`: on the next day
};

/// A value, safe from any thread.
class Schedule {
 public:
  static absl::StatusOr<Schedule> Create(const ScheduleOptions& options);

  [[nodiscard]] bool Contains(WallTime time) const {
    return events::Contains(hours_, weekdays_, zone_.At(time));
  }
  [[nodiscard]] CivilTime Local(WallTime time) const { return zone_.At(time); }

 private:
  Schedule(TimeZone zone, Hours hours, std::vector<Weekday> weekdays)
      : zone_(std::move(zone)), hours_(hours), weekdays_(std::move(weekdays)) {}

  TimeZone zone_;
  Hours hours_;
  std::vector<Weekday> weekdays_;
};

}  // namespace vigil::events
