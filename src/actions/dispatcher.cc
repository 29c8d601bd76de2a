#include "actions/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "actions/internal/worker.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {

absl::Status Validate(const DispatcherOptions& options) {
  const auto wrong = [](const char* what) { return absl::InvalidArgumentError(what); };
  if (options.run_limit.count() <= 0) return wrong("run_limit: must be above 0");
  if (options.batch < 1 || options.batch > 1000) return wrong("batch: is not within 1 to 1000");
  if (options.failures_to_pause < 1) return wrong("failures_to_pause: must be above 0");
  if (options.first_pause.count() <= 0) return wrong("first_pause: must be above 0");
  if (options.longest_pause < options.first_pause) {
    return wrong("longest_pause: is below first_pause");
  }
  if (options.housekeeping.count() <= 0) return wrong("housekeeping: must be above 0");
  return absl::OkStatus();
}

Dispatcher::Dispatcher(store::Outbox& outbox, const DispatcherOptions& options)
    : outbox_(outbox),
      options_(options),
      work_(std::make_unique<Bell>()),
      done_(std::make_unique<Bell>()) {}

absl::StatusOr<std::unique_ptr<Dispatcher>> Dispatcher::Start(
    store::Outbox& outbox, std::vector<std::unique_ptr<Action>> actions,
    const DispatcherOptions& options) {
  if (const absl::Status valid = Validate(options); !valid.ok()) return valid;
  std::set<std::string_view> names;
  for (const auto& action : actions) {
    if (action == nullptr || action->name().empty()) {
      return absl::InvalidArgumentError("dispatcher: an action has no name");
    }
    if (!names.insert(action->name()).second) {
      return absl::InvalidArgumentError(
          fmt::format("dispatcher: two actions are named {}", action->name()));
    }
  }
  std::unique_ptr<Dispatcher> dispatcher(new Dispatcher(outbox, options));
  for (auto& action : actions) {
    dispatcher->workers_.push_back(std::make_unique<Worker>(
        outbox, std::move(action), options, *dispatcher->work_, *dispatcher->done_));
  }
  Dispatcher& self = *dispatcher;
  self.GiveUpUnknown();
  self.housekeeper_ = std::jthread([&self](std::stop_token stop) { self.KeepHouse(stop); });
  return dispatcher;
}

Dispatcher::~Dispatcher() { Stop(); }

void Dispatcher::Wake() { work_->Ring(); }

void Dispatcher::Stop() {
  // All are asked first, so that their ends do not add up.
  for (auto& worker : workers_) worker->RequestStop();
  housekeeper_.request_stop();
  work_->Close();
  done_->Close();
  for (auto& worker : workers_) worker->Join();
}

absl::StatusOr<std::vector<store::Waiting>> Dispatcher::Drain(Deadline deadline,
                                                              std::stop_token stop) {
  GiveUpUnknown();
  for (;;) {
    const std::uint64_t heard = done_->count();
    const auto waiting = outbox_.AnyWaiting();
    if (!waiting.ok()) return waiting.status();
    if (!*waiting || Clock::now() >= deadline || done_->closed() || stop.stop_requested())
      return outbox_.WaitingActions();
    done_->Wait(heard, deadline, stop);
  }
}

std::vector<ActionCounters> Dispatcher::counters() const {
  std::vector<ActionCounters> all;
  for (const auto& worker : workers_) all.push_back(worker->counters());
  return all;
}

void Dispatcher::GiveUpUnknown() {
  const auto waiting = outbox_.WaitingActions();
  if (!waiting.ok()) return;  // told by the workers, who meet the same
  for (const store::Waiting& one : *waiting) {
    const bool known = std::ranges::any_of(
        workers_, [&](const auto& worker) { return worker->name() == one.action; });
    if (known || one.due + one.later == 0) continue;
    const auto given_up = outbox_.GiveUp(
        one.action, fmt::format("no action '{}' is configured any more", one.action));
    if (given_up.ok()) {
      log::Warning("{} deliveries are dead letters: no action '{}' is configured", *given_up,
                   one.action);
    }
  }
}

void Dispatcher::KeepHouse(std::stop_token stop) {
  while (!stop.stop_requested()) {
    GiveUpUnknown();
    if (const auto removed = outbox_.CollectGarbage(); !removed.ok()) {
      log::Warning("{}", MessageOf(removed.status()));
    }
    SleepUntil(After(options_.housekeeping), stop);
  }
}

}  // namespace vigil::actions
