// How long to wait before trying again.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace vigil::media {

struct BackoffOptions {
  std::chrono::milliseconds initial{1'000};
  std::chrono::milliseconds longest{30'000};
  double jitter = 0.2;  ///< each wait is off by up to this share, either way, so that cameras do
                        ///< not return in step
};

/// Waits that double from `initial` to `longest`. One user at a time; `seed` decides the jitter.
class Backoff {
 public:
  Backoff(const BackoffOptions& options, std::uint64_t seed) : options_(options), random_(seed) {}
  std::chrono::milliseconds Next();
  /// It worked: the next wait is `initial` again.
  void Reset() { doublings_ = 0; }

 private:
  const BackoffOptions options_;
  std::minstd_rand random_;
  int doublings_ = 0;
};

}  // namespace vigil::media
