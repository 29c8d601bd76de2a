// Local time anywhere on earth, from the machine's time zone database.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/wall_time.h"

namespace vigil::events {

enum class Weekday : std::uint8_t {
  kMonday,
  kTuesday,
  kWednesday,
  kThursday,
  kFriday,
  kSaturday,
  kSunday,
};

/// What a clock on the wall shows.
struct LocalTime {
  Weekday weekday = Weekday::kMonday;
  int second_of_day = 0;  ///< 0 to 86,399, as the clock shows it: not the time since midnight
  friend bool operator==(const LocalTime&, const LocalTime&) = default;
};

/// A value, safe from any thread.
class TimeZone {
 public:
  /// By its IANA name (`Europe/Berlin`); empty: this machine's, which `TZ` may set. InvalidArgument
  /// with the nearest known name.
  static absl::StatusOr<TimeZone> Load(std::string_view name);

  /// Daylight-saving time as the database has it, years after its last entry by the rule in force.
  [[nodiscard]] LocalTime At(WallTime time) const;

 private:
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const Rules> rules_;  // never null
};

}  // namespace vigil::events
