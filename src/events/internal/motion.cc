#include "events/internal/motion.h"

#include <cmath>

namespace vigil::events {

void Begin(StandState& state, Point2f at, Ms now) {
  state = {};
  state.anchor = at;
  state.since = now;
}

bool Step(StandState& state, Point2f at, Ms now, const StandRules& rules) {
  if (Distance(state.anchor, at) <= rules.distance) {
    state.away = kNever;
    if (state.stands || rules.time == 0 || now - state.since < rules.time) return false;
    state.stands = true;
    return true;
  }
  if (state.away == kNever) state.away = now;
  if (!state.stands || now - state.away >= StandState::kRelease) Begin(state, at, now);
  return false;
}

std::optional<double> Step(SpeedState& state, const GroundPlane& plane, Point2f at, Ms now,
                           Ms window) {
  const auto ground = plane.At(at);
  if (!ground) {
    state.older = state.newer = {};
    return std::nullopt;
  }
  const SpeedState::Sample sample{now, *ground};
  if (state.older.time == kNever) state.older = state.newer = sample;
  if (now - state.newer.time >= window) {
    state.older = state.newer;
    state.newer = sample;
  }
  const Ms span = now - state.older.time;
  if (span * 2 < window) return std::nullopt;
  const double metres = std::hypot(ground->x - state.older.at.x, ground->y - state.older.at.y);
  return metres / (static_cast<double>(span) * 1e-3) * 3.6;
}

}  // namespace vigil::events
