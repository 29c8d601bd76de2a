// When a failed delivery is tried again.
#pragma once

#include <chrono>

namespace vigil::store {

/// Waits double from `first` to `longest`, each spread by ±`jitter` so that many do not come at
/// once. With the defaults a delivery is given up after about 13 hours: a mail server that is away
/// for a night loses nothing.
struct RetryPolicy {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{3'600'000};
  double jitter = 0.2;    ///< 0 to 1, of the wait
  int max_failures = 24;  ///< failed attempts after which a delivery becomes a dead letter
  int max_interruptions =
      10;  ///< the same for attempts that the end of the process cut off: what crashes us stops
};

/// The wait after the `failures`-th failure, from 1. `random` is 0 to 1, evenly spread.
[[nodiscard]] std::chrono::milliseconds WaitAfter(const RetryPolicy& policy, int failures,
                                                  double random);

}  // namespace vigil::store
