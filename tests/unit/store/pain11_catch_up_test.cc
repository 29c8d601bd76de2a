// USERS.md, pain 11: hooks arrive late, out of order, or not (livekit#2399, #3976; go2rtc#1337;
// zmeventnotification#71, #163, #362). Who was away asks for what came after the last it knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/outbox_fixture.h"

namespace vigil::store {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Pain11HooksArriveLateOrNot : public OutboxTest {};

TEST_F(Pain11HooksArriveLateOrNot, CatchingUpMissesNothingAndRepeatsNothing) {
  for (int i = 0; i < 25; ++i) Add(i);
  std::vector<std::int64_t> seen;
  std::int64_t last = 0;
  for (auto page = outbox_->EventsAfter(last, 10); !page->empty();
       page = outbox_->EventsAfter(last, 10)) {
    for (const StoredEvent& stored : *page) {
      EXPECT_GT(stored.sequence, last);
      last = stored.sequence;
      seen.push_back(stored.event.sequence);
    }
    if (seen.size() == 20) Add(25);  // in the middle of it
  }
  ASSERT_THAT(seen, SizeIs(26));
  for (int i = 0; i < 26; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(*outbox_->LastSequence(), last);
}

TEST_F(Pain11HooksArriveLateOrNot, ASequenceIsNeverUsedAgain) {
  for (int i = 0; i < 10; ++i) Add(i);
  for (const Claimed& one : Claim()) Finish(one, Outcome::kDone);
  const std::int64_t last = *outbox_->LastSequence();
  now_ += std::chrono::hours(24 * 365);
  ASSERT_TRUE(outbox_->CollectGarbage().ok());
  EXPECT_THAT(*outbox_->EventsAfter(0, 100), IsEmpty());
  Reopen();
  EXPECT_EQ(*outbox_->LastSequence(), last);
  Add(10);
  EXPECT_GT(outbox_->EventsAfter(0, 1)->at(0).sequence, last);
}

TEST_F(Pain11HooksArriveLateOrNot, IdsMakeRepeatsHarmless) {
  Add(7);
  Reopen();
  Add(7);
  EXPECT_THAT(*outbox_->EventsAfter(0, 10), SizeIs(1));
}

TEST_F(Pain11HooksArriveLateOrNot, OnePageIsBounded) {
  for (int i = 0; i < 5; ++i) Add(i);
  EXPECT_THAT(*outbox_->EventsAfter(0, -1), IsEmpty());
  EXPECT_THAT(*outbox_->EventsAfter(-5, 1'000'000'000), SizeIs(5));
  EXPECT_THAT(*outbox_->EventsAfter(1'000'000, 10), IsEmpty());
}

}  // namespace
}  // namespace vigil::store
