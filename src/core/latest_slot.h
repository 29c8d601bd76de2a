// The hand-over between a live camera and whoever works on its frames: one place, the newest wins.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "core/time.h"

namespace vigil {

/// Holds at most one value. Put() replaces a value nobody took, and counts it as dropped, so the age of what Take()
/// returns is bounded by the producer's period however slow the consumer is. Any number of threads on either side.
template <typename T>
class LatestSlot {
 public:
  void Put(T value) {
    std::optional<T> replaced;  // destroyed outside the lock
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      replaced = std::exchange(value_, std::move(value));
      dropped_ += replaced.has_value();
    }
    filled_.notify_one();
  }

  /// The newest value; empty when `deadline` passed, a stop was asked for, or the slot is closed and empty.
  std::optional<T> Take(Deadline deadline, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    filled_.wait_until(lock, stop, deadline, [&] { return value_.has_value() || closed_; });
    return std::exchange(value_, std::nullopt);
  }

  /// No further values are accepted; waiting takers wake. What is in the slot can still be taken.
  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  std::uint64_t dropped() const {
    std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any filled_;
  std::optional<T> value_;  // under mutex_, as the two below
  bool closed_ = false;
  std::uint64_t dropped_ = 0;
};

}  // namespace vigil
