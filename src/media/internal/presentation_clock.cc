#include "media/internal/presentation_clock.h"

#include <algorithm>
#include <cstdlib>

namespace vigil::media::internal {
namespace {

constexpr std::int64_t kJump = 1'000'000;
constexpr std::int64_t kLongestGap = 86'400 * kJump;  // a day; more is a broken stamp
constexpr std::int64_t kLargestStamp = std::int64_t{1} << 60;

std::optional<std::int64_t> Sane(std::optional<std::int64_t> stamp) {
  return stamp && std::abs(*stamp) <= kLargestStamp ? stamp : std::nullopt;
}

}  // namespace

std::int64_t PresentationClock::Rise(std::int64_t time) {
  if (last_) time = std::max(time, *last_ + 1);
  last_ = time;
  return time;
}

std::int64_t PresentationClock::File(std::optional<std::int64_t> stamp, std::int64_t duration) {
  const std::int64_t follows = last_ ? *last_ + last_duration_ : 0;
  last_duration_ = std::clamp<std::int64_t>(duration, 1, kLongestGap);
  stamp = Sane(stamp);
  if (!stamp) return Rise(follows);
  const std::int64_t step = offset_ && last_ ? *stamp + *offset_ - *last_ : 0;
  if (!offset_ || step < -kJump || step > kLongestGap) offset_ = follows - *stamp;
  return Rise(*stamp + *offset_);
}

std::int64_t PresentationClock::Live(std::optional<std::int64_t> stamp, std::int64_t arrival) {
  stamp = Sane(stamp);
  if (!stamp) return Rise(arrival);
  if (!offset_ || std::abs(*stamp + *offset_ - arrival) > kJump) offset_ = arrival - *stamp;
  return Rise(*stamp + *offset_);
}

}  // namespace vigil::media::internal
