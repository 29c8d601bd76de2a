// What ends FFmpeg's waits: a stop, or a deadline.
#pragma once

#include <stop_token>
#include <utility>

#include "core/time.h"

namespace vigil::media::internal {

/// FFmpeg asks it between its waits (every 100 ms at most) whether to go on. Lives as long as the
/// context it is in; one thread at a time.
class Interrupt {
 public:
  void Arm(std::stop_token stop, Deadline deadline) {
    stop_ = std::move(stop);
    deadline_ = deadline;
  }

  bool stopped() const { return stop_.stop_requested(); }
  bool expired() const { return Clock::now() >= deadline_; }
  Deadline deadline() const { return deadline_; }
  const std::stop_token& stop() const { return stop_; }

  /// For AVIOInterruptCB: `self` is the Interrupt.
  static int Callback(void* self) {
    const auto* interrupt = static_cast<const Interrupt*>(self);
    return interrupt->stopped() || interrupt->expired();
  }

 private:
  std::stop_token stop_;
  Deadline deadline_ = Deadline::max();
};

}  // namespace vigil::media::internal
