// Civil time of a place: what clocks on the wall say there, through changes of daylight-saving
// time.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/wall_time.h"

namespace vigil {

struct CivilTime {
  int year = 1970;
  int month = 1;  ///< 1..12
  int day = 1;    ///< 1..31
  int hour = 0;   ///< 0..23
  int minute = 0;
  int second = 0;
  int millisecond = 0;       ///< rounded down
  int weekday = 0;           ///< 0 Monday .. 6 Sunday
  int utc_offset_s = 0;      ///< seconds east of UTC at that time
  std::string abbreviation;  ///< `CET`, `UTC`, `+0545`
};

/// A zone of the IANA database, as the system has it (Debian: tzdata). A value; safe from any
/// thread.
class TimeZone {
 public:
  /// UTC.
  TimeZone();

  /// `Europe/Berlin`, `UTC`; `local` is the zone of this machine (or of the variable TZ).
  /// InvalidArgument: unknown, with the nearest known name; or there is no database.
  static absl::StatusOr<TimeZone> Load(std::string_view name);

  [[nodiscard]] CivilTime At(WallTime time) const;

  /// When clocks there show that minute of that day. `day` may lie outside its month (32 January is
  /// 1 February). A minute that comes twice: the first. One that is left out: the moment in which
  /// clocks jump over it.
  [[nodiscard]] WallTime Of(int year, int month, int day, int minute_of_day) const;

 private:
  struct Zone;
  std::shared_ptr<const Zone> zone_;  // null: UTC
};

/// `2026-11-24`.
[[nodiscard]] std::string DateText(const CivilTime& time);
/// `2026-11-24 21:57:24 CET`.
[[nodiscard]] std::string DateTimeText(const CivilTime& time);

}  // namespace vigil
