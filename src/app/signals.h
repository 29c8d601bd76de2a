// Ctrl-C and `kill` become a stop token.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace vigil::app {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP asks for a stop and the second ends the process at
/// once. Construct it before any other thread: they inherit that the signals are blocked.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  void Stop() { stop_.request_stop(); }
  /// The first signal that came: SIGINT, SIGTERM or SIGHUP; 0: none yet.
  int signal() const { return signal_; }

 private:
  std::stop_source stop_;
  std::atomic<int> signal_ = 0;
  std::jthread thread_;
};

}  // namespace vigil::app
