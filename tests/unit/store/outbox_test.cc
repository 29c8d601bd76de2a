#include "store/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <string>

#include "core/limits.h"
#include "core/status.h"
#include "support/process.h"
#include "support/text_file.h"
#include "unit/store/outbox_fixture.h"

namespace vigil::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(OutboxTest, WhatGoesInComesOut) {
  OutboxEntry entry{.event = test::ZoneExit(), .actions = {}, .held = {}};
  entry.actions.push_back({"webhook:ops",
                           "garden",
                           events::Severity::kCritical,
                           {"/var/spool/vigil/a b.jpg", "/var/spool/vigil/ä.jpg"},
                           false});
  const std::vector<OutboxEntry> entries = {entry};
  const auto appended = outbox_->Append(entries);
  ASSERT_TRUE(appended.ok());
  EXPECT_EQ(appended->added, 1U);
  const auto claimed = Claim(10, "webhook:ops");
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(claimed[0].event, entry.event);
  EXPECT_EQ(claimed[0].rule, "garden");
  EXPECT_EQ(claimed[0].severity, events::Severity::kCritical);
  EXPECT_EQ(claimed[0].pictures, entry.actions[0].pictures);
  EXPECT_EQ(claimed[0].attempt, 1);
  EXPECT_EQ(claimed[0].sequence, appended->last_sequence);
}

TEST_F(OutboxTest, ARepeatedEventHasNoSecondEffect) {
  Add(1);
  const std::vector<OutboxEntry> both = {Entry(1, {"json_log", "webhook:ops"}), Entry(2)};
  const auto appended = outbox_->Append(both);
  ASSERT_TRUE(appended.ok());
  EXPECT_EQ(appended->added, 1U);
  EXPECT_EQ(appended->repeated, 1U);
  EXPECT_THAT(EventNumbers(Claim()), ElementsAre(1, 2));
  EXPECT_THAT(Claim(10, "webhook:ops"), IsEmpty());
}

TEST_F(OutboxTest, NothingIsClaimedTwice) {
  Add(1, {"json_log", "webhook:ops"});
  EXPECT_THAT(Claim(), SizeIs(1));
  EXPECT_THAT(Claim(), IsEmpty());
  EXPECT_THAT(Claim(1, "webhook:ops"), SizeIs(1));  // each action has its own
}

TEST_F(OutboxTest, DoneIsDone) {
  Add(1);
  Finish(Claim()[0], Outcome::kDone);
  Reopen();
  EXPECT_THAT(Claim(), IsEmpty());
  EXPECT_FALSE(*outbox_->AnyWaiting());
  Add(1);  // still known
  EXPECT_THAT(Claim(), IsEmpty());
}

TEST_F(OutboxTest, AnInterruptedAttemptIsToldAndComesAloneAndFirst) {
  for (int i = 1; i <= 3; ++i) Add(i);
  EXPECT_THAT(Claim(2), SizeIs(2));
  Reopen();
  const auto first = Claim();
  EXPECT_THAT(EventNumbers(first), ElementsAre(1));
  EXPECT_EQ(first[0].attempt, 2);
  Finish(first[0], Outcome::kDone);
  EXPECT_THAT(EventNumbers(Claim()), ElementsAre(2));
  EXPECT_THAT(EventNumbers(Claim()), ElementsAre(3));
}

TEST_F(OutboxTest, WhatEndsTheProcessEachTimeBecomesADeadLetter) {
  options_.retry.max_interruptions = 3;
  Reopen();
  Add(1);
  Add(2);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_THAT(EventNumbers(Claim(1)), ElementsAre(1)) << i;
    Reopen();
  }
  EXPECT_THAT(EventNumbers(Claim()), ElementsAre(2));
  const auto dead = outbox_->DeadLetters(10);
  ASSERT_TRUE(dead.ok());
  ASSERT_THAT(*dead, SizeIs(1));
  EXPECT_EQ((*dead)[0].reason, "the process ended 3 times while it ran");
}

TEST_F(OutboxTest, NotBegunIsAsIfItHadNotBeenClaimed) {
  Add(1);
  Finish(Claim()[0], Outcome::kNotBegun);
  const auto again = Claim();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].attempt, 1);
}

TEST_F(OutboxTest, ARetryComesAfterItsWait) {
  options_.retry.jitter = 0;
  Reopen();
  Add(1);
  Finish(Claim()[0], Outcome::kRetry, "no route");
  EXPECT_THAT(Claim(), IsEmpty());
  EXPECT_EQ(*outbox_->DueIn("json_log"), seconds(1));
  now_ += milliseconds(999);
  EXPECT_THAT(Claim(), IsEmpty());
  now_ += milliseconds(1);
  const auto second = Claim();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].attempt, 2);
  Finish(second[0], Outcome::kRetry, "no route");
  EXPECT_EQ(*outbox_->DueIn("json_log"), seconds(2));
  EXPECT_EQ(*outbox_->DueIn("webhook:ops"), std::nullopt);
}

TEST_F(OutboxTest, RetriesAreSpreadBySeed) {
  const auto waits = [&](std::uint64_t seed) {
    options_.seed = seed;
    outbox_.reset();
    std::filesystem::remove(path());
    Reopen();
    std::vector<std::chrono::microseconds> all;
    for (int i = 0; i < 5; ++i) {
      Add(i, {"action" + std::to_string(i)});
      Finish(Claim(1, "action" + std::to_string(i))[0], Outcome::kRetry);
      all.push_back(**outbox_->DueIn("action" + std::to_string(i)));
    }
    return all;
  };
  const auto first = waits(1);
  EXPECT_EQ(first, waits(1));
  EXPECT_NE(first, waits(2));
  for (const auto wait : first) {
    EXPECT_GE(wait, milliseconds(800));
    EXPECT_LE(wait, milliseconds(1200));
  }
}

TEST_F(OutboxTest, OrderIsKeptAsFarAsRetriesAllow) {
  for (int i = 1; i <= 4; ++i) Add(i);
  auto claimed = Claim();
  Finish(claimed[0], Outcome::kRetry);
  for (int i = 1; i < 4; ++i) Finish(claimed[static_cast<std::size_t>(i)], Outcome::kDone);
  now_ += seconds(2);
  for (int i = 5; i <= 8; ++i) Add(i);
  EXPECT_THAT(EventNumbers(Claim()), ElementsAre(1, 5, 6, 7, 8));
}

TEST_F(OutboxTest, RetriesDoNotCrowdOutWhatIsNew) {
  for (int i = 1; i <= 20; ++i) Add(i);
  for (const Claimed& one : Claim()) Finish(one, Outcome::kRetry);
  now_ += seconds(2);
  for (int i = 21; i <= 40; ++i) Add(i);
  EXPECT_THAT(Claim(4), SizeIs(4));
  const auto next = EventNumbers(Claim(4));
  EXPECT_EQ(std::ranges::count_if(next, [](std::int64_t n) { return n > 20; }), 2);
}

TEST_F(OutboxTest, AClockSetBackDelaysNoRetryForLong) {
  Add(1);
  Finish(Claim()[0], Outcome::kRetry);
  now_ -= std::chrono::hours(24);
  Reopen();
  EXPECT_LE(**outbox_->DueIn("json_log"), seconds(0));
}

TEST_F(OutboxTest, AfterEnoughFailuresItIsADeadLetterWithItsReason) {
  options_.retry.max_failures = 3;
  Reopen();
  Add(1);
  for (int i = 1; i <= 3; ++i) {
    const auto claimed = Claim();
    ASSERT_THAT(claimed, SizeIs(1)) << i;
    Finish(claimed[0], Outcome::kRetry, "smtp://user:secret@mail: connection\nrefused");
    now_ += std::chrono::hours(1);
  }
  EXPECT_THAT(Claim(), IsEmpty());
  const auto dead = outbox_->DeadLetters(10);
  ASSERT_TRUE(dead.ok());
  ASSERT_THAT(*dead, SizeIs(1));
  EXPECT_EQ((*dead)[0].attempts, 3);
  EXPECT_EQ((*dead)[0].event.id, "jetson-01/driveway/1/1");
  EXPECT_EQ((*dead)[0].rule, "rule");
  EXPECT_THAT((*dead)[0].reason, HasSubstr("given up after 3 attempts: smtp://"));
  EXPECT_THAT((*dead)[0].reason, HasSubstr("connection refused"));
  EXPECT_THAT((*dead)[0].reason, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(outbox_->counters().dead, 1);
  EXPECT_EQ(outbox_->counters().retried, 2);
}

TEST_F(OutboxTest, ADeadLetterCanBeRevived) {
  Add(1);
  Finish(Claim()[0], Outcome::kDead, "404");
  const auto dead = outbox_->DeadLetters(1);
  EXPECT_TRUE(outbox_->Revive((*dead)[0].sequence, "json_log").ok());
  const auto again = Claim();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].attempt, 2);
  EXPECT_THAT(*outbox_->DeadLetters(1), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(outbox_->Revive(again[0].sequence, "json_log").status()));
}

TEST_F(OutboxTest, GivingUpAnActionLeavesTheOthers) {
  Add(1, {"json_log", "old_action"});
  EXPECT_EQ(*outbox_->GiveUp("old_action", "no such action"), 1);
  EXPECT_THAT(Claim(10, "old_action"), IsEmpty());
  EXPECT_THAT(Claim(), SizeIs(1));
  EXPECT_EQ((*outbox_->DeadLetters(9))[0].reason, "no such action");
}

TEST_F(OutboxTest, WaitingIsCountedByAction) {
  for (int i = 1; i <= 5; ++i) Add(i, {"json_log", "webhook:ops"});
  const auto claimed = Claim(2);
  Finish(claimed[0], Outcome::kRetry);
  const auto waiting = outbox_->WaitingActions();
  ASSERT_TRUE(waiting.ok());
  ASSERT_THAT(*waiting, SizeIs(2));
  EXPECT_EQ((*waiting)[0].action, "json_log");
  EXPECT_EQ((*waiting)[0].due, 3);
  EXPECT_EQ((*waiting)[0].later, 1);
  EXPECT_EQ((*waiting)[0].running, 1);
  EXPECT_EQ((*waiting)[1].due, 5);
  EXPECT_TRUE(*outbox_->AnyWaiting());
}

TEST_F(OutboxTest, StatesAreStoredWithTheEventsOrNotAtAll) {
  const std::vector<OutboxEntry> one = {Entry(1)};
  const std::vector<StateBlob> states = {{"engine/jetson-01", std::string("\0\1\2", 3)}};
  ASSERT_TRUE(outbox_->Append(one, states).ok());
  Reopen();
  EXPECT_EQ(*outbox_->LoadState("engine/jetson-01"), std::string("\0\1\2", 3));
  EXPECT_EQ(*outbox_->LoadState("engine/jetson-02"), "");
  const std::vector<StateBlob> huge = {{"engine", std::string(limits::kMaxStateBytes + 1, 'x')}};
  const std::vector<OutboxEntry> two = {Entry(2)};
  EXPECT_FALSE(outbox_->Append(two, huge).ok());
  EXPECT_THAT(*outbox_->EventsAfter(0, 10), SizeIs(1));
}

TEST_F(OutboxTest, AnEventThatCouldNotBeReadBackIsRejectedAloneAndCounted) {
  std::vector<OutboxEntry> entries = {Entry(1), Entry(2), Entry(3)};
  entries[1].event.line = std::string(limits::kMaxIdBytes + 1, 'l');
  const auto appended = outbox_->Append(entries);
  ASSERT_TRUE(appended.ok());
  EXPECT_EQ(appended->added, 2U);
  EXPECT_EQ(appended->rejected, 1U);
  EXPECT_EQ(outbox_->counters().rejected, 1);
}

TEST_F(OutboxTest, DecisionsBecomeAnEntry) {
  using events::Severity;
  using events::Verdict;
  const std::vector<events::Decision> decisions = {
      {"first", Verdict::kDeliver, Severity::kInfo, {"json_log", "email_digest"}},
      {"second", Verdict::kCooldown, Severity::kCritical, {"email_immediate"}},
      {"third", Verdict::kDeliver, Severity::kWarning, {"webhook:ops", "json_log"}}};
  const OutboxEntry entry = EntryOf(test::ZoneExit(), decisions);
  ASSERT_THAT(entry.actions, SizeIs(3));
  EXPECT_EQ(entry.actions[0].action, "json_log");
  EXPECT_EQ(entry.actions[0].rule, "first, third");
  EXPECT_EQ(entry.actions[0].severity, Severity::kWarning);
  EXPECT_FALSE(entry.actions[0].collect);
  EXPECT_TRUE(entry.actions[1].collect);
  EXPECT_EQ(entry.actions[2].rule, "third");
  ASSERT_THAT(entry.held, SizeIs(1));
  EXPECT_EQ(entry.held[0].rule, "second");
  EXPECT_EQ(entry.held[0].reason, Verdict::kCooldown);
}

TEST_F(OutboxTest, FilesAreForTheirOwnerAlone) {
  Add(1);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    ASSERT_EQ(stat((path().string() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(OutboxTest, TwoProcessesCannotHaveIt) {
  const auto second = Outbox::Open(path(), options_);
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_THAT(MessageOf(second.status()), HasSubstr("another process uses it"));
}

TEST_F(OutboxTest, CanBeLookedIntoWhileItIsUsed) {
  Add(1);
  Finish(Claim()[0], Outcome::kDead, "no such host");
  const auto look = test::RunProgram({"/usr/bin/sqlite3", "-readonly", path().string(),
                                      "SELECT action, reason FROM deliveries WHERE state = 3"});
  if (look.exit_code == 127) GTEST_SKIP() << "needs sqlite3";
  EXPECT_EQ(look.out, "json_log|no such host\n") << look.err;
}

struct BadFileCase {
  const char* name;
  std::function<void(const std::filesystem::path&)> make;
  absl::StatusCode code;
  const char* message;
};
class BadOutboxFile : public testing::TestWithParam<BadFileCase> {};
TEST_P(BadOutboxFile, IsRefusedWithTheRemedy) {
  const test::TempDir dir;
  const auto path = dir / "outbox.db";
  GetParam().make(path);
  const auto outbox = Outbox::Open(path, {.min_free = {}});
  EXPECT_EQ(outbox.status().code(), GetParam().code) << outbox.status();
  EXPECT_THAT(MessageOf(outbox.status()), HasSubstr(GetParam().message));
  EXPECT_THAT(MessageOf(outbox.status()), HasSubstr(path.string()));
  EXPECT_EQ(MessageOf(outbox.status()).find('\n'), std::string_view::npos);
}
void Sql(const std::filesystem::path& path, const std::string& sql) {
  ASSERT_TRUE(Outbox::Open(path, {.min_free = {}}).ok());
  const auto run = test::RunProgram({"/usr/bin/sqlite3", path.string(), sql});
  ASSERT_EQ(run.exit_code, 0) << run.err;
}
INSTANTIATE_TEST_SUITE_P(
    Files, BadOutboxFile,
    testing::Values(
        BadFileCase{"text", [](auto& path) { test::WriteText(path, std::string(9000, 'x')); },
                    absl::StatusCode::kDataLoss, "move it away"},
        BadFileCase{"other_program", [](auto& path) { Sql(path, "PRAGMA application_id=7"); },
                    absl::StatusCode::kDataLoss, "another program's database"},
        BadFileCase{"newer", [](auto& path) { Sql(path, "PRAGMA user_version=99"); },
                    absl::StatusCode::kFailedPrecondition, "written by a newer version"},
        BadFileCase{"damaged",
                    [](auto& path) {
                      Sql(path, "PRAGMA user_version");
                      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
                      file.seekp(100);  // the first page's b-tree, behind the file header
                      file << std::string(3000, '\xFF');
                    },
                    absl::StatusCode::kDataLoss, "move it away"},
        BadFileCase{"folder", [](auto& path) { std::filesystem::create_directory(path); },
                    absl::StatusCode::kPermissionDenied, "writable"},
        BadFileCase{"link",
                    [](auto& path) {
                      std::filesystem::create_symlink(path.parent_path() / "elsewhere", path);
                    },
                    absl::StatusCode::kPermissionDenied, "writable"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(OutboxOpen, AMissingFolderIsTold) {
  const test::TempDir dir;
  const auto outbox = Outbox::Open(dir / "not" / "outbox.db");
  EXPECT_TRUE(absl::IsPermissionDenied(outbox.status()));
  EXPECT_THAT(MessageOf(outbox.status()), HasSubstr("the folder must exist"));
}

TEST(OutboxOpen, AFileSystemWithoutSpaceIsRefusedAtOnce) {
  const test::TempDir dir;
  const auto outbox = Outbox::Open(dir / "outbox.db", {.min_free = GiB(1'000'000'000)});
  EXPECT_TRUE(absl::IsResourceExhausted(outbox.status()));
  EXPECT_THAT(MessageOf(outbox.status()), HasSubstr("are wanted; free some"));
}

struct OptionCase {
  const char* name;
  std::function<void(OutboxOptions&)> spoil;
};
class OutboxOptionsTest : public testing::TestWithParam<OptionCase> {};
TEST_P(OutboxOptionsTest, OutOfRangeNamesTheField) {
  OutboxOptions options;
  EXPECT_TRUE(Validate(options).ok());
  GetParam().spoil(options);
  EXPECT_THAT(MessageOf(Validate(options)), testing::StartsWith(GetParam().name));
}
INSTANTIATE_TEST_SUITE_P(
    Fields, OutboxOptionsTest,
    testing::Values(OptionCase{"max_bytes", [](auto& o) { o.max_bytes = {1}; }},
                    OptionCase{"min_free", [](auto& o) { o.min_free = {-1}; }},
                    OptionCase{"max_events", [](auto& o) { o.max_events = 1; }},
                    OptionCase{"max_age", [](auto& o) { o.max_age = {}; }},
                    OptionCase{"retry.first", [](auto& o) { o.retry.first = {}; }},
                    OptionCase{"retry.longest", [](auto& o) { o.retry.longest = {}; }},
                    OptionCase{"retry.jitter", [](auto& o) { o.retry.jitter = 1.5; }},
                    OptionCase{"retry.max_failures", [](auto& o) { o.retry.max_failures = 0; }}));

}  // namespace
}  // namespace vigil::store
