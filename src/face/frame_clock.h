// The time between the frames of one face: what a clock may do, and which stretches count as seen.
#pragma once

#include <cstdint>
#include <optional>

namespace vigil::face {

/// Lets only rising timestamps through. A repeat or a step back is ignored; a clock that stays behind and keeps
/// rising there for a second has started anew (a source that reconnected), and is followed from then on.
/// Timestamps beyond ± 2^60 us are ignored. One thread at a time.
class FrameClock {
 public:
  enum class Step : std::uint8_t { kForward, kIgnored, kRestarted };
  static constexpr std::int64_t kRestartAfterUs = 1'000'000;

  Step Advance(std::int64_t timestamp_us);

 private:
  std::optional<std::int64_t> last_us_;
  std::optional<std::int64_t> behind_since_us_;
  std::int64_t behind_last_us_ = 0;
};

/// When a stretch without knowledge ends the story, and when it is only a lost frame.
struct GapOptions {
  /// Longest time between two known frames with nothing between them that still counts as seen; 1 … 5 s.
  std::int64_t max_gap_us = 500'000;
  std::int64_t max_unknown_us =
      150'000;  ///< the same where frames between them said "unknown"; 0 … max_gap_us
};

/// Joins known frames into stretches of known time. The time between two frames is known if both are and they are no
/// further apart than GapOptions allows. Precondition: timestamps rise (FrameClock). One thread at a time.
class KnownTime {
 public:
  struct Step {
    bool known = false;         ///< this frame is known
    bool joined = false;        ///< … and so is the time since `since_us`
    bool broken = false;        ///< a stretch of known time ended at `since_us`; said once
    std::int64_t since_us = 0;  ///< the known frame before this one, where joined or broken
  };

  explicit KnownTime(GapOptions options) : options_(options) {}
  Step Advance(std::int64_t now_us, bool known);

 private:
  GapOptions options_;
  std::optional<std::int64_t> last_us_;  // last known frame of a stretch that may go on
  bool unknown_between_ = false;
};

}  // namespace vigil::face
