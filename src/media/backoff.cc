#include "media/backoff.h"

#include <algorithm>
#include <cmath>

namespace vigil::media {

std::chrono::milliseconds Backoff::Next() {
  const double plain =
      std::min(std::ldexp(static_cast<double>(options_.initial.count()), doublings_),
               static_cast<double>(options_.longest.count()));
  constexpr int kEnough = 40;  // any initial wait has passed any longest by then
  doublings_ = std::min(doublings_ + 1, kEnough);
  std::uniform_real_distribution<double> jitter(1 - options_.jitter, 1 + options_.jitter);
  return std::chrono::milliseconds(std::llround(plain * jitter(random_)));
}

}  // namespace vigil::media
