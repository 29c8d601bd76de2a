// The promise of delivery, held against `kill -9` and a full disk: no event missing, none twice.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "integration/delivery_feed.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil {
namespace {

using testing::HasSubstr;

constexpr int kNotPermitted = 77;

// What the log, mails and digests must have for the first `count` events.
struct Expected {
  std::vector<std::string> log;
  std::set<std::string> mails;
  std::int64_t held = 0;

  explicit Expected(std::int64_t count) {
    events::RuleSet rules = test::FeedRuleSet();
    for (std::int64_t i = 0; i < count; ++i) {
      const events::Event event = test::FeedEvent(i);
      log.push_back(event.id);
      for (const events::Decision& decision : rules.Match(event)) {
        if (decision.rule != "mail") continue;
        if (decision.verdict == events::Verdict::kDeliver) {
          mails.insert(event.id);
        } else {
          ++held;
        }
      }
    }
  }
};

struct Written {
  std::vector<std::string> log, mail, digests;

  static Written In(const test::TempDir& dir) {
    Written written;
    written.log = test::ReadLines(dir / "log");
    written.mail = test::ReadLines(dir / "mail");
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("digest-") || name.ends_with(".part")) continue;
      const auto lines = test::ReadLines(entry.path());
      written.digests.insert(written.digests.end(), lines.begin(), lines.end());
    }
    return written;
  }
  // From `name line` lines, as the helper prints them.
  static Written Of(const std::vector<std::string>& printed) {
    Written written;
    for (const std::string& line : printed) {
      const std::string rest = line.substr(line.find(' ') + 1);
      if (line.starts_with("log ")) written.log.push_back(rest);
      if (line.starts_with("mail ")) written.mail.push_back(rest);
      if (line.starts_with("digest ")) written.digests.push_back(rest);
    }
    return written;
  }
};

void ExpectAllDelivered(const Written& written, std::int64_t count, bool in_order) {
  const Expected expected(count);
  // The log: every event exactly once.
  std::vector<std::string> log;
  for (const std::string& line : written.log) log.push_back(line.substr(0, line.find(' ')));
  if (in_order) {
    EXPECT_EQ(log, expected.log);
  } else {
    EXPECT_THAT(log, testing::UnorderedElementsAreArray(expected.log));
  }
  // The mails: every one at least once, and a second only after an attempt that was cut off.
  std::map<std::string, int> mails;
  for (const std::string& line : written.mail) {
    const std::string id = line.substr(0, line.find(' '));
    EXPECT_TRUE(expected.mails.contains(id)) << id;
    const bool repeated = ++mails[id] > 1;
    EXPECT_FALSE(repeated && line.ends_with(" 1")) << line;
  }
  EXPECT_EQ(mails.size(), expected.mails.size());
  // The digests: every event in exactly one, and all that was held back.
  std::vector<std::string> digests;
  std::int64_t held = 0;
  for (const std::string& line : written.digests) {
    if (line.starts_with("held ")) {
      held += std::stoll(line.substr(5));
    } else {
      digests.push_back(line);
    }
  }
  std::ranges::sort(digests);
  auto all = expected.log;
  std::ranges::sort(all);
  EXPECT_EQ(digests, all);
  EXPECT_EQ(held, expected.held);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t from = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

test::Outcome Helper(const std::string& mode, const test::TempDir& dir) {
  return test::RunProgram({VIGIL_DELIVERY_HELPER, mode, dir.path().string()});
}

// Runs the feeding helper until it has fed `batches`, and a little longer; then kills it. Its exit
// status, -9 for killed.
int FeedAndKill(const test::TempDir& dir, int batches, std::chrono::microseconds after) {
  std::array<int, 2> fed;
  if (pipe2(fed.data(), O_CLOEXEC) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(fed[1], STDOUT_FILENO);
    execl(VIGIL_DELIVERY_HELPER, VIGIL_DELIVERY_HELPER, "feed", dir.path().c_str(), nullptr);
    _exit(127);
  }
  close(fed[1]);
  pollfd readable{fed[0], POLLIN, 0};
  char dot = 0;
  while (batches > 0 && poll(&readable, 1, 60'000) > 0 && read(fed[0], &dot, 1) == 1) --batches;
  std::this_thread::sleep_for(after);
  kill(child, SIGKILL);
  close(fed[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && batches == 0 ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(Delivery, KilledFiftyTimesAtRandomNothingIsMissingOrTwice) {
  const test::TempDir dir;
  std::mt19937 random(20260617);
  std::int64_t least = 0;
  for (int i = 0; i < 50; ++i) {
    // Every fifth while it starts, the others while it works.
    const int batches = i % 5 == 0 ? 0 : static_cast<int>(random() % 25);
    const std::chrono::microseconds wait(random() % (batches == 0 ? 60'000 : 8'000));
    ASSERT_EQ(FeedAndKill(dir, batches, wait), -SIGKILL) << i;
    least += batches;
  }
  const auto run = Helper("drain", dir);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::int64_t count = std::stoll(run.out);
  EXPECT_GE(count, least);
  std::printf("%lld events through 50 kills\n", static_cast<long long>(count));
  ExpectAllDelivered(Written::In(dir), count, true);
}

TEST(Delivery, AFileThatCannotGrowIsAnErrorAndNoLoss) {
  const test::TempDir dir;
  const auto run = Helper("fill-limit", dir);
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const auto lines = Lines(run.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("outbox.db: no space left; free some"));
  ExpectAllDelivered(Written::In(dir), std::stoll(lines[1]), true);
}

TEST(Delivery, AFullDiskIsAnErrorAndNoLoss) {
  const test::TempDir dir;
  const auto run = Helper("fill-disk", dir);
  if (run.exit_code == kNotPermitted) GTEST_SKIP() << "needs the right to mount a tmpfs";
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const auto lines = Lines(run.out);
  ASSERT_GT(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("outbox.db: no space left; free some"));
  // An append to the log that found no space is repeated later: behind others.
  ExpectAllDelivered(Written::Of(lines), std::stoll(lines[1]), false);
}

TEST(Delivery, WithoutSpaceItDoesNotStartAndDamagesNothing) {
  const test::TempDir dir;
  auto run = Helper("open", dir);  // not even a new file
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_EQ(FeedAndKill(dir, 20, {}), -SIGKILL);
  run = Helper("open", dir);
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("no space left; free some"));
  run = Helper("drain", dir);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  ExpectAllDelivered(Written::In(dir), std::stoll(run.out), true);
}

}  // namespace
}  // namespace vigil
