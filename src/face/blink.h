// Blinks and long closures, from how open the eyes are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "face/eye_state.h"
#include "face/frame_clock.h"
#include "face/types.h"

namespace vigil::face {

struct BlinkOptions {
  std::int64_t min_us = 50'000;   ///< a shorter dip is a glitch of the mesh
  std::int64_t max_us = 500'000;  ///< a longer closure is not a blink; microsleep from here
  float half_open = 0.5F;         ///< local openness at which a closure begins and ends
  float rearm_open = 0.55F;       ///< … and that must be reached before the next one
  float depth = 0.3F;           ///< local openness that a full blink reaches; a half blink does not
  float long_openness = 0.25F;  ///< openness (usual levels) above which a long closure is over
  std::int64_t rest_us =
      400'000;  ///< lids half way for this long: a look down or a squint, not a closure
  GapOptions gaps;
};

/// The blinks and long closures of the last minutes: when they ended and how long they took. Bounded: the oldest go.
class ClosureLog {
 public:
  struct Totals {
    int count = 0;
    std::int64_t duration_us = 0;
  };
  void Add(const Blink& closure);
  void Clear() { count_ = 0; }
  /// What ended after `since_us`; a closure that began before it counts with its later part.
  [[nodiscard]] Totals Since(std::int64_t since_us) const;

 private:
  static constexpr int kKept = 128;
  std::array<Blink, kKept> ring_{};
  int count_ = 0;
  int next_ = 0;
};

/// The written rules:
///   * A closure begins where local openness falls through one half and ends where it rises through it; both moments
///     are interpolated between frames, so that 15, 30 and 60 frames a second give the same events.
///   * Blink: reached `depth`, and lasted min_us … max_us. At 15 frames a second a closure seen in one frame is one.
///   * Half blink (`depth` not reached): no event. Squint: no event; the level it is measured against follows it, and
///     a full blink out of a squint is one.
///   * Lids that fall and then rest half way (rest_us) looked down: no blink.
///   * Long closure: longer than max_us, and at least half of that time within `long_openness`. Counted the moment
///     it is one; `completed` when it ends.
///   * Unknown time (GapOptions) ends a closure without a blink: its end was not seen. A long closure already counted
///     is completed at the last known frame. A closure that was already there when knowledge began is no blink, and a
///     long closure once it has been seen for max_us.
/// BlinkState::per_minute is left to the caller, who knows how much of the last minute was seen.
/// Preconditions: timestamps rise. No allocation. One thread at a time.
class BlinkDetector {
 public:
  explicit BlinkDetector(const BlinkOptions& options);
  const BlinkState& Update(std::int64_t now_us, const EyeReading& reading);

  const BlinkState& state() const { return state_; }
  const ClosureLog& blinks() const { return blinks_; }
  const ClosureLog& long_closures() const { return long_closures_; }  ///< completed ones
  /// Since when the present long closure lasts; nothing while there is none.
  std::optional<std::int64_t> long_since_us() const;
  /// Forgets all that has a time in it (the clock has started anew); keeps the counts.
  void Restart();

 private:
  struct Dip {
    std::int64_t begin_us = 0;
    bool begin_seen = false;
    bool counted = false;           // as a long closure
    float least = 1;                // local openness
    std::int64_t deep_us = 0;       // time within long_openness
    std::int64_t last_deep_us = 0;  // when it last was
  };

  void Begin(std::int64_t now_us, const KnownTime::Step& step, float local);
  void Continue(std::int64_t now_us, const KnownTime::Step& step, const EyeReading& reading);
  void End(std::int64_t end_us, bool reopened);
  bool IsLong(std::int64_t end_us) const;

  BlinkOptions options_;
  KnownTime time_;
  BlinkState state_;
  ClosureLog blinks_;
  ClosureLog long_closures_;
  std::optional<Dip> dip_;
  bool armed_ = true;  // lids have been up since the last closure
  float last_local_ = 1;
};

}  // namespace vigil::face
