// An event as JSON: what logs, web hooks, buses and the store carry. The schema is
// docs/schema/event.schema.json.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "core/json_writer.h"
#include "core/wall_time.h"
#include "events/event.h"

namespace vigil::events {

/// Appends one object to `out`. Fields that do not concern the event are left out; names are those
/// of Event, with units: `dwell_s`, `track_age_s`. The box is `bbox: {x1, y1, x2, y2}`, as in the
/// detection message. Times are ISO 8601 in UTC with milliseconds, with microseconds where there
/// are any; pixels have 3 decimals, confidence and seconds 6, so that reading back gives the same
/// event but for the rounding of pixels and confidence.
void WriteEvent(JsonWriter& out, const Event& event);
/// The members alone, inside an object that the caller has begun.
void WriteEventMembers(JsonWriter& out, const Event& event);
[[nodiscard]] std::string EventJson(const Event& event);

/// Reads what WriteEvent writes; members that it does not know are passed over. InvalidArgument,
/// with the member's name, for a text over limits::kMaxEventBytes, missing or wrong members, names
/// over limits::kMaxIdBytes, and numbers that are out of range.
[[nodiscard]] absl::StatusOr<Event> ReadEvent(std::string_view json);

/// As in the JSON: `2025-01-15T14:30:22.123Z`, or with six digits where the last three are not 0.
[[nodiscard]] std::string EventTimeText(WallTime time);

}  // namespace vigil::events
