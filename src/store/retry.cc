#include "store/retry.h"

#include <algorithm>
#include <cmath>

namespace vigil::store {

std::chrono::milliseconds WaitAfter(const RetryPolicy& policy, int failures, double random) {
  const double doubled =
      std::ldexp(static_cast<double>(policy.first.count()), std::clamp(failures - 1, 0, 40));
  const double wait = std::min(doubled, static_cast<double>(policy.longest.count()));
  return std::chrono::milliseconds(std::llround(wait * (1 + policy.jitter * (2 * random - 1))));
}

}  // namespace vigil::store
