#include "actions/internal/worker.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "actions/retry_after.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

using std::chrono::milliseconds;

// Outcomes of actions that nobody sees repeated reach the outbox at least so often.
constexpr milliseconds kFlushAfter{20};
// What nobody rang for is found after this time.
constexpr std::chrono::seconds kLongestWait{5};
constexpr std::chrono::seconds kStoreRetry{1};

}  // namespace

void Dispatcher::Bell::Ring() {
  {
    std::lock_guard lock(mutex_);
    ++count_;
  }
  changed_.notify_all();
}

void Dispatcher::Bell::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool Dispatcher::Bell::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

std::uint64_t Dispatcher::Bell::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

void Dispatcher::Bell::Wait(std::uint64_t heard, Deadline deadline, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, deadline, [&] { return closed_ || count_ != heard; });
}

Dispatcher::Worker::Worker(store::Outbox& outbox, std::unique_ptr<Action> action,
                           const DispatcherOptions& options, Bell& work, Bell& done)
    : outbox_(outbox),
      action_(std::move(action)),
      name_(action_->name()),
      options_(options),
      work_(work),
      done_(done),
      thread_([this](std::stop_token stop) {
        try {
          Run(stop);
        } catch (const std::exception& error) {  // out of memory; the outbox keeps what is open
          log::Error("{}: delivers no more: {}", name_, error.what());
        }
      }) {}

ActionCounters Dispatcher::Worker::counters() const {
  std::lock_guard lock(mutex_);
  ActionCounters counters = counters_;
  counters.action = name_;
  return counters;
}

void Dispatcher::Worker::Join() {
  std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Dispatcher::Worker::Run(std::stop_token stop) {
  pthread_setname_np(pthread_self(), fmt::format("act-{}", name_).substr(0, 15).c_str());
  while (!stop.stop_requested()) {
    const std::uint64_t heard = work_.count();
    if (!Flush()) {
      SleepUntil(After(kStoreRetry), stop);
      continue;
    }
    // While attempts fail, one is enough to see whether that is over.
    const auto batch = outbox_.Claim(name_, pauses_ > 0 ? 1 : options_.batch);
    if (!batch.ok()) {
      StoreFailed(batch.status());
      SleepUntil(After(kStoreRetry), stop);
    } else if (batch->empty()) {
      WaitForWork(heard, stop);
    } else {
      RunBatch(*batch, stop);
      if (failed_in_row_ >= options_.failures_to_pause) SleepUntil(After(Pause()), stop);
    }
  }
  if (!Flush()) {
    log::Warning("{}: {} outcomes are not in the outbox; these deliveries will be repeated", name_,
                 outcomes_.size());
  }
}

void Dispatcher::Worker::RunBatch(const std::vector<store::Claimed>& batch, std::stop_token stop) {
  Deadline flush_at = After(kFlushAfter);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    // The first of a batch is also the attempt that shows whether a pause is over.
    const bool pause = i > 0 && failed_in_row_ >= options_.failures_to_pause;
    if (stop.stop_requested() || pause) {
      outcomes_.push_back({batch[i].sequence, name_, store::Outcome::kNotBegun, "", {}});
      continue;
    }
    outcomes_.push_back(Attempt(batch[i], stop));
    if (!action_->repeats_unseen() || Clock::now() >= flush_at) {
      Flush();
      flush_at = After(kFlushAfter);
    }
  }
  Flush();
}

store::Finished Dispatcher::Worker::Attempt(const store::Claimed& claimed, std::stop_token stop) {
  store::Finished finished{claimed.sequence, name_, store::Outcome::kDone, "", {}};
  const absl::Status status = Call(claimed, stop);
  if (absl::IsAborted(status) && stop.stop_requested()) {
    finished.outcome = store::Outcome::kCutOff;  // says nothing about the other side
    return finished;
  }
  if (!status.ok()) {
    finished.reason = std::string(MessageOf(status));
    // Nothing is given up only because we end.
    const bool may_pass = IsWorthAnother(status) || stop.stop_requested();
    if (may_pass && claimed.last_attempt)
      finished.reason =
          fmt::format("given up after {} attempts: {}", claimed.attempt, finished.reason);
    finished.outcome =
        may_pass && !claimed.last_attempt ? store::Outcome::kRetry : store::Outcome::kDead;
    finished.at_least = RetryAfterOf(status).value_or(milliseconds(0));
  }
  Note(finished, status);
  return finished;
}

absl::Status Dispatcher::Worker::Call(const store::Claimed& claimed, std::stop_token stop) {
  const Delivery delivery{.event = claimed.event,
                          .rule = claimed.rule,
                          .severity = claimed.severity,
                          .pictures = claimed.pictures,
                          .attempt = claimed.attempt};
  try {
    return action_->Run(delivery, After(options_.run_limit), stop);
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("{} threw: {}", name_, error.what()));
  } catch (...) {
    return absl::InternalError(fmt::format("{} threw", name_));
  }
}

void Dispatcher::Worker::Note(const store::Finished& finished, const absl::Status& status) {
  // Who says when to come again answers: that is no reason to pause.
  const bool may_pass = !status.ok() && IsWorthAnother(status);
  const bool told_when = may_pass && finished.at_least.count() > 0;
  const bool failed = may_pass && !told_when;
  if (!failed) {
    failed_in_row_ = pauses_ = 0;  // given up or not, whoever it goes to answers
  } else {
    // One that always fails is its own trouble, not the action's.
    if (failed_in_row_ == 0 || finished.sequence != last_failed_) ++failed_in_row_;
    last_failed_ = finished.sequence;
  }
  {
    std::lock_guard lock(mutex_);
    counters_.last_error = finished.reason;
    if (!failed) counters_.paused = false;
  }
  const bool given_up = finished.outcome == store::Outcome::kDead;
  if (status.ok() || (IsNotReady(status) && !given_up)) return;
  if (told_when) {
    Tell(finished, answers_quiet_until_, std::chrono::minutes(1));
  } else {
    Tell(finished, quiet_until_, std::chrono::seconds(1));
  }
}

// At most a line in `quiet`.
void Dispatcher::Worker::Tell(const store::Finished& finished, Deadline& quiet_until,
                              Clock::duration quiet) {
  ++untold_;
  // What is given up will not be heard of again.
  const bool given_up = finished.outcome == store::Outcome::kDead;
  if (Clock::now() < quiet_until && !(given_up && !told_given_up_)) return;
  told_given_up_ = given_up;
  log::Warning("{}: event {}: {}{}{}", name_, finished.sequence,
               log::MaskCredentials(finished.reason),
               given_up ? "; it is a dead letter" : "; will be repeated",
               untold_ > 1 ? fmt::format(" ({} failures since the last line)", untold_) : "");
  untold_ = 0;
  quiet_until = After(quiet);
}

// True: the outbox has all outcomes.
bool Dispatcher::Worker::Flush() {
  if (outcomes_.empty()) return true;
  const auto finished = outbox_.Finish(outcomes_);
  if (!finished.ok()) {
    StoreFailed(finished);
    return false;
  }
  store_failed_ = false;
  std::int64_t delivered = 0, retried = 0, dead = 0;
  for (const store::Finished& one : outcomes_) {
    delivered += one.outcome == store::Outcome::kDone ? 1 : 0;
    retried += one.outcome == store::Outcome::kRetry ? 1 : 0;
    dead += one.outcome == store::Outcome::kDead ? 1 : 0;
  }
  outcomes_.clear();
  {
    std::lock_guard lock(mutex_);
    counters_.delivered += delivered;
    counters_.retried += retried;
    counters_.dead += dead;
  }
  done_.Ring();  // who drains wants to know
  return true;
}

void Dispatcher::Worker::StoreFailed(const absl::Status& status) {
  if (!store_failed_) log::Error("{}: {}; trying again", name_, MessageOf(status));
  store_failed_ = true;
  std::lock_guard lock(mutex_);
  counters_.last_error = std::string(MessageOf(status));
}

void Dispatcher::Worker::WaitForWork(std::uint64_t heard, std::stop_token stop) {
  const auto due = outbox_.DueIn(name_);
  Deadline until = After(kLongestWait);
  if (due.ok() && *due) {
    until = std::min(until, After(std::max<Clock::duration>(**due, milliseconds(1))));
  }
  work_.Wait(heard, until, stop);
}

Deadline::duration Dispatcher::Worker::Pause() {
  {
    std::lock_guard lock(mutex_);
    counters_.paused = true;
  }
  const auto pause = options_.first_pause * (std::int64_t{1} << std::min(pauses_++, 20));
  return std::min<Deadline::duration>(pause, options_.longest_pause);
}

}  // namespace vigil::actions
