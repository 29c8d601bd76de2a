#include "face/frame_clock.h"

namespace vigil::face {
namespace {
constexpr std::int64_t kFurthestUs = std::int64_t{1}
                                     << 60;  // differences of two such never overflow
}

FrameClock::Step FrameClock::Advance(std::int64_t timestamp_us) {
  if (timestamp_us > kFurthestUs || timestamp_us < -kFurthestUs) return Step::kIgnored;
  if (!last_us_ || timestamp_us > *last_us_) {
    last_us_ = timestamp_us;
    behind_since_us_.reset();
    return Step::kForward;
  }
  if (timestamp_us == *last_us_) return Step::kIgnored;
  if (!behind_since_us_ || timestamp_us < behind_last_us_) behind_since_us_ = timestamp_us;
  behind_last_us_ = timestamp_us;
  if (timestamp_us - *behind_since_us_ < kRestartAfterUs) return Step::kIgnored;
  last_us_ = timestamp_us;
  behind_since_us_.reset();
  return Step::kRestarted;
}

KnownTime::Step KnownTime::Advance(std::int64_t now_us, bool known) {
  Step step{.known = known};
  if (last_us_) {
    const std::int64_t limit_us =
        unknown_between_ || !known ? options_.max_unknown_us : options_.max_gap_us;
    step.since_us = *last_us_;
    if (now_us - *last_us_ <= limit_us) {
      step.joined = known;
    } else {
      step.broken = true;
      last_us_.reset();
    }
  }
  unknown_between_ = !known;
  if (known) last_us_ = now_us;
  return step;
}

}  // namespace vigil::face
