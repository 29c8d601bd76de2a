// Whether an object stands still, and how fast it is.
#pragma once

#include <optional>

#include "core/geometry.h"
#include "events/ground_plane.h"
#include "events/internal/watch.h"

namespace vigil::events {

/// An object stands while it stays within a distance of where it stopped. One that stood is not
/// believed to move before it was away for kRelease: boxes jump when somebody passes in front.
struct StandState {
  static constexpr Ms kRelease = 1000;

  Point2f anchor;       ///< where it stopped, pixels
  Ms since = 0;         ///< when
  Ms away = kNever;     ///< out of place since
  bool stands = false;  ///< for as long as configured

  bool in_place() const { return away == kNever; }
};

struct StandRules {
  double distance = 0;  ///< pixels
  Ms time = 0;          ///< 0: no object ever stands
};

void Begin(StandState& state, Point2f at, Ms now);
/// True when the object has become stationary.
bool Step(StandState& state, Point2f at, Ms now, const StandRules& rules);

/// Speed over ground, from the position about one window ago.
struct SpeedState {
  struct Sample {
    Ms time = kNever;
    GroundPlane::Metres at;
  };
  Sample older, newer;
  bool above = false;  ///< the limit; reported
};

/// km/h; none before half a window has passed, and beyond the horizon.
std::optional<double> Step(SpeedState& state, const GroundPlane& plane, Point2f at, Ms now,
                           Ms window);

}  // namespace vigil::events
