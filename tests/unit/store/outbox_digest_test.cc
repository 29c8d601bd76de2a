#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/status.h"
#include "unit/store/outbox_fixture.h"

namespace vigil::store {
namespace {

using events::EventType;
using events::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DigestTest : public OutboxTest {
 protected:
  void Collect(std::int64_t sequence) {
    OutboxEntry entry = Entry(sequence, {"email_digest", "json_log"});
    entry.actions[0].collect = true;
    const std::vector<OutboxEntry> one = {entry};
    ASSERT_TRUE(outbox_->Append(one).ok());
  }
  void Hold(std::int64_t sequence, Verdict reason) {
    OutboxEntry entry = Entry(sequence, {});
    entry.held.push_back({"car at night", reason});
    const std::vector<OutboxEntry> one = {entry};
    ASSERT_TRUE(outbox_->Append(one).ok());
  }
  DigestWindow Open() {
    auto window = outbox_->OpenDigest("email_digest");
    EXPECT_TRUE(window.ok()) << window.status();
    return *std::move(window);
  }
  std::vector<std::int64_t> In(const DigestWindow& window, int page = 3) {
    std::vector<std::int64_t> numbers;
    std::int64_t last = 0;
    for (auto rows = outbox_->CollectedIn(window, last, page); rows.ok() && !rows->empty();
         rows = outbox_->CollectedIn(window, last, page)) {
      for (const CollectedEvent& row : *rows) numbers.push_back(row.event.sequence);
      last = rows->back().sequence;
    }
    return numbers;
  }
};

TEST_F(DigestTest, HasWhatWasCollectedSinceTheOneBefore) {
  for (int i = 0; i < 5; ++i) Collect(i);
  const DigestWindow first = Open();
  Collect(5);  // while the mail is written
  EXPECT_THAT(In(first), ElementsAre(0, 1, 2, 3, 4));
  ASSERT_TRUE(outbox_->CloseDigest(first).ok());
  const DigestWindow second = Open();
  EXPECT_THAT(In(second), ElementsAre(5));
  ASSERT_TRUE(outbox_->CloseDigest(second).ok());
  EXPECT_THAT(In(Open()), IsEmpty());
  EXPECT_EQ(outbox_->counters().delivered, 6);
}

TEST_F(DigestTest, SinceWhenTheNextOneCollectsIsKnown) {
  EXPECT_EQ(*outbox_->DigestSince("email_digest"), std::nullopt);
  now_ += std::chrono::hours(1);
  Collect(0);
  const WallTime first = now_;
  now_ += std::chrono::hours(1);
  Collect(1);
  Reopen();
  EXPECT_EQ(*outbox_->DigestSince("email_digest"), first);
  EXPECT_EQ(*outbox_->DigestSince("email_digest:night"), std::nullopt);
  now_ += std::chrono::hours(1);
  const DigestWindow window = Open();
  EXPECT_EQ(*outbox_->DigestSince("email_digest"), WallTime::min());  // begun
  ASSERT_TRUE(outbox_->CloseDigest(window).ok());
  Collect(2);
  EXPECT_EQ(*outbox_->DigestSince("email_digest"), window.opened);
}

TEST_F(DigestTest, AnEventKnowsEachOfItsRules) {
  const std::vector<events::Decision> decisions = {
      {"cars, all", Verdict::kDeliver, events::Severity::kInfo, {"email_digest"}},
      {"at night", Verdict::kDeliver, events::Severity::kCritical, {"email_digest"}}};
  const std::vector<OutboxEntry> one = {EntryOf(test::LineCross(1, kStart), decisions)};
  ASSERT_TRUE(outbox_->Append(one).ok());
  const auto rows = outbox_->CollectedIn(Open(), 0, 10);
  ASSERT_TRUE(rows.ok());
  ASSERT_THAT(*rows, SizeIs(1));
  EXPECT_THAT((*rows)[0].rules, ElementsAre("cars, all", "at night"));
  EXPECT_EQ((*rows)[0].severity, events::Severity::kCritical);
}

TEST_F(DigestTest, AnUnfinishedOneIsTheSameAfterARestart) {
  Collect(0);
  const DigestWindow before = Open();
  Collect(1);
  now_ += std::chrono::hours(1);
  Reopen();
  const DigestWindow again = Open();
  EXPECT_EQ(again.after, before.after);
  EXPECT_EQ(again.upto, before.upto);
  EXPECT_EQ(again.opened, before.opened);
  EXPECT_EQ(again.attempt, 2);
  EXPECT_THAT(In(again), ElementsAre(0));
}

TEST_F(DigestTest, ClosingTwiceIsAnErrorAndTakesNothing) {
  Collect(0);
  const DigestWindow window = Open();
  ASSERT_TRUE(outbox_->CloseDigest(window).ok());
  Collect(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(outbox_->CloseDigest(window)));
  EXPECT_THAT(In(Open()), ElementsAre(1));
}

TEST_F(DigestTest, CollectedDeliveriesAreNotRunNorWaitedFor) {
  Collect(0);
  EXPECT_THAT(Claim(10, "email_digest"), IsEmpty());
  Finish(Claim()[0], Outcome::kDone);
  EXPECT_FALSE(*outbox_->AnyWaiting());
}

TEST_F(DigestTest, WhatWasHeldBackIsCountedInIt) {
  Hold(0, Verdict::kCooldown);
  Hold(1, Verdict::kCooldown);
  Hold(2, Verdict::kSchedule);
  const DigestWindow window = Open();
  Hold(3, Verdict::kCooldown);
  const auto held = outbox_->HeldIn(window);
  ASSERT_TRUE(held.ok());
  EXPECT_THAT(
      *held,
      ElementsAre(events::HeldCount{"car at night", EventType::kLineCross, Verdict::kCooldown, 2},
                  events::HeldCount{"car at night", EventType::kLineCross, Verdict::kSchedule, 1}));
  ASSERT_TRUE(outbox_->CloseDigest(window).ok());
  EXPECT_EQ(outbox_->HeldIn(Open())->at(0).count, 1);
}

TEST_F(DigestTest, GarbageLeavesWhatIsNotToldYet) {
  Collect(0);
  Finish(Claim()[0], Outcome::kDone);
  ASSERT_TRUE(outbox_->CloseDigest(Open()).ok());
  Hold(1, Verdict::kCooldown);
  Collect(2);
  now_ += options_.max_age - std::chrono::hours(1);
  const DigestWindow window = Open();  // asked for, and not closed for days
  now_ += std::chrono::hours(2);
  ASSERT_TRUE(outbox_->CollectGarbage().ok());
  EXPECT_THAT(*outbox_->EventsAfter(0, 10), SizeIs(2));
  EXPECT_THAT(*outbox_->HeldIn(window), SizeIs(1));
  EXPECT_THAT(In(window), ElementsAre(2));
}

TEST_F(DigestTest, OneThatIsRefusedForGoodIsGivenUpAndLetsTheNextOneBegin) {
  options_.retry.max_failures = 2;
  Reopen();
  Collect(0);
  Hold(1, Verdict::kCooldown);
  const DigestWindow refused = Open();
  auto failure = outbox_->FailDigest(refused, true, "552 too big");
  ASSERT_TRUE(failure.ok()) << failure.status();
  EXPECT_FALSE(failure->given_up);
  EXPECT_GT(failure->wait.count(), 0);
  Collect(2);
  Reopen();
  const DigestWindow again = Open();
  EXPECT_THAT(In(again), ElementsAre(0));
  // What may pass does not count.
  ASSERT_FALSE(outbox_->FailDigest(again, false, "nobody answers")->given_up);
  failure = outbox_->FailDigest(Open(), true, "552 too big");
  ASSERT_TRUE(failure.ok()) << failure.status();
  EXPECT_TRUE(failure->given_up);
  EXPECT_EQ(failure->events, 1);
  const auto letters = outbox_->DeadLetters(10);
  ASSERT_THAT(*letters, SizeIs(1));
  EXPECT_EQ((*letters)[0].event.sequence, 0);
  EXPECT_EQ((*letters)[0].reason, "given up after 2 attempts: 552 too big");
  EXPECT_TRUE(absl::IsFailedPrecondition(outbox_->FailDigest(refused, true, "late").status()));

  DigestWindow next = Open();
  EXPECT_EQ(next.attempt, 1);
  EXPECT_THAT(In(next), ElementsAre(2));
  EXPECT_THAT(*outbox_->HeldIn(next), SizeIs(1));  // told by nobody yet
  ASSERT_TRUE(outbox_->CloseDigest(next).ok());
  EXPECT_EQ(*outbox_->Collected("email_digest"), 0);

  EXPECT_EQ(*outbox_->Revive(0, "email_digest"), 1);
  EXPECT_EQ(*outbox_->Collected("email_digest"), 1);
  next = Open();
  EXPECT_THAT(In(next), ElementsAre(0));
  EXPECT_THAT(*outbox_->HeldIn(next), IsEmpty());  // not twice
  ASSERT_TRUE(outbox_->CloseDigest(next).ok());
  EXPECT_THAT(In(Open()), IsEmpty());
}

// Digests at random moments, some of them begun and never finished, across restarts: every event is
// in exactly one finished digest.
TEST_F(DigestTest, NoEventIsMissingAndNoneIsThereTwice) {
  std::mt19937 random(11);
  std::vector<int> told(400, 0);
  std::int64_t next = 0;
  const auto digest = [&](bool finish) {
    const DigestWindow window = Open();
    const auto numbers = In(window, 1 + static_cast<int>(random() % 7));
    if (!finish) return;
    for (const std::int64_t number : numbers) ++told[static_cast<std::size_t>(number)];
    ASSERT_TRUE(outbox_->CloseDigest(window).ok());
  };
  while (next < 400) {
    switch (random() % 8) {
      case 0:
        digest(true);
        break;
      case 1:
        digest(false);
        break;
      case 2:
        Reopen();
        break;
      default:
        Collect(next++);
    }
  }
  digest(true);
  digest(true);
  EXPECT_THAT(told, testing::Each(1));
}

}  // namespace
}  // namespace vigil::store
