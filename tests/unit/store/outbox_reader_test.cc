// Looking into an outbox, beside whoever delivers from it.
#include "store/outbox_reader.h"

#include <gmock/gmock.h>

#include "core/status.h"
#include "outbox_fixture.h"
#include "store/internal/database.h"
#include "support/text_file.h"

namespace vigil::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class OutboxReaderTest : public OutboxTest {
 protected:
  std::vector<ActionState> Actions(WallTime now) {
    auto reader = OutboxReader::Open(path());
    EXPECT_TRUE(reader.ok()) << reader.status();
    auto actions = reader->Actions(now);
    EXPECT_TRUE(actions.ok()) << actions.status();
    return actions.value_or(std::vector<ActionState>{});
  }
};

TEST_F(OutboxReaderTest, CountsEveryStateWhileTheOwnerHasTheFile) {
  for (int i = 1; i <= 6; ++i) Add(i, {"webhook"});
  Add(7, {"json_log"});
  const auto claimed = Claim(4, "webhook");
  ASSERT_THAT(claimed, SizeIs(4));
  Finish(claimed[0], Outcome::kDone);
  Finish(claimed[1], Outcome::kRetry, "HTTP 503");
  now_ += std::chrono::milliseconds(1);
  Finish(claimed[2], Outcome::kDead, "HTTP 410");

  const auto actions = Actions(now_);
  ASSERT_THAT(actions, SizeIs(2));
  EXPECT_EQ(actions[0].action, "json_log");
  EXPECT_EQ(actions[0].due, 1);
  EXPECT_THAT(actions[0].last_failure, IsEmpty());
  const ActionState& webhook = actions[1];
  EXPECT_EQ(webhook.due, 2);
  EXPECT_EQ(webhook.later, 1);
  EXPECT_EQ(webhook.running, 1);
  EXPECT_EQ(webhook.delivered, 1);
  EXPECT_EQ(webhook.dead, 1);
  EXPECT_EQ(webhook.last_failure, "HTTP 410");
}

TEST_F(OutboxReaderTest, WhatWaitsForItsNextAttemptIsDueOnceItsTimeHasCome) {
  Add(1);
  Finish(Claim()[0], Outcome::kRetry, "busy");
  EXPECT_EQ(Actions(now_)[0].later, 1);
  EXPECT_EQ(Actions(now_ + std::chrono::hours(2))[0].due, 1);
  ASSERT_TRUE(outbox_->TryAllNow().ok());
  EXPECT_EQ(Actions(now_)[0].due, 1);
  EXPECT_THAT(Claim(), SizeIs(1));
}

TEST_F(OutboxReaderTest, ShowsDeadLettersWithTheirReason) {
  Add(1);
  Finish(Claim()[0], Outcome::kDead, "no such address");
  auto reader = OutboxReader::Open(path());
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto letters = reader->DeadLetters(10);
  ASSERT_TRUE(letters.ok()) << letters.status();
  ASSERT_THAT(*letters, SizeIs(1));
  EXPECT_EQ((*letters)[0].reason, "no such address");
  EXPECT_EQ((*letters)[0].event.sequence, 1);
}

TEST_F(OutboxReaderTest, SaysWhyADigestWasNotSentUntilOneIs) {
  OutboxEntry entry = Entry(1, {"email_digest"});
  entry.actions[0].collect = true;
  const std::vector<OutboxEntry> one = {entry};
  ASSERT_TRUE(outbox_->Append(one).ok());
  const auto window = outbox_->OpenDigest("email_digest");
  ASSERT_TRUE(window.ok()) << window.status();
  ASSERT_TRUE(outbox_->FailDigest(*window, true, "552 message\ntoo big").ok());
  auto actions = Actions(now_);
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(actions[0].collected, 1);
  EXPECT_EQ(actions[0].last_failure, "552 message too big");
  ASSERT_TRUE(outbox_->CloseDigest(*window).ok());
  EXPECT_THAT(Actions(now_)[0].last_failure, IsEmpty());
}

// Before digests had reasons; a reader does not bring a file to the present version.
TEST_F(OutboxReaderTest, ReadsAFileOfTheVersionBeforeAndItsOwnerRenewsIt) {
  Add(1);
  outbox_.reset();
  {
    auto database = internal::Database::Open(path());
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE((*database)
                    ->Execute("ALTER TABLE digests DROP COLUMN refusals;"
                              "ALTER TABLE digests DROP COLUMN failed_us;"
                              "ALTER TABLE digests DROP COLUMN reason; PRAGMA user_version=2;")
                    .ok());
  }
  EXPECT_EQ(Actions(now_)[0].due, 1);
  Reopen();
  EXPECT_EQ(Actions(now_)[0].due, 1);
  EXPECT_THAT(Claim(), SizeIs(1));
}

TEST_F(OutboxReaderTest, NoFileAndForeignFilesAreToldApart) {
  EXPECT_TRUE(absl::IsNotFound(OutboxReader::Open(dir_ / "none.db").status()));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "none.db"));
  test::WriteFile(dir_ / "text.db", std::string(5000, 'x'));
  const auto foreign = OutboxReader::Open(dir_ / "text.db");
  EXPECT_TRUE(absl::IsDataLoss(foreign.status())) << foreign.status();
  EXPECT_THAT(std::string(MessageOf(foreign.status())), HasSubstr("text.db"));
}

}  // namespace
}  // namespace vigil::store
