#include "events/internal/watch.h"

#include <algorithm>

namespace vigil::events {
namespace {

// Whether p is certainly off the line, or the zone's edge: far around it, or by measure.
bool IsClearOf(const std::vector<GridPoint>& points, const GridBounds& bounds, bool closed,
               GridPoint p, std::int32_t distance) {
  return !bounds.IsNear(p, std::max(distance, 1)) || IsClear(points, closed, p, distance);
}

// Begins at the first call with the state pending, and is true once that has lasted long enough.
bool Lasted(Ms& since, Ms now, Ms least) {
  if (since == kNever) since = now;
  return now - since >= least;
}

}  // namespace

std::optional<LineCrossing> Step(const CompiledLine& line, LineState& state, GridPoint from,
                                 GridPoint to, std::int32_t size, Ms now, bool may_report) {
  if (state.settled && line.bounds.Meets(from, to)) {
    const Crossing crossing = Cross(line.points, from, to);
    state.net += crossing.net;
    if (crossing.net != 0) state.at = crossing.at;
  }
  if (state.idle()) {
    state.clear_since = kNever;
    return std::nullopt;
  }
  if (!IsClearOf(line.points, line.bounds, false, to, line.band.Width(size))) {
    state.clear_since = kNever;
    return std::nullopt;
  }
  if (!state.settled) {
    state.settled = true;
    return std::nullopt;
  }
  if (!Lasted(state.clear_since, now, line.confirm) || !may_report) return std::nullopt;
  const LineCrossing crossing{state.net > 0 ? 0 : 1, state.at};
  state.net = 0;
  state.clear_since = kNever;
  return crossing;
}

ZoneChange Step(const CompiledZone& zone, ZoneState& state, GridPoint p, std::int32_t size, Ms now,
                bool may_enter) {
  const bool within = zone.bounds.Contains(p) && Contains(zone.points, p);
  if (within == state.inside ||
      (state.inside && !IsClearOf(zone.points, zone.bounds, true, p, zone.band.Width(size)))) {
    state.pending = kNever;
    return ZoneChange::kNone;
  }
  const bool lasted = Lasted(state.pending, now, state.inside ? zone.grace : zone.confirm);
  if (!lasted) return ZoneChange::kNone;
  if (state.inside) {
    state.inside = false;
    return ZoneChange::kLeft;
  }
  if (!may_enter) return ZoneChange::kNone;
  state = {.inside = true, .entered = state.pending};
  return ZoneChange::kEntered;
}

bool Step(const CompiledZone& zone, CrowdState& state, std::int64_t inside, Ms now) {
  if ((inside > zone.crowd_count) == state.crowded) {
    state.pending = kNever;
    return false;
  }
  if (!Lasted(state.pending, now, zone.crowd_time)) return false;
  state.crowded = !state.crowded;
  state.pending = kNever;
  return state.crowded;
}

}  // namespace vigil::events
