// Work handed from one thread to another where nothing may be lost: a full queue makes the producer wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "core/check.h"
#include "core/time.h"

namespace vigil {

/// First in, first out, at most `capacity` values. Any number of threads on either side.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) { VIGIL_CHECK(capacity > 0); }

  /// Waits for room. False: `deadline` passed, a stop was asked for, or the queue is closed; the value is then kept by
  /// the caller (moved from only on success).
  bool Push(T&& value, Deadline deadline, std::stop_token stop) {
    {
      std::unique_lock lock(mutex_);
      const bool room = changed_.wait_until(lock, stop, deadline,
                                            [&] { return closed_ || values_.size() < capacity_; });
      if (!room || closed_) return false;
      values_.push_back(std::move(value));
    }
    changed_.notify_all();
    return true;
  }

  /// The oldest value; empty when `deadline` passed, a stop was asked for, or the queue is closed and empty.
  std::optional<T> Pop(Deadline deadline, std::stop_token stop) {
    std::optional<T> value;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, stop, deadline, [&] { return closed_ || !values_.empty(); });
      if (values_.empty() || stop.stop_requested()) return std::nullopt;
      value = std::move(values_.front());
      values_.pop_front();
    }
    changed_.notify_all();
    return value;
  }

  /// No further values are accepted; what is queued can still be popped.
  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  /// Closed and empty: nothing will come any more.
  bool drained() const {
    std::lock_guard lock(mutex_);
    return closed_ && values_.empty();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<T> values_;  // under mutex_
  bool closed_ = false;   // under mutex_
};

}  // namespace vigil
