#include "app/test_notify_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// USERS.md, pain 9: the path is proven before it is needed.
class Pain9TestNotify : public testing::Test {
 protected:
  int Run(const std::vector<std::string>& names = {}) {
    out_.str("");
    err_.str("");
    return TestNotify(paths_, {names, std::chrono::seconds(20)}, {}, out_, err_);
  }
  void AddLog() {
    actions::JsonLogOptions options;
    options.path = dir_ / "events.jsonl";
    paths_.push_back(JsonLogPath("json_log", options));
  }
  void AddCapture() {
    actions::FrameCaptureOptions options;
    options.folder = dir_ / "captures";
    options.spool = dir_ / "spool";
    options.min_free = {1};
    paths_.push_back(CapturePath("frame_capture", options));
  }
  void AddBrokenHook() {
    actions::WebhookOptions options;
    options.url = "http://127.0.0.1:1/secret-path";
    paths_.push_back(WebhookPath("chat", options));
  }

  vigil::test::TempDir dir_;
  std::vector<NotifyPath> paths_;
  std::ostringstream out_, err_;
};

TEST_F(Pain9TestNotify, SaysOkForEachPathThatWorks) {
  AddLog();
  AddCapture();
  actions::CommandOptions command;
  command.enabled = true;
  command.argv = {"/bin/sh", "-c", "cp \"$VIGIL_EVENT_PICTURE\" \"$0\"",
                  (dir_ / "got.jpg").string()};
  paths_.push_back(CommandPath("command", command));
  EXPECT_EQ(Run(), 0) << out_.str() << err_.str();
  EXPECT_THAT(out_.str(),
              MatchesRegex("json_log: ok, " + (dir_ / "events.jsonl").string() +
                           " \\([0-9.]+ s\\)\nframe_capture: ok, " + (dir_ / "captures").string() +
                           " \\([0-9.]+ s\\)\ncommand: ok \\([0-9.]+ s\\)\n"));
  const auto lines = vigil::test::ReadLines(dir_ / "events.jsonl");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(std::string(nlohmann::json::parse(lines[0]).at("reason")),
              HasSubstr("not a real event"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "captures/vigil/test"));
  EXPECT_TRUE(vigil::test::ReadText(dir_ / "got.jpg").starts_with("\xFF\xD8"));
  EXPECT_EQ(Run(), 0);
  EXPECT_EQ(vigil::test::ReadLines(dir_ / "events.jsonl").size(), 2U);  // another event
}

TEST_F(Pain9TestNotify, SaysWhatFailedAndGoesOn) {
  AddBrokenHook();
  AddLog();
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(out_.str(), HasSubstr("chat: failed: http://127.0.0.1:1: no connection; check host"));
  EXPECT_THAT(out_.str(), HasSubstr("json_log: ok"));
  EXPECT_THAT(out_.str(), testing::Not(HasSubstr("secret-path")));
}

TEST_F(Pain9TestNotify, ABadOptionIsAFailedPath) {
  actions::SmtpOptions smtp;
  smtp.host = "127.0.0.1";
  paths_.push_back(EmailPath("email_immediate", smtp, {}));
  paths_.push_back(DigestPath("email_digest", smtp, {}));
  paths_.push_back(CommandPath("command", {}));
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(out_.str(), HasSubstr("email_immediate: failed: to: 1 to 50 addresses"));
  EXPECT_THAT(out_.str(), HasSubstr("email_digest: failed: to: 1 to 50 addresses"));
  EXPECT_THAT(out_.str(), HasSubstr("command: failed: command: running programs is switched off"));
}

TEST_F(Pain9TestNotify, OnlyTheNamedOnes) {
  AddBrokenHook();
  AddLog();
  EXPECT_EQ(Run({"json_log"}), 0);
  EXPECT_EQ(Run({"json_lgo"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean json_log?"));
  paths_.clear();
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("no action is configured"));
}

}  // namespace
}  // namespace vigil::app
