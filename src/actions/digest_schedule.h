// When digests are due.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/time_zone.h"
#include "core/wall_time.h"

namespace vigil::actions {

struct DigestScheduleOptions {
  /// Times of day, `08:00`; 1 to 24 of them. Used where there is no `period`.
  std::vector<std::string> times = {"08:00"};
  std::string time_zone = "local";
  /// Instead of times of day: every so often, counted from midnight UTC, 1 minute to 7 days (for a
  /// day or more, times of day are what people mean). 0: times of day.
  std::chrono::minutes period{0};
};

[[nodiscard]] absl::Status Validate(const DigestScheduleOptions& options);

/// A value; safe from any thread.
class DigestSchedule {
 public:
  static absl::StatusOr<DigestSchedule> Create(const DigestScheduleOptions& options);

  /// The first moment after `time` (never `time` itself) at which a digest is due. Where clocks are
  /// put forward over a time of day, it is due in that moment; where they are put back and a time
  /// comes twice, at the first: so each time of day gives one digest a day.
  [[nodiscard]] WallTime NextAfter(WallTime time) const;

 private:
  TimeZone zone_;
  std::vector<int> minutes_;  // of the day
  std::chrono::minutes period_{0};
};

}  // namespace vigil::actions
