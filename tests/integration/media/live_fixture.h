// What tests of live sources share: fast reconnection, and waiting for a state.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/time.h"
#include "media/live_source.h"

namespace vigil::media::test {

/// Collects a source's changes of state.
class StateLog {
 public:
  LiveOptions Options() {
    LiveOptions options;
    options.backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(1), 0};
    options.connect_timeout = std::chrono::milliseconds(0);
    options.attempts = 0;
    options.on_change = [this](const LiveStatus& status) {
      {
        std::lock_guard lock(mutex_);
        log_.push_back(status);
      }
      changed_.notify_all();
    };
    return options;
  }

  /// Waits until `state` was entered `times` times; false after a minute.
  bool Await(LiveState state, int times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      return std::ranges::count(log_, state, &LiveStatus::state) >= times;
    });
  }
  std::vector<LiveStatus> log() {
    std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LiveStatus> log_;  // under mutex_
};

/// Waits until `count` frames were captured; false after a minute.
inline bool AwaitFrames(const LiveSource& source, std::uint64_t count) {
  const Deadline deadline = After(std::chrono::seconds(60));
  while (source.status().frames < count) {
    if (Clock::now() > deadline) return false;
    SleepUntil(After(std::chrono::milliseconds(1)), {});
  }
  return true;
}

}  // namespace vigil::media::test
