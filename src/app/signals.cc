#include "app/signals.h"

#include <csignal>
#include <ctime>

namespace vigil::app {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // A terminal that was closed; nohup has it ignored.
  struct sigaction hang_up {};
  if (sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN)
    sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A pipe that nobody reads any more is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow further
  thread_ = std::jthread([this, signals](std::stop_token ended) {
    const timespec wait{0, 100'000'000};
    while (!ended.stop_requested()) {
      const int signal = sigtimedwait(&signals, nullptr, &wait);
      if (signal < 0) continue;
      if (stop_.stop_requested()) {  // the second one: as if it had never been caught
        std::signal(signal, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
        std::raise(signal);
      }
      signal_ = signal;
      stop_.request_stop();
    }
  });
}

StopOnSignal::~StopOnSignal() {
  thread_.request_stop();
  thread_.join();
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace vigil::app
