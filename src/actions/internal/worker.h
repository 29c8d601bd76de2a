// One action, its thread, and the bell that all of them hear.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "actions/action.h"
#include "actions/dispatcher.h"
#include "core/time.h"
#include "store/outbox.h"

namespace vigil::actions {

/// Counts what there is to hear, so that nobody misses what rang between looking and waiting.
class Dispatcher::Bell {
 public:
  void Ring();
  void Close();
  bool closed() const;
  std::uint64_t count() const;
  /// Until it has rung since `heard`, was closed, or deadline or stop.
  void Wait(std::uint64_t heard, Deadline deadline, std::stop_token stop);

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t count_ = 0;  // under mutex_
  bool closed_ = false;      // under mutex_
};

class Dispatcher::Worker {
 public:
  Worker(store::Outbox& outbox, std::unique_ptr<Action> action, const DispatcherOptions& options,
         Bell& work, Bell& done);

  std::string_view name() const { return name_; }
  ActionCounters counters() const;
  void RequestStop() { thread_.request_stop(); }
  void Join();

 private:
  void Run(std::stop_token stop);
  void RunBatch(const std::vector<store::Claimed>& batch, std::stop_token stop);
  store::Finished Attempt(const store::Claimed& claimed, std::stop_token stop);
  absl::Status Call(const store::Claimed& claimed, std::stop_token stop);
  void Note(const store::Finished& finished, const absl::Status& status);
  bool Flush();
  void WaitForWork(std::uint64_t heard, std::stop_token stop);
  void StoreFailed(const absl::Status& status);
  void Tell(const store::Finished& finished, Deadline& quiet_until, Clock::duration quiet);
  Deadline::duration Pause();

  store::Outbox& outbox_;
  const std::unique_ptr<Action> action_;
  const std::string name_;
  const DispatcherOptions options_;
  Bell& work_;
  Bell& done_;

  // thread_ only.
  std::vector<store::Finished> outcomes_;  // that the outbox does not have yet
  std::int64_t failed_in_row_ = 0;         // of different deliveries
  std::int64_t last_failed_ = 0;           // its sequence
  int pauses_ = 0;                         // in a row
  bool store_failed_ = false;
  // Of failures in the log, and of answers that say when to come again.
  Clock::time_point quiet_until_{}, answers_quiet_until_{};
  std::int64_t untold_ = 0;
  bool told_given_up_ = false;  // the last line was of one that is not repeated

  mutable std::mutex mutex_;
  ActionCounters counters_;  // under mutex_

  std::mutex join_mutex_;
  std::jthread thread_;  // last member: stopped and joined before the others go
};

}  // namespace vigil::actions
