// One object at one line, and in one zone: the state machines behind LINE_CROSS, ZONE_ENTER and
// ZONE_EXIT.
#pragma once

#include <cstdint>
#include <optional>

#include "core/geometry.h"
#include "events/geometry.h"
#include "events/internal/compiled_scene.h"

namespace vigil::events {

inline constexpr Ms kNever = -1;

/// A crossing counts from one position that is clear of the line to the next such: what happens in
/// between, in the band, cancels out. The first clear position of an object only begins the watch.
struct LineState {
  bool settled = false;     ///< was clear of the line once
  std::int32_t net = 0;     ///< crossings since it was last clear on the side that counts
  Ms clear_since = kNever;  ///< beyond the line and clear of it
  Point2f at;               ///< where it last crossed

  bool idle() const { return settled && net == 0; }
};

struct LineCrossing {
  int direction = 0;  ///< 0: a to b; 1: b to a
  Point2f at;         ///< pixels
};

/// The object moved; `size` is the longer side of its box on the grid. While not `may_report`, a
/// crossing stays pending.
std::optional<LineCrossing> Step(const CompiledLine& line, LineState& state, GridPoint from,
                                 GridPoint to, std::int32_t size, Ms now, bool may_report);

struct ZoneState {
  bool inside = false;         ///< has entered and not left
  ClassIndex class_index = 0;  ///< of the object when it entered; the whole visit counts as that
  std::uint8_t dwells = 0;     ///< how many of the zone's times were reported
  Ms entered = kNever;
  Ms pending = kNever;   ///< in the other state than `inside` says, not long enough yet, since …
  Ms reported = kNever;  ///< the stand (Motion::since) that was reported as stationary

  bool idle() const { return !inside && pending == kNever; }
};

enum class ZoneChange : std::uint8_t { kNone, kEntered, kLeft };

/// The object is at `p`. After kLeft, `pending` is when it left.
ZoneChange Step(const CompiledZone& zone, ZoneState& state, GridPoint p, std::int32_t size, Ms now,
                bool may_enter);

/// More objects than allowed, for long enough.
struct CrowdState {
  bool crowded = false;
  Ms pending = kNever;
};

/// True when a crowd has formed.
bool Step(const CompiledZone& zone, CrowdState& state, std::int64_t inside, Ms now);

}  // namespace vigil::events
