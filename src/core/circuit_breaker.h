// Whether a part that may fail is worth asking: keeps calls from one that does not answer, and finds out when it does again.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "core/time.h"

namespace vigil {

///   closed ──▶ open ──▶ half-open ──▶ closed
///                ▲──────────┘
enum class BreakerState : std::uint8_t {
  kClosed,    ///< every call is let through
  kOpen,      ///< none is
  kHalfOpen,  ///< one at a time, to see whether it works again
};

/// "closed", "open", "half-open".
std::string_view Name(BreakerState state);

struct BreakerOptions {
  int failures = 5;  ///< in a row that open it; >= 1
  /// Share of failed calls within `window` that opens it as well, once there were `least_calls`. 0..1, above 0.
  double failed_share = 0.5;
  int least_calls = 20;
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds open{2'000};  ///< until the first probe; doubles with each that fails
  std::chrono::milliseconds longest{30'000};  ///< … up to this
  double jitter =
      0.2;  ///< each wait is off by up to this share, either way, so that clients do not return in step
  int probes = 1;  ///< that have to succeed in a row to close it; >= 1
  std::chrono::milliseconds probe_timeout{
      5'000};  ///< a probe of which nothing was heard for so long has failed
};

/// A value: what time it is comes with each call, and never goes back. One thread at a time.
///
/// A breaker that opens again within `window` of having closed goes on doubling, so that a part that only works for a
/// moment is not asked every two seconds for ever.
class CircuitBreaker {
 public:
  /// Given with each call that is let through, and handed back with its outcome. Outcomes that come after the state has
  /// changed are of the past and change nothing.
  struct Permit {
    std::uint64_t epoch = 0;
  };

  /// `seed` decides the jitter.
  explicit CircuitBreaker(const BreakerOptions& options, std::uint64_t seed = 0);

  /// None: do not call. While half-open, one call at a time.
  std::optional<Permit> Allow(Clock::time_point now);

  void Succeeded(Permit permit, Clock::time_point now);
  void Failed(Permit permit, Clock::time_point now);
  /// The call was not made, or says nothing about the other side.
  void Withdraw(Permit permit);
  /// Opens at once: a connection is lost, or the other side says itself that it cannot.
  void Trip(Clock::time_point now);
  /// The other side says that it is back: while open, the next call is let through now.
  void Hasten(Clock::time_point now) { next_probe_ = std::min(next_probe_, now); }

  /// Open turns to half-open with the next Allow() after next_probe().
  BreakerState state() const { return state_; }
  /// While open: when the next call is let through.
  Clock::time_point next_probe() const { return next_probe_; }
  /// How often it has opened.
  std::uint64_t times_opened() const { return times_opened_; }

 private:
  static constexpr int kBuckets = 10;  // of the window
  struct Bucket {
    std::int64_t number = -1;  // which tenth of a window since the clock's origin
    int calls = 0, failed = 0;
  };

  void Count(bool failed, Clock::time_point now);
  bool TooManyFailed(Clock::time_point now) const;
  std::int64_t BucketNumber(Clock::time_point now) const;
  void Open(Clock::time_point now);
  void Enter(BreakerState state);
  void Close(Clock::time_point now);

  BreakerOptions options_;
  std::minstd_rand random_;
  BreakerState state_ = BreakerState::kClosed;
  std::uint64_t epoch_ = 1;  // of the state: rises with each change
  std::array<Bucket, kBuckets> buckets_{};
  int failures_ = 0;   // in a row, while closed
  int successes_ = 0;  // in a row, while half-open
  int doublings_ = 0;
  std::uint64_t times_opened_ = 0;
  std::optional<Clock::time_point> closed_at_;      // when it last closed after having been open
  std::optional<Clock::time_point> probe_expires_;  // while a probe is under way
  Clock::time_point next_probe_;
};

}  // namespace vigil
