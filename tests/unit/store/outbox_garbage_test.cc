#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/status.h"
#include "unit/store/outbox_fixture.h"

namespace vigil::store {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::SizeIs;

class GarbageTest : public OutboxTest {
 protected:
  void AddMany(std::int64_t from, int count, const std::vector<std::string>& actions = {}) {
    std::vector<OutboxEntry> entries;
    for (int i = 0; i < count; ++i) entries.push_back(Entry(from + i, actions));
    const auto appended = outbox_->Append(entries);
    ASSERT_TRUE(appended.ok()) << appended.status();
  }
};

TEST_F(GarbageTest, OldEventsGoOnceTheyAreDoneWith) {
  Add(1);
  Add(2);
  Finish(Claim(1)[0], Outcome::kDone);
  now_ += options_.max_age;
  EXPECT_EQ(outbox_->CollectGarbage()->events, 0);
  now_ += hours(1);
  EXPECT_EQ(outbox_->CollectGarbage()->events, 1);
  const auto left = outbox_->EventsAfter(0, 10);
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->at(0).event.sequence, 2);  // its delivery is still to be done
}

TEST_F(GarbageTest, DeadLettersStayLonger) {
  Add(1);
  Finish(Claim()[0], Outcome::kDead, "404");
  now_ += options_.max_dead_age - hours(1);
  EXPECT_EQ(outbox_->CollectGarbage()->events, 0);
  now_ += hours(2);
  EXPECT_EQ(outbox_->CollectGarbage()->events, 1);
  EXPECT_THAT(*outbox_->DeadLetters(10), testing::IsEmpty());
}

TEST_F(GarbageTest, TheOldestGoBeyondTheNumber) {
  options_.max_events = 1000;
  Reopen();
  AddMany(0, 1700);
  const auto removed = outbox_->CollectGarbage();
  EXPECT_EQ(removed->events, 700);
  EXPECT_EQ(removed->dropped, 0);
  EXPECT_EQ(outbox_->EventsAfter(0, 1)->at(0).event.sequence, 700);
}

TEST_F(GarbageTest, SizeIsBoundedAndWhatIsDoneWithMakesRoom) {
  options_.max_bytes = MiB(1);
  Reopen();
  for (int i = 0; i < 100; ++i) AddMany(i * 100, 100);  // about 4 MB in all
  EXPECT_LE(std::filesystem::file_size(path()), MiB(1).bytes);
  EXPECT_EQ(outbox_->counters().dropped, 0);
  EXPECT_EQ(outbox_->counters().events, 10'000);
  const auto last = outbox_->EventsAfter(*outbox_->LastSequence() - 1, 10);
  EXPECT_EQ(last->at(0).event.sequence, 9999);
}

TEST_F(GarbageTest, BeyondTheSizeTheOldestOpenDeliveriesAreDroppedAndCounted) {
  options_.max_bytes = MiB(1);
  Reopen();
  for (int i = 0; i < 100; ++i) AddMany(i * 100, 100, {"email_immediate"});
  EXPECT_LE(std::filesystem::file_size(path()), MiB(1).bytes);
  const auto counters = outbox_->counters();
  EXPECT_GT(counters.dropped, 0);
  const auto waiting = outbox_->WaitingActions();
  EXPECT_EQ(waiting->at(0).due + counters.dropped, 10'000);                    // the sum is exact
  EXPECT_EQ(Claim(1, "email_immediate")[0].event.sequence, counters.dropped);  // the oldest went
}

TEST_F(GarbageTest, TheFileShrinksAgain) {
  AddMany(0, 20'000);
  Reopen();  // the log is in the file now
  const auto before = std::filesystem::file_size(path());
  now_ += options_.max_age + hours(1);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(outbox_->CollectGarbage().ok());
  Reopen();
  EXPECT_LT(std::filesystem::file_size(path()), before / 4);
}

}  // namespace
}  // namespace vigil::store
