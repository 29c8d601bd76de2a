#include "media/internal/presentation_clock.h"

#include <algorithm>

namespace vigil::media::internal {
namespace {

constexpr std::int64_t kJump = 1'000'000;
constexpr std::int64_t kLongestGap = 86'400 * kJump;  // a day; more is a broken stamp
constexpr std::int64_t kLargestStamp = std::int64_t{1} << 60;

}  // namespace

std::optional<std::int64_t> SaneStamp(std::optional<std::int64_t> stamp) {
  return stamp && *stamp >= -kLargestStamp && *stamp <= kLargestStamp ? stamp : std::nullopt;
}

std::int64_t PresentationClock::Rise(std::int64_t time) {
  if (last_) time = std::max(time, *last_ + 1);
  last_ = time;
  return time;
}

std::int64_t PresentationClock::Next(std::optional<std::int64_t> stamp, std::int64_t duration) {
  const std::int64_t follows = last_ ? *last_ + last_duration_ : 0;
  last_duration_ = std::clamp<std::int64_t>(duration, 1, kLongestGap);
  stamp = SaneStamp(stamp);
  if (!stamp) return Rise(follows);
  const std::int64_t step = offset_ && last_ ? *stamp + *offset_ - *last_ : 0;
  if (!offset_ || step < -kJump || step > kLongestGap) offset_ = follows - *stamp;
  return Rise(*stamp + *offset_);
}

}  // namespace vigil::media::internal
