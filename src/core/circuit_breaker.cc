#include "core/circuit_breaker.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"

namespace vigil {

std::string_view Name(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kOpen:
      return "open";
    case BreakerState::kHalfOpen:
      return "half-open";
  }
  return "unknown";
}

CircuitBreaker::CircuitBreaker(const BreakerOptions& options, std::uint64_t seed)
    : options_(options), random_(static_cast<std::minstd_rand::result_type>(seed)) {
  VIGIL_CHECK(options.failures >= 1 && options.probes >= 1 && options.window.count() > 0);
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::Allow(Clock::time_point now) {
  if (state_ == BreakerState::kHalfOpen && probe_expires_) {
    if (now < *probe_expires_) return std::nullopt;
    Open(now);
  }
  if (state_ == BreakerState::kOpen) {
    if (now < next_probe_) return std::nullopt;
    Enter(BreakerState::kHalfOpen);
    successes_ = 0;
  }
  if (state_ == BreakerState::kHalfOpen) probe_expires_ = now + options_.probe_timeout;
  return Permit{epoch_};
}

void CircuitBreaker::Succeeded(Permit permit, Clock::time_point now) {
  if (permit.epoch != epoch_) return;
  if (state_ == BreakerState::kHalfOpen) {
    probe_expires_.reset();
    if (++successes_ >= options_.probes) Close(now);
    return;
  }
  failures_ = 0;
  Count(false, now);
}

void CircuitBreaker::Failed(Permit permit, Clock::time_point now) {
  if (permit.epoch != epoch_) return;
  if (state_ == BreakerState::kHalfOpen) return Open(now);
  ++failures_;
  Count(true, now);
  if (failures_ >= options_.failures || TooManyFailed(now)) Open(now);
}

void CircuitBreaker::Withdraw(Permit permit) {
  if (permit.epoch == epoch_) probe_expires_.reset();
}

void CircuitBreaker::Trip(Clock::time_point now) {
  if (state_ != BreakerState::kOpen) Open(now);
}

std::int64_t CircuitBreaker::BucketNumber(Clock::time_point now) const {
  const auto width = std::max<Clock::duration>(options_.window / kBuckets, Clock::duration(1));
  return now.time_since_epoch() / width;
}

void CircuitBreaker::Count(bool failed, Clock::time_point now) {
  const std::int64_t number = BucketNumber(now);
  Bucket& bucket = buckets_[static_cast<std::size_t>(number % kBuckets)];
  if (bucket.number != number) bucket = {number, 0, 0};
  ++bucket.calls;
  bucket.failed += failed;
}

bool CircuitBreaker::TooManyFailed(Clock::time_point now) const {
  const std::int64_t oldest = BucketNumber(now) - kBuckets + 1;
  int calls = 0, failed = 0;
  for (const Bucket& bucket : buckets_) {
    if (bucket.number < oldest) continue;
    calls += bucket.calls;
    failed += bucket.failed;
  }
  return calls >= options_.least_calls && failed >= options_.failed_share * calls;
}

void CircuitBreaker::Open(Clock::time_point now) {
  if (state_ == BreakerState::kHalfOpen) {
    ++doublings_;
  } else if (closed_at_ && now - *closed_at_ < options_.window) {
    ++doublings_;  // it had not really come back
  } else {
    doublings_ = 0;
  }
  constexpr int kEnough = 40;  // any first wait has passed any longest by then
  doublings_ = std::min(doublings_, kEnough);
  const double plain = std::min(std::ldexp(static_cast<double>(options_.open.count()), doublings_),
                                static_cast<double>(options_.longest.count()));
  std::uniform_real_distribution<double> jitter(1 - options_.jitter, 1 + options_.jitter);
  next_probe_ = now + std::chrono::milliseconds(std::llround(plain * jitter(random_)));
  times_opened_ += state_ == BreakerState::kClosed;
  Enter(BreakerState::kOpen);
}

void CircuitBreaker::Close(Clock::time_point now) {
  Enter(BreakerState::kClosed);
  closed_at_ = now;
  failures_ = 0;
  buckets_ = {};
}

void CircuitBreaker::Enter(BreakerState state) {
  state_ = state;
  ++epoch_;
  probe_expires_.reset();
}

}  // namespace vigil
