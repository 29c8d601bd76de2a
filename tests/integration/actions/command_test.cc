// Real programs, run for an event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "actions/command.h"
#include "core/status.h"
#include "support/environment.h"
#include "support/test_data.h"
#include "support/text_file.h"
#include "unit/actions/sample.h"

namespace vigil::actions {
namespace {

using testing::HasSubstr;
using testing::Not;
using vigil::test::ReadText;

class CommandTest : public testing::Test {
 protected:
  // The tests' shell scripts; the product itself uses no shell.
  CommandOptions Script(const std::string& text) {
    CommandOptions options;
    options.enabled = true;
    options.argv = {"/bin/sh", "-c", "cd \"$0\"; " + text, dir_.path().string()};
    return options;
  }
  static absl::Status Run(const CommandOptions& options, std::stop_token stop = {},
                          Clock::duration limit = test::kSoon) {
    auto command = Command::Create(options);
    if (!command.ok()) return command.status();
    return (*command)->Run(test::CarCrossing(), After(limit), std::move(stop));
  }

  vigil::test::TempDir dir_;
};

TEST_F(CommandTest, GetsTheEventAndNoSecrets) {
  const vigil::test::ScopedVariable secret("VIGIL_SMTP_PASSWORD", "hunter2");
  CommandOptions options =
      Script("cat > event.json; env > env.txt; ls /proc/self/fd | wc -l > fds");
  options.environment = {{"SOUND", "bell"}};
  const auto status = Run(options);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(nlohmann::json::parse(ReadText(dir_ / "event.json")).at("id"),
            "jetson-01/driveway/3/7");
  const std::string environment = ReadText(dir_ / "env.txt");
  for (const char* line :
       {"VIGIL_EVENT_ID=jetson-01/driveway/3/7\n", "VIGIL_EVENT_TYPE=LINE_CROSS\n",
        "VIGIL_EVENT_CLASS=car\n", "VIGIL_EVENT_LINE=driveway entry\n", "VIGIL_EVENT_TRACK=42\n",
        "VIGIL_EVENT_RULE=car-detected\n", "VIGIL_EVENT_ATTEMPT=1\n", "SOUND=bell\n", "PATH="}) {
    EXPECT_THAT(environment, HasSubstr(line));
  }
  EXPECT_THAT(environment, Not(HasSubstr("hunter2")));
  EXPECT_THAT(environment, Not(HasSubstr("VIGIL_EVENT_ZONE")));
  EXPECT_LE(std::stoi(ReadText(dir_ / "fds")), 4);  // 0, 1, 2 and ls's own
}

struct ExitCase {
  const char* name;
  const char* script;
  absl::StatusCode code;
  const char* message;
};
class Exits : public CommandTest, public testing::WithParamInterface<ExitCase> {};
TEST_P(Exits, SayWhetherToTryAgain) {
  const auto status = Run(Script(GetParam().script));
  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(GetParam().message));
  EXPECT_EQ(MessageOf(status).find_first_of("\n\x1b"), std::string_view::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Codes, Exits,
    testing::Values(
        ExitCase{"done", "exit 0", absl::StatusCode::kOk, ""},
        ExitCase{"stdin_not_read", "exec <&-; exit 0", absl::StatusCode::kOk, ""},
        ExitCase{"try_again", "echo busy; exit 75", absl::StatusCode::kUnavailable, ": busy"},
        ExitCase{"failed", "echo no; printf '\\033[2Jworse' >&2; exit 3",
                 absl::StatusCode::kFailedPrecondition, "exit code 3: no |  [2Jworse"},
        ExitCase{"crashed", "kill -SEGV $$", absl::StatusCode::kFailedPrecondition, "signal 11"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(CommandTest, OutputIsBounded) {
  const auto status = Run(Script("head -c 10000000 /dev/zero | tr '\\0' x; exit 1"));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_LT(MessageOf(status).size(), 5000U);
}

TEST_F(CommandTest, WhoPrintsWithoutEndIsEndedInTime) {
  CommandOptions options = Script("yes");
  options.timeout = std::chrono::milliseconds(300);
  const auto status = Run(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("y | y"));
}

TEST_F(CommandTest, TimeoutEndsTheWholeGroup) {
  CommandOptions options = Script(
      "sleep 1000 & echo $! > child; trap 'echo term > term; exit 1' "
      "TERM; touch ready; wait");
  options.timeout = std::chrono::milliseconds(500);
  options.grace = std::chrono::milliseconds(2000);
  EXPECT_EQ(Run(options).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReadText(dir_ / "term"), "term\n");
  // What the script had started is gone with it (or a zombie that init has yet to collect).
  const std::string stat =
      ReadText("/proc/" + std::to_string(std::stoi(ReadText(dir_ / "child"))) + "/stat");
  EXPECT_TRUE(stat.empty() || stat.find(") Z ") != std::string::npos) << stat;
}

TEST_F(CommandTest, WhoIgnoresSigtermIsKilled) {
  CommandOptions options = Script("trap '' TERM; while :; do sleep 1; done");
  options.timeout = std::chrono::milliseconds(200);
  options.grace = std::chrono::milliseconds(200);
  EXPECT_EQ(Run(options).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(CommandTest, TheDeadlineOfTheCallHoldsToo) {
  CommandOptions options = Script("sleep 1000");
  options.timeout = std::chrono::hours(1);
  options.grace = std::chrono::milliseconds(100);
  EXPECT_EQ(Run(options, {}, std::chrono::milliseconds(400)).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(CommandTest, AStopEndsIt) {
  CommandOptions options = Script("sleep 1000");
  options.timeout = std::chrono::hours(1);
  std::stop_source stop;
  const std::jthread stopper([&] {
    SleepUntil(After(std::chrono::milliseconds(200)), {});
    stop.request_stop();
  });
  EXPECT_EQ(Run(options, stop.get_token(), std::chrono::minutes(5)).code(),
            absl::StatusCode::kAborted);
}

TEST_F(CommandTest, WhatItLeavesInTheBackgroundDoesNotHoldUsUp) {
  const auto status = Run(Script("sleep 1000 & echo $! > child"));
  EXPECT_TRUE(status.ok()) << status;
  kill(std::stoi(ReadText(dir_ / "child")), SIGKILL);
}

TEST_F(CommandTest, OptionsAreChecked) {
  CommandOptions options;
  EXPECT_EQ(Validate(options).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(Validate(options))), HasSubstr("switched off"));
  options.enabled = true;
  EXPECT_FALSE(Validate(options).ok());
  options.argv = {"true"};
  EXPECT_THAT(std::string(MessageOf(Validate(options))), HasSubstr("absolute path"));
  options.argv = {"/no/such/program"};
  EXPECT_THAT(std::string(MessageOf(Validate(options))), HasSubstr("no such program"));
  options.argv = {"/bin/true"};
  EXPECT_TRUE(Validate(options).ok());
  options.environment = {{"A=B", "c"}};
  EXPECT_FALSE(Validate(options).ok());
}

}  // namespace
}  // namespace vigil::actions
