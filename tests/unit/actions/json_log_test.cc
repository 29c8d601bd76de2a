#include "actions/json_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "core/status.h"
#include "support/test_data.h"
#include "support/text_file.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using vigil::test::ReadLines;
using vigil::test::ReadText;
using vigil::test::TempDir;
using vigil::test::WriteText;

class JsonLogTest : public testing::Test {
 protected:
  JsonLogOptions Options() {
    JsonLogOptions options;
    options.path = dir_ / "events.jsonl";
    options.time_zone = "Europe/Berlin";
    return options;
  }
  absl::StatusOr<std::unique_ptr<JsonLog>> Open(const JsonLogOptions& options) {
    return JsonLog::Open(options, [this] { return now_; });
  }
  static absl::Status Run(JsonLog& log, std::int64_t sequence) {
    return log.Run(test::CarCrossing(sequence), After(test::kSoon), {});
  }
  std::vector<std::int64_t> Sequences(const std::filesystem::path& path) {
    std::vector<std::int64_t> sequences;
    for (const auto& line : ReadLines(path)) {
      sequences.push_back(nlohmann::json::parse(line).at("sequence"));
    }
    return sequences;
  }
  std::vector<std::filesystem::path> Rotated() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      if (entry.path().filename().string().starts_with("events-2")) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  TempDir dir_;
  // The day of a file that is there is the one it was written on, so the clock begins at the real
  // one.
  WallTime now_ = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
};

TEST_F(JsonLogTest, WritesOneLineOfJsonForAnEvent) {
  auto log = Open(Options());
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE(Run(**log, 7).ok());
  const auto lines = ReadLines(dir_ / "events.jsonl");
  ASSERT_EQ(lines.size(), 1U);
  const auto json = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(json.at("id"), "jetson-01/driveway/3/7");
  EXPECT_EQ(json.at("type"), "LINE_CROSS");
  EXPECT_EQ(json.at("time"), "2026-11-24T20:57:24.123Z");
  EXPECT_EQ(json.at("rule"), "car-detected");
  EXPECT_EQ(json.at("bbox").at("x2"), 400);
  EXPECT_FALSE(json.contains("zone"));
}

TEST_F(JsonLogTest, OneLineForAnIdHoweverOftenItIsRun) {
  {
    auto log = Open(Options());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(Run(**log, 1).ok());
  }
  // After a crash the outbox runs again what it does not know to have been done.
  auto log = Open(Options());
  ASSERT_TRUE(Run(**log, 1).ok());
  ASSERT_TRUE(Run(**log, 2).ok());
  EXPECT_THAT(Sequences(dir_ / "events.jsonl"), ElementsAre(1, 2));
}

TEST_F(JsonLogTest, RemembersIdsOfTheFileBeforeARotation) {
  JsonLogOptions options = Options();
  {
    auto log = Open(options);
    ASSERT_TRUE(Run(**log, 1).ok());
    now_ += std::chrono::hours(24);
    ASSERT_TRUE(Run(**log, 2).ok());
  }
  ASSERT_EQ(Rotated().size(), 1U);
  auto log = Open(options);
  ASSERT_TRUE(Run(**log, 1).ok());
  EXPECT_THAT(Sequences(dir_ / "events.jsonl"), ElementsAre(2));
}

struct TornCase {
  const char* name;
  std::string tail;
};
class TornLine : public JsonLogTest, public testing::WithParamInterface<TornCase> {};

TEST_P(TornLine, IsRemovedAndItsEventWrittenAgain) {
  {
    auto log = Open(Options());
    ASSERT_TRUE(Run(**log, 1).ok());
  }
  WriteText(dir_ / "events.jsonl", ReadText(dir_ / "events.jsonl") + GetParam().tail);
  auto log = Open(Options());
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE(Run(**log, 2).ok());
  EXPECT_THAT(Sequences(dir_ / "events.jsonl"), ElementsAre(1, 2));
}
INSTANTIATE_TEST_SUITE_P(
    Tails, TornLine,
    testing::Values(TornCase{"one_byte", "{"},
                    TornCase{"half", R"({"id":"jetson-01/driveway/3/2","type":"LINE)"},
                    TornCase{"all_but_the_line_end", R"({"id":"jetson-01/driveway/3/2"})"},
                    // What some file systems leave after a power cut.
                    TornCase{"zeros", std::string(4096, '\0')}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(JsonLogTest, TornFirstLineIsRemovedToo) {
  WriteText(dir_ / "events.jsonl", R"({"id":"jetson)");
  auto log = Open(Options());
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE(Run(**log, 1).ok());
  EXPECT_THAT(Sequences(dir_ / "events.jsonl"), ElementsAre(1));
}

TEST_F(JsonLogTest, AFileThatIsNoLogIsLeftAlone) {
  const std::string precious(200'000, 'x');
  for (const std::string& text : {precious, std::string("notes without a line end")}) {
    WriteText(dir_ / "events.jsonl", text);
    const auto log = Open(Options());
    EXPECT_EQ(log.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReadText(dir_ / "events.jsonl"), text);
  }
}

TEST_F(JsonLogTest, RotatesBySizeAndKeepsTheNewest) {
  JsonLogOptions options = Options();
  options.max_bytes = KiB(64);
  options.keep_files = 2;
  auto log = Open(options);
  constexpr int kEvents = 800;  // of about 400 bytes: five files
  for (int i = 0; i < kEvents; ++i) ASSERT_TRUE(Run(**log, i).ok());
  const auto rotated = Rotated();
  ASSERT_EQ(rotated.size(), 2U);
  std::vector<std::int64_t> all;
  for (const auto& file : {rotated[0], rotated[1], dir_ / "events.jsonl"}) {
    EXPECT_LE(std::filesystem::file_size(file), 64U << 10);
    const auto sequences = Sequences(file);
    all.insert(all.end(), sequences.begin(), sequences.end());
  }
  EXPECT_EQ(all.back(), kEvents - 1);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i], all[i - 1] + 1);
}

TEST_F(JsonLogTest, RotatesAtMidnightOfTheConfiguredZone) {
  now_ = test::Utc("2026-11-24T22:59:59Z");  // 23:59:59 in Berlin
  auto log = Open(Options());
  ASSERT_TRUE(Run(**log, 1).ok());
  now_ += std::chrono::seconds(1);
  ASSERT_TRUE(Run(**log, 2).ok());
  ASSERT_EQ(Rotated().size(), 1U);
  EXPECT_EQ(Rotated()[0].filename(), "events-20261124T230000Z.jsonl");
  EXPECT_THAT(Sequences(Rotated()[0]), ElementsAre(1));
  EXPECT_THAT(Sequences(dir_ / "events.jsonl"), ElementsAre(2));
}

TEST_F(JsonLogTest, RemovesByAgeAndBytesOnlyWhatItMade) {
  const auto make = [&](const char* name, int days) {
    WriteText(dir_ / name, std::string(1000, '\n'));
    std::filesystem::last_write_time(
        dir_ / name, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * days));
  };
  make("events-20200101T000000Z.jsonl", 100);
  make("events-20200102T000000Z.jsonl", 5);
  make("events-20200103T000000Z_0001.jsonl", 4);
  make("events-2020.jsonl", 100);
  make("events-important.jsonl", 100);
  make("other-20200101T000000Z.jsonl", 100);
  JsonLogOptions options = Options();
  options.keep_age = std::chrono::hours(24 * 30);
  options.keep_bytes = {1500};
  ASSERT_TRUE(Open(options).ok());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    left.push_back(entry.path().filename());
  }
  EXPECT_THAT(left, testing::UnorderedElementsAre(
                        "events.jsonl", "events-20200103T000000Z_0001.jsonl", "events-2020.jsonl",
                        "events-important.jsonl", "other-20200101T000000Z.jsonl"));
}

TEST_F(JsonLogTest, BeginsAnewWhenTheFileIsMovedAway) {
  auto log = Open(Options());
  ASSERT_TRUE(Run(**log, 1).ok());
  std::filesystem::rename(dir_ / "events.jsonl", dir_ / "moved");
  ASSERT_TRUE(Run(**log, 2).ok());
  EXPECT_THAT(Sequences(dir_ / "moved"), ElementsAre(1));
  EXPECT_THAT(Sequences(dir_ / "events.jsonl"), ElementsAre(2));
}

TEST_F(JsonLogTest, TwoWritersOfOneFileAreRefused) {
  const auto first = Open(Options());
  const auto second = Open(Options());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(second.status())), HasSubstr("another process writes it"));
}

TEST_F(JsonLogTest, AnUnusablePathIsSaidInOneLine) {
  JsonLogOptions options = Options();
  WriteText(dir_ / "file", "x");
  options.path = dir_ / "file" / "events.jsonl";
  const auto below_a_file = Open(options);
  ASSERT_FALSE(below_a_file.ok());
  EXPECT_THAT(std::string(MessageOf(below_a_file.status())), HasSubstr((dir_ / "file").string()));
  EXPECT_EQ(MessageOf(below_a_file.status()).find('\n'), std::string_view::npos);

  mkfifo((dir_ / "pipe").c_str(), 0600);
  options.path = dir_ / "pipe";
  EXPECT_FALSE(Open(options).ok());  // and does not wait for a reader
}

TEST_F(JsonLogTest, EveryFsyncPolicyWrites) {
  for (const Fsync policy : {Fsync::kNever, Fsync::kInterval, Fsync::kAlways}) {
    std::filesystem::remove(dir_ / "events.jsonl");
    JsonLogOptions options = Options();
    options.fsync = policy;
    options.fsync_interval = std::chrono::milliseconds(10);
    auto log = Open(options);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(Run(**log, i).ok());
    EXPECT_EQ(ReadLines(dir_ / "events.jsonl").size(), 50U);
  }
}

TEST_F(JsonLogTest, ThreadsShareIt) {
  JsonLogOptions options = Options();
  options.max_bytes = KiB(64);
  options.keep_files = 0;
  options.fsync_interval = std::chrono::milliseconds(10);
  auto log = Open(options);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {  // all write the same events
        for (int i = 0; i < 300; ++i) EXPECT_TRUE(Run(**log, i).ok());
      });
    }
  }
  std::size_t lines = ReadLines(dir_ / "events.jsonl").size();
  for (const auto& file : Rotated()) lines += ReadLines(file).size();
  EXPECT_EQ(lines, 300U);
}

TEST(JsonLogOptions, AreChecked) {
  JsonLogOptions options;
  EXPECT_TRUE(Validate(options).ok());
  options.time_zone = "Mars/Olympus";
  EXPECT_FALSE(Validate(options).ok());
  options = {};
  options.max_bytes = {1000};
  EXPECT_FALSE(Validate(options).ok());
  options = {};
  options.path = "folder/";
  EXPECT_FALSE(Validate(options).ok());
}

}  // namespace
}  // namespace vigil::actions
