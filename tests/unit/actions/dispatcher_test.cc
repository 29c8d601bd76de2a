// Deliveries run, are repeated, given up, and outlive a stop at any moment.
#include "actions/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "actions/retry_after.h"
#include "core/status.h"
#include "core/wall_time.h"
#include "store/outbox_reader.h"
#include "support/event_samples.h"
#include "support/test_data.h"

namespace vigil::actions {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr seconds kLong{60};  // a test that waits so long has failed

// Calls a function of the test, and remembers what it was asked to deliver.
class Recorded {
 public:
  using Reply = std::function<absl::Status(const Delivery&, std::stop_token)>;

  explicit Recorded(Reply reply) : reply_(std::move(reply)) {}

  absl::Status Run(const Delivery& delivery, std::stop_token stop) {
    {
      std::lock_guard lock(mutex_);
      events_.push_back(delivery.event.sequence);
      attempts_.push_back(delivery.attempt);
    }
    changed_.notify_all();
    return reply_(delivery, stop);
  }
  std::vector<std::int64_t> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<int> attempts() const {
    std::lock_guard lock(mutex_);
    return attempts_;
  }
  bool WaitForCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return events_.size() >= count; });
  }

 private:
  Reply reply_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> events_;
  std::vector<int> attempts_;
};

class TestAction : public Action {
 public:
  TestAction(std::string name, Recorded& recorded) : name_(std::move(name)), recorded_(recorded) {}
  std::string_view name() const override { return name_; }
  absl::Status Run(const Delivery& delivery, Deadline, std::stop_token stop) override {
    return recorded_.Run(delivery, stop);
  }

 private:
  std::string name_;
  Recorded& recorded_;
};

absl::Status Fine(const Delivery&, std::stop_token) { return absl::OkStatus(); }

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() {
    outbox_options_.durability = store::Durability::kProcess;
    outbox_options_.min_free = {};
    outbox_options_.retry = {.first = milliseconds(1),
                             .longest = milliseconds(4),
                             .jitter = 0.2,
                             .max_failures = 5,
                             .max_interruptions = 10};
    options_.first_pause = milliseconds(1);
    options_.longest_pause = milliseconds(5);
    Reopen();
  }

  void Reopen() {
    dispatcher_.reset();
    outbox_.reset();
    auto outbox = store::Outbox::Open(dir_ / "outbox.db", outbox_options_);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    outbox_ = *std::move(outbox);
  }
  void Start(const std::map<std::string, Recorded*>& actions) {
    std::vector<std::unique_ptr<Action>> all;
    for (const auto& [name, recorded] : actions) {
      all.push_back(std::make_unique<TestAction>(name, *recorded));
    }
    auto dispatcher = Dispatcher::Start(*outbox_, std::move(all), options_);
    ASSERT_TRUE(dispatcher.ok()) << dispatcher.status();
    dispatcher_ = *std::move(dispatcher);
  }
  void Add(std::int64_t from, std::int64_t count, const std::vector<std::string>& actions) {
    std::vector<store::OutboxEntry> entries;
    for (std::int64_t i = from; i < from + count; ++i) {
      auto& entry = entries.emplace_back();
      entry.event = test::LineCross(i, test::TimeOf("2026-06-17T12:00:00Z"));
      for (const std::string& action : actions) {
        entry.actions.push_back({action, "rule", events::Severity::kInfo, {}, false});
      }
    }
    const auto appended = outbox_->Append(entries);
    ASSERT_TRUE(appended.ok()) << appended.status();
    if (dispatcher_) dispatcher_->Wake();
  }
  std::vector<store::Waiting> Drain(Deadline deadline = After(kLong)) {
    auto left = dispatcher_->Drain(deadline);
    EXPECT_TRUE(left.ok()) << left.status();
    return left.value_or(std::vector<store::Waiting>{});
  }

  test::TempDir dir_;
  store::OutboxOptions outbox_options_;
  DispatcherOptions options_;
  std::unique_ptr<store::Outbox> outbox_;
  std::unique_ptr<Dispatcher> dispatcher_;  // before the outbox
};

TEST_F(DispatcherTest, DeliversInOrderWhatWasThereAndWhatComes) {
  Add(0, 100, {"json_log"});
  Recorded log(Fine);
  Start({{"json_log", &log}});
  EXPECT_THAT(Drain(), IsEmpty());
  Add(100, 100, {"json_log"});
  EXPECT_THAT(Drain(), IsEmpty());
  const auto events = log.events();
  ASSERT_THAT(events, SizeIs(200));
  EXPECT_TRUE(std::ranges::is_sorted(events));
  EXPECT_THAT(log.attempts(), testing::Each(1));
  EXPECT_EQ(dispatcher_->counters()[0].delivered, 200);
}

// A crash repeats at most the one delivery that was under way: all before it are written down.
TEST_F(DispatcherTest, AnOutcomeIsKnownBeforeTheNextDeliveryBegins) {
  std::vector<std::int64_t> known;
  Recorded hook([&](const Delivery&, std::stop_token) {
    known.push_back(outbox_->counters().delivered);
    return absl::OkStatus();
  });
  Add(0, 5, {"webhook"});
  Start({{"webhook", &hook}});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(known, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(DispatcherTest, ADeadMailServerDoesNotStopTheLog) {
  std::atomic<bool> dead = true;
  Recorded log(Fine), mail([&](const Delivery&, std::stop_token stop) {
    // As a server that accepts and never answers.
    while (dead && !stop.stop_requested()) SleepUntil(After(milliseconds(1)), stop);
    return dead ? absl::UnavailableError("no answer") : absl::OkStatus();
  });
  Start({{"json_log", &log}, {"email_immediate", &mail}});
  Add(0, 50, {"json_log", "email_immediate"});
  ASSERT_TRUE(log.WaitForCalls(50));
  ASSERT_TRUE(mail.WaitForCalls(1));
  EXPECT_THAT(mail.events(), ElementsAre(0));
  dead = false;
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(mail.events(), SizeIs(50));
}

TEST_F(DispatcherTest, AFailureThatMayPassIsRepeatedAndCounted) {
  std::atomic<int> failures = 2;
  Recorded hook([&](const Delivery&, std::stop_token) {
    return failures-- > 0 ? absl::UnavailableError("503") : absl::OkStatus();
  });
  Start({{"webhook", &hook}});
  Add(0, 1, {"webhook"});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(hook.attempts(), ElementsAre(1, 2, 3));
  const auto counters = dispatcher_->counters()[0];
  EXPECT_EQ(counters.delivered, 1);
  EXPECT_EQ(counters.retried, 2);
  EXPECT_EQ(counters.last_error, "");
}

TEST_F(DispatcherTest, WhoSaysWhenToComeAgainIsNotAskedSooner) {
  std::atomic<bool> first = true;
  std::atomic<Clock::rep> asked_at = 0;
  Recorded hook([&](const Delivery&, std::stop_token) {
    if (!first.exchange(false)) return absl::OkStatus();
    asked_at = Clock::now().time_since_epoch().count();
    return WithRetryAfter(absl::UnavailableError("429"), milliseconds(300));
  });
  Start({{"webhook", &hook}});
  Add(0, 1, {"webhook"});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(hook.attempts(), ElementsAre(1, 2));
  EXPECT_GE(Clock::now() - Clock::time_point(Clock::duration(asked_at)), milliseconds(300));
}

// Told at once, and not again with every repetition.
TEST_F(DispatcherTest, ARateLimitIsTold) {
  outbox_options_.retry.max_failures = 100;
  Reopen();
  Recorded hook([&, calls = 0](const Delivery&, std::stop_token) mutable {
    return ++calls > 5
               ? absl::OkStatus()
               : WithRetryAfter(absl::UnavailableError("hook: answered 429"), milliseconds(5));
  });
  Start({{"webhook", &hook}});
  testing::internal::CaptureStdout();
  Add(0, 1, {"webhook"});
  EXPECT_THAT(Drain(), IsEmpty());
  dispatcher_->Stop();
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr("webhook: event 1: hook: answered 429; will be repeated"));
  EXPECT_EQ(log.find("429"), log.rfind("429")) << log;
}

// What is given up after its last attempt is not announced as going to be repeated.
TEST_F(DispatcherTest, TheLastAttemptIsToldAsSuch) {
  outbox_options_.retry.max_failures = 2;
  Reopen();
  Recorded hook(
      [](const Delivery&, std::stop_token) { return absl::UnavailableError("nobody listens"); });
  Start({{"webhook", &hook}});
  testing::internal::CaptureStdout();
  Add(0, 1, {"webhook"});
  EXPECT_THAT(Drain(), IsEmpty());
  dispatcher_->Stop();
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr("nobody listens; will be repeated"));
  EXPECT_THAT(log, HasSubstr("given up after 2 attempts: nobody listens; it is a dead letter"));
  EXPECT_EQ(dispatcher_->counters()[0].last_error, "given up after 2 attempts: nobody listens");
}

TEST_F(DispatcherTest, WhatIsNotReadyYetIsNoNews) {
  Recorded capture([&, calls = 0](const Delivery&, std::stop_token) mutable {
    return ++calls > 3 ? absl::OkStatus() : NotReady("still to come", milliseconds(1));
  });
  Start({{"frame_capture", &capture}});
  testing::internal::CaptureStdout();
  Add(0, 1, {"frame_capture"});
  EXPECT_THAT(Drain(), IsEmpty());
  dispatcher_->Stop();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

struct CodeCase {
  absl::StatusCode code;
  std::size_t attempts;
};
class DispatcherCodes : public DispatcherTest, public testing::WithParamInterface<CodeCase> {};
TEST_P(DispatcherCodes, DecideWhetherItIsRepeated) {
  Recorded hook([&](const Delivery&, std::stop_token) {
    return absl::Status(GetParam().code, "says the server");
  });
  Start({{"webhook", &hook}});
  Add(0, 1, {"webhook"});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(hook.events(), SizeIs(GetParam().attempts));
  const auto dead = outbox_->DeadLetters(10);
  ASSERT_THAT(*dead, SizeIs(1));
  EXPECT_THAT(dead->at(0).reason, HasSubstr("says the server"));
  const auto counters = dispatcher_->counters()[0];
  EXPECT_EQ(counters.dead, 1);
  EXPECT_EQ(counters.retried, static_cast<std::int64_t>(GetParam().attempts) - 1);
  EXPECT_THAT(counters.last_error, HasSubstr("says the server"));
}
INSTANTIATE_TEST_SUITE_P(Codes, DispatcherCodes,
                         testing::Values(CodeCase{absl::StatusCode::kUnavailable, 5},
                                         CodeCase{absl::StatusCode::kDeadlineExceeded, 5},
                                         CodeCase{absl::StatusCode::kAborted, 5},
                                         CodeCase{absl::StatusCode::kResourceExhausted, 5},
                                         CodeCase{absl::StatusCode::kInvalidArgument, 1},
                                         CodeCase{absl::StatusCode::kPermissionDenied, 1},
                                         CodeCase{absl::StatusCode::kInternal, 1}));

TEST_F(DispatcherTest, AnExceptionIsAFailureAndNoEnd) {
  Recorded bad([](const Delivery& delivery, std::stop_token) -> absl::Status {
    if (delivery.event.sequence == 0) throw std::runtime_error("out of cheese");
    return absl::OkStatus();
  });
  Start({{"command", &bad}});
  Add(0, 2, {"command"});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(bad.events(), ElementsAre(0, 1));
  EXPECT_THAT(outbox_->DeadLetters(1)->at(0).reason, HasSubstr("out of cheese"));
}

TEST_F(DispatcherTest, OneThatAlwaysFailsHoldsUpNoOther) {
  outbox_options_.retry.max_failures = 1000;
  Reopen();
  Recorded hook([](const Delivery& delivery, std::stop_token) {
    return delivery.event.sequence == 3 ? absl::UnavailableError("503") : absl::OkStatus();
  });
  Start({{"webhook", &hook}});
  Add(0, 200, {"webhook"});
  const Deadline deadline = After(kLong);
  while (dispatcher_->counters()[0].delivered < 199 && Clock::now() < deadline) {
    Drain(After(milliseconds(5)));
  }
  const auto left = Drain(Clock::now());
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].due + left[0].later + left[0].running, 1);
  dispatcher_->Stop();  // before what its action refers to goes
}

TEST_F(DispatcherTest, WhileTheServerIsAwayFewAttemptsAreMade) {
  options_.first_pause = options_.longest_pause = kLong;
  Recorded hook([](const Delivery&, std::stop_token) { return absl::UnavailableError("503"); });
  Start({{"webhook", &hook}});
  Add(0, 100, {"webhook"});
  ASSERT_TRUE(hook.WaitForCalls(3));
  const auto left = Drain(After(milliseconds(50)));
  EXPECT_THAT(hook.events(), ElementsAre(0, 1, 2));
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].due + left[0].later, 100);  // those of the batch that were not begun as well
  EXPECT_TRUE(dispatcher_->counters()[0].paused);
  EXPECT_EQ(dispatcher_->counters()[0].last_error, "503");
  dispatcher_->Stop();
}

TEST_F(DispatcherTest, DeliveriesForAnActionThatIsGoneBecomeDeadLetters) {
  Add(0, 3, {"json_log", "telegram"});
  Recorded log(Fine);
  Start({{"json_log", &log}});
  EXPECT_THAT(Drain(), IsEmpty());
  Add(3, 1, {"telegram"});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(log.events(), ElementsAre(0, 1, 2));
  const auto dead = outbox_->DeadLetters(10);
  ASSERT_THAT(*dead, SizeIs(4));
  EXPECT_EQ(dead->at(0).reason, "no action 'telegram' is configured any more");
}

TEST_F(DispatcherTest, DrainEndsAtItsDeadlineAndSaysWhatIsLeft) {
  Recorded slow([](const Delivery&, std::stop_token stop) {
    SleepUntil(After(kLong), stop);
    return absl::AbortedError("stopped");
  });
  Start({{"webhook", &slow}});
  Add(0, 10, {"webhook"});
  ASSERT_TRUE(slow.WaitForCalls(1));
  const auto left = Drain(After(milliseconds(20)));
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].action, "webhook");
  EXPECT_EQ(left[0].due + left[0].running, 10);
  dispatcher_->Stop();
}

TEST_F(DispatcherTest, StopEndsWhatRunsAndLosesNothing) {
  Recorded slow([](const Delivery&, std::stop_token stop) {
    SleepUntil(After(kLong), stop);
    return absl::InternalError("cut off");  // final by its code, were it not for the stop
  });
  Start({{"webhook", &slow}});
  Add(0, 10, {"webhook"});
  ASSERT_TRUE(slow.WaitForCalls(1));
  dispatcher_->Stop();
  dispatcher_->Stop();
  EXPECT_THAT(slow.events(), SizeIs(1));
  EXPECT_THAT(*outbox_->DeadLetters(10), IsEmpty());
  Recorded fine(Fine);
  Start({{"webhook", &fine}});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(fine.events(), SizeIs(10));
}

// Being stopped is no failure, and no reason that hides the real one.
TEST_F(DispatcherTest, AStopKeepsTheReasonOfTheLastFailure) {
  Recorded hook([&, calls = 0](const Delivery&, std::stop_token stop) mutable {
    if (++calls == 1) return absl::UnavailableError("hook: answered 500");
    SleepUntil(After(kLong), stop);
    return absl::AbortedError("hook: stopped");
  });
  Start({{"webhook", &hook}});
  Add(0, 1, {"webhook"});
  ASSERT_TRUE(hook.WaitForCalls(2));
  dispatcher_->Stop();
  EXPECT_EQ(dispatcher_->counters()[0].last_error, "hook: answered 500");
  auto reader = store::OutboxReader::Open(dir_ / "outbox.db");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto states = reader->Actions(WallNow());
  ASSERT_TRUE(states.ok() && states->size() == 1);
  EXPECT_EQ((*states)[0].last_failure, "hook: answered 500");
  Recorded fine(Fine);
  Start({{"webhook", &fine}});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_THAT(fine.attempts(), ElementsAre(3));  // it may be a repetition
}

TEST_F(DispatcherTest, StopIsLegalAtAnyMoment) {
  std::mt19937 random(3);
  Recorded log([](const Delivery& delivery, std::stop_token) {
    return delivery.event.sequence % 7 == 0 && delivery.attempt < 3 ? absl::UnavailableError("503")
                                                                    : absl::OkStatus();
  });
  std::int64_t next = 0;
  for (int round = 0; round < 30; ++round) {
    Start({{"json_log", &log}});
    Add(next, 20, {"json_log"});
    next += 20;
    std::thread stopper([&, wait = std::chrono::microseconds(random() % 3000)] {
      std::this_thread::sleep_for(wait);
      dispatcher_->Stop();
    });
    if (round % 3 == 0) Drain();
    if (round % 3 == 1) dispatcher_->Wake();
    stopper.join();
    dispatcher_.reset();
  }
  Start({{"json_log", &log}});
  EXPECT_THAT(Drain(), IsEmpty());
  EXPECT_EQ(outbox_->counters().delivered, next);
}

TEST_F(DispatcherTest, AppendingFromSeveralThreadsWhileDeliveringLosesNothing) {
  Recorded log(Fine), hook([](const Delivery&delivery, std::stop_token) {
    return delivery.attempt == 1 ? absl::UnavailableError("503") : absl::OkStatus();
  });
  Start({{"json_log", &log}, {"webhook", &hook}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) Add(1000 * t + i, 1, {"json_log", "webhook"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 20; ++i) dispatcher_->counters();
  EXPECT_THAT(Drain(), IsEmpty());
  auto events = log.events();
  std::ranges::sort(events);
  EXPECT_THAT(events, SizeIs(100));
  EXPECT_EQ(std::ranges::unique(events).size(), 0U);
  EXPECT_EQ(outbox_->counters().delivered, 200);
}

TEST_F(DispatcherTest, WrongSetupsAreRefused) {
  Recorded log(Fine);
  std::vector<std::unique_ptr<Action>> twice;
  twice.push_back(std::make_unique<TestAction>("json_log", log));
  twice.push_back(std::make_unique<TestAction>("json_log", log));
  EXPECT_THAT(MessageOf(Dispatcher::Start(*outbox_, std::move(twice)).status()),
              HasSubstr("two actions are named json_log"));
  std::vector<std::unique_ptr<Action>> nameless;
  nameless.push_back(std::make_unique<TestAction>("", log));
  EXPECT_FALSE(Dispatcher::Start(*outbox_, std::move(nameless)).ok());
  DispatcherOptions options;
  options.batch = 0;
  EXPECT_FALSE(Dispatcher::Start(*outbox_, {}, options).ok());
  options = {};
  options.longest_pause = milliseconds(1);
  EXPECT_FALSE(Validate(options).ok());
}

}  // namespace
}  // namespace vigil::actions
