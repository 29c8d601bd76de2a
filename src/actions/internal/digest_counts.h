// The numbers of a digest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "actions/digest.h"

namespace vigil::actions::internal {

/// One row of a table: what is counted, in columns, and how often.
struct CountRow {
  std::vector<std::string> cells;
  std::int64_t count = 0;
  std::int64_t held = 0;  ///< of rules
};

struct TimeBin {
  WallTime from;
  std::string label;  ///< `14`: the hour; `14:05`, `14:05:15` in a short window; or `24 Nov`
  std::int64_t count = 0;
};

struct DigestCounts {
  std::int64_t events = 0, warnings = 0, critical = 0, held = 0;
  std::vector<CountRow> rules;                  ///< rule; count and held
  std::vector<CountRow> lines;                  ///< camera, line, event type, direction, class
  std::vector<CountRow> zones;                  ///< camera, zone, event type, class
  std::vector<CountRow> others;                 ///< camera, event type, class
  std::vector<CountRow> classes;                ///< class
  std::array<std::int64_t, 3> with_pictures{};  ///< events that have some, by severity
  std::vector<TimeBin> bins;  ///< by the window's length parts of hours, hours or days; 1 to 62
};

/// Rows are sorted, the largest first; beyond `max_rows` they are summed up in a last one. Errors are those of `events`.
[[nodiscard]] absl::StatusOr<DigestCounts> Count(const DigestEvents& events,
                                                 std::span<const HeldBack> held,
                                                 const DigestWindow& window, const TimeZone& zone,
                                                 int max_rows);

}  // namespace vigil::actions::internal
