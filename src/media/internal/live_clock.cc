#include "media/internal/live_clock.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "media/internal/presentation_clock.h"

namespace vigil::media::internal {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kWindow = 5 * kSecond;    // of stamps: congestion lasts seconds
constexpr std::size_t kMostDelays = 1'024;       // in the window, whatever the stamps do
constexpr std::size_t kArrivals = 32;            // for the usual spacing
constexpr std::int64_t kSettling = 2 * kSecond;  // of arrival, from an anchor on
constexpr std::int64_t kPlay = kSecond / 2;      // of the least delay, before it is followed
constexpr std::int64_t kTime = 2 * kSecond;  // in which a difference beyond it would shrink to 1/e
constexpr double kSlowest = -0.9, kFastest = 0.5;  // change of the rate of time
constexpr std::int64_t kStepBack = kSecond / 4;
constexpr std::int64_t kStepAhead = kSecond;
constexpr std::int64_t kLost = 3 * kSecond;
constexpr std::int64_t kLostAgain = 60 * kSecond;
constexpr std::int64_t kDistrust = 3'600 * kSecond;
constexpr std::int64_t kLeastUsual = 20'000;  // spacing, while that is not known
constexpr std::int64_t kMostSpread = kSecond / 2;

}  // namespace

std::int64_t LiveClock::Rise(std::int64_t time) {
  if (last_) time = std::max(time, *last_ + 1);
  last_ = time;
  return time;
}

std::int64_t LiveClock::Next(std::optional<std::int64_t> stamp, std::int64_t arrival) {
  arrivals_.push_back(arrival);
  if (arrivals_.size() > kArrivals) arrivals_.pop_front();
  stamp = SaneStamp(stamp);
  if (arrival < distrusted_until_) {
    newest_.reset();    // anchored anew then
    caught_ = arrival;  // and distrusted again at the first sign
    return ByArrival(arrival);
  }
  if (!stamp) return ByArrival(arrival);
  if (newest_ && *stamp <= newest_->stamp && *stamp > newest_->stamp - kStepBack)
    return ByArrival(arrival);
  return ByStamp(*stamp, arrival);
}

// Frames that come at once were not taken at once.
std::int64_t LiveClock::ByArrival(std::int64_t arrival) {
  const std::int64_t gaps = std::max<std::int64_t>(1, std::ssize(arrivals_) - 1);
  std::int64_t usual = (arrival - arrivals_.front()) / gaps;
  if (arrivals_.size() < kArrivals) usual = std::max(usual, kLeastUsual);
  const std::int64_t time = arrival + lead_;
  const std::int64_t spread = last_ ? *last_ + usual / 2 : time;
  return Rise(std::max(time, std::min(spread, time + kMostSpread)));
}

std::int64_t LiveClock::ByStamp(std::int64_t stamp, std::int64_t arrival) {
  const std::int64_t delay = arrival - stamp;
  if (!newest_ || Jumps(stamp, arrival)) {
    Anchor(delay, arrival);
    LeastDelay(stamp, delay);
  } else {
    Follow(stamp, arrival);
  }
  newest_ = Delay{stamp, delay};
  return Rise(stamp + level_ + lead_);
}

// A step ahead is none if it only makes up for a delay: frames that a camera dropped meanwhile.
bool LiveClock::Jumps(std::int64_t stamp, std::int64_t arrival) const {
  const std::int64_t delay = arrival - stamp;
  return stamp < newest_->stamp ||
         (delay < level_ - kStepAhead && delay < newest_->delay - kStepAhead);
}

void LiveClock::Anchor(std::int64_t delay, std::int64_t arrival) {
  least_.clear();
  level_ = delay;
  settled_ = arrival + kSettling;
}

// The moving minimum: what is neither the least nor becomes it later is not kept.
std::int64_t LiveClock::LeastDelay(std::int64_t stamp, std::int64_t delay) {
  while (!least_.empty() && least_.back().delay >= delay) least_.pop_back();
  least_.push_back({stamp, delay});
  while (least_.front().stamp < stamp - kWindow || least_.size() > kMostDelays) least_.pop_front();
  return least_.front().delay;
}

void LiveClock::Follow(std::int64_t stamp, std::int64_t arrival) {
  const std::int64_t delay = arrival - stamp;
  const std::int64_t least = LeastDelay(stamp, delay);
  if (arrival < settled_) {  // a burst lowers the level; the constant stays
    const std::int64_t lower = std::min(least - level_, std::int64_t{0});
    level_ += lower;
    lead_ -= lower;
    return;
  }
  const std::int64_t off = least - level_;
  if (off > kLost) return CatchUp(least, delay, arrival);
  const std::int64_t beyond = off - std::clamp(off, -kPlay, kPlay);
  const double rate =
      std::clamp(static_cast<double>(beyond) / static_cast<double>(kTime), kSlowest, kFastest);
  const auto change = std::llround(rate * static_cast<double>(stamp - newest_->stamp));
  level_ += std::clamp<std::int64_t>(change, std::min(beyond, std::int64_t{0}),
                                     std::max(beyond, std::int64_t{0}));
}

void LiveClock::CatchUp(std::int64_t least, std::int64_t delay, std::int64_t arrival) {
  const bool again = caught_ && arrival - *caught_ < kLostAgain;
  if (again) distrusted_until_ = arrival + kDistrust;
  level_ = again ? delay : least;
  caught_ = arrival;
}

}  // namespace vigil::media::internal
