// Runs what waits in the outbox: each action on a thread of its own, so that a mail server that is
// away does not hold up the log.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "actions/action.h"
#include "core/time.h"
#include "store/outbox.h"

namespace vigil::actions {

struct DispatcherOptions {
  std::chrono::milliseconds run_limit{30'000};  ///< for one attempt; the action gets it as deadline
  int batch = 16;             ///< attempts that are written down as begun at once; 1 to 1000
  int failures_to_pause = 3;  ///< in a row, of different deliveries, after which an action pauses
  std::chrono::milliseconds first_pause{
      2000};  ///< then doubled while single attempts go on failing
  std::chrono::milliseconds longest_pause{60'000};
  std::chrono::milliseconds housekeeping{60'000};  ///< from one removal of old rows to the next
};

[[nodiscard]] absl::Status Validate(const DispatcherOptions& options);

/// Of one action, since the start.
struct ActionCounters {
  std::string action;
  std::int64_t delivered = 0;
  std::int64_t retried = 0;  ///< failed attempts that will be repeated
  std::int64_t dead = 0;     ///< deliveries given up
  bool paused = false;       ///< because attempts fail in a row
  std::string last_error;    ///< of an attempt or of the outbox; empty after a success
};

/// Owns the actions and their threads. Deliveries of one action are attempted one at a time, in the
/// order of their events but for those that wait for a repetition. A failed attempt goes back to
/// the outbox with its reason. Deliveries for actions that are not there (the configuration
/// changed) become dead letters. An outbox that cannot be written (full disk) is tried again every
/// second; outcomes are kept until then. All functions are safe from any thread; none of them
/// throws away a delivery.
class Dispatcher {
 public:
  /// Begins to deliver. `outbox` outlives the dispatcher. InvalidArgument for wrong options, two
  /// actions of one name, or an action without a name.
  static absl::StatusOr<std::unique_ptr<Dispatcher>> Start(
      store::Outbox& outbox, std::vector<std::unique_ptr<Action>> actions,
      const DispatcherOptions& options = {});
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  /// As Stop.
  ~Dispatcher();

  /// To be called after every Append: there may be something to do. Cheap.
  void Wake();

  /// Waits until nothing is waiting any more, `deadline` has passed, or the dispatcher is stopped;
  /// what is then left, by action. It goes on delivering either way. Collected deliveries of
  /// digests are not waited for.
  absl::StatusOr<std::vector<store::Waiting>> Drain(Deadline deadline, std::stop_token stop = {});

  /// Asks running actions to end and waits for them; what was not begun stays in the outbox. Any
  /// number of times, at any moment.
  void Stop();

  std::vector<ActionCounters> counters() const;

 private:
  class Worker;
  class Bell;
  Dispatcher(store::Outbox& outbox, const DispatcherOptions& options);
  void KeepHouse(std::stop_token stop);
  void GiveUpUnknown();

  store::Outbox& outbox_;
  const DispatcherOptions options_;
  std::unique_ptr<Bell> work_;  // rung when there is something to do
  std::unique_ptr<Bell> done_;  // … and when something was done
  std::vector<std::unique_ptr<Worker>> workers_;
  std::jthread housekeeper_;  // last: stopped and joined before the others go
};

}  // namespace vigil::actions
