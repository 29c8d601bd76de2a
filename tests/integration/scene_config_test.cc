// What a configuration of scenes is told: wrong ones in one line each, the documents' own as they stand.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "integration/analyze_fixture.h"

namespace vigil {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SceneConfigTest : public AnalyzeTest {};

struct WrongCase {
  const char* name;
  std::vector<std::string> arguments;
  int exit_code;
  const char* says;
};
class WrongScenes : public AnalyzeTest, public testing::WithParamInterface<WrongCase> {};

TEST_P(WrongScenes, AreSaidInOneLine) {
  auto arguments = GetParam().arguments;
  arguments.insert(arguments.begin(), test::SamplePath("vtest.avi").string());
  const auto run = Analyze(arguments);
  EXPECT_EQ(run.exit_code, GetParam().exit_code);
  EXPECT_THAT(run.err, HasSubstr(GetParam().says));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongScenes,
    testing::Values(
        WrongCase{"events_without_a_detector",
                  {"--events", "e.jsonl"},
                  2,
                  "--events needs an object detector: add --detector hog"},
        WrongCase{"a_pytorch_file", {"--detector", "yolo11n.pt"}, 2, "export it to ONNX"},
        WrongCase{"no_such_model", {"--detector", "nothere.onnx", "-q"}, 1, "nothere.onnx"},
        WrongCase{"a_misspelt_model",
                  {"--detector", "hogg", "-q"},
                  1,
                  "detector hogg: neither a file nor a known model; did you mean hog?"},
        WrongCase{
            "a_model_to_pull", {"--detector", "yolox-nano"}, 1, "vigil models pull yolox-nano"},
        WrongCase{"an_unknown_line",
                  {"--set", "lines=[{type: vertical, position_pct: 50, description: door}]",
                   "--set", "events=[{name: a, match: {line: dor}, actions: {json_log: true}}]"},
                  2,
                  "events.0.match.line: unknown line 'dor'; did you mean door?"},
        WrongCase{
            "a_mail_without_a_server",
            {"--detector", "hog", "--set", "object_events=true", "--set",
             "events=[{name: a, match: {event_type: OBJECT_APPEAR}, actions: {email_immediate: "
             "true}}]"},
            78,
            "events.0.actions.email_immediate: a rule asks for mails, but smtp.host is not set"},
        WrongCase{"a_bus_that_comes_later",
                  {"--detector", "hog", "--set", "object_events=true", "--set",
                   "events=[{name: a, match: {event_type: OBJECT_APPEAR}, actions: {mqtt: true}}]"},
                  78,
                  "events.0.actions.mqtt: "},
        WrongCase{
            "an_unknown_direction",
            {"--set", "lines=[{type: vertical, position_pct: 50, description: door}]", "--set",
             "events=[{name: a, match: {direction: leftright}, actions: {json_log: true}}]"},
            2,
            "events.0.match.direction: unknown direction 'leftright'"}),
    [](const testing::TestParamInfo<WrongCase>& test_case) {
      return std::string(test_case.param.name);
    });

// The configurations of the document load as they stand there.
TEST_F(SceneConfigTest, TheDocumentsConfigurationsLoadUnchanged) {
  const auto document = test::SharedPath("").parent_path().parent_path() /
                        "seeds/S1-edge-detector-event-processor.md";
  if (!std::filesystem::exists(document)) GTEST_SKIP() << document << " is not here";
  const std::string text = test::ReadText(document);
  int count = 0;
  for (auto at = text.find("```yaml\n"); at != std::string::npos;
       at = text.find("```yaml\n", at + 1)) {
    const auto begin = at + 8;
    const std::string yaml = text.substr(begin, text.find("```", begin) - begin);
    const auto run = test::RunProgram({VIGIL_BINARY, "config", "check", Config(yaml)});
    EXPECT_EQ(run.exit_code, 0) << yaml << run.err;
    ++count;
  }
  EXPECT_EQ(count, 6);
}

TEST_F(SceneConfigTest, AConfigurationIsToldAllThatIsWrongAndWhere) {
  const auto file = Config(
      "lines:\n"
      "  - {type: vertical, position_pct: 50, description: gate}\n"
      "zones:\n"
      "  - description: yard\n"
      "    points: [[0, 0], [1, 1]]\n"
      "events:\n"
      "  - name: a\n"
      "    match:\n"
      "      line: gaet\n"
      "      direction: leftright\n"
      "    actions: {webhook: true}\n");
  const auto wrong = test::RunProgram({VIGIL_BINARY, "config", "check", file});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_EQ(wrong.err,
            file + ":5:13: zones.0.points: must have 3 to 64 points, not 2\n" + file +
                ":9:13: events.0.match.line: unknown line 'gaet'; did you mean gate?\n" + file +
                ":10:18: events.0.match.direction: unknown direction 'leftright'; known: "
                "left_to_right, right_to_left\n");
  // What only analyze needs is a note: the file may be another machine's.
  const auto note = test::RunProgram(
      {VIGIL_BINARY, "config", "check",
       Config(
           "events: [{name: a, match: {event_type: OBJECT_APPEAR}, actions: {webhook: true}}]")});
  EXPECT_EQ(note.exit_code, 0);
  EXPECT_THAT(note.out, HasSubstr("note: events.0.actions.webhook: "));
}

TEST_F(SceneConfigTest, ShippedConfigurationsLoad) {
  const auto check = [](const std::string& file) {
    const auto run = test::RunProgram({VIGIL_BINARY, "config", "check", file});
    EXPECT_EQ(run.exit_code, 0) << file << ": " << run.err;
  };
  check(test::SourcePath("scripts/scene.yaml").string());
  int count = 0;
  for (const char* page : {"README.md", "docs/delivery.md", "docs/actions.md"}) {
    const std::string text = test::ReadText(test::SourcePath(page));
    for (auto at = text.find("```yaml\n"); at != std::string::npos;
         at = text.find("```yaml\n", at + 1)) {
      const std::string yaml = text.substr(at + 8, text.find("```", at + 8) - at - 8);
      // Pages on one action show its section alone.
      const bool section =
          !yaml.starts_with("lines:") && !yaml.starts_with("events:") && !yaml.starts_with("smtp:");
      std::string indented = yaml;
      if (section) {
        indented = "actions:\n  ";
        for (const char c : yaml) indented += c == '\n' ? std::string("\n  ") : std::string(1, c);
      }
      test::WriteText(Path("page.yaml"), indented);
      const auto run = test::RunProgram(
          {VIGIL_BINARY, "config", "check", Path("page.yaml")},
          {"SMTP_PASSWORD=secret", "HOOK_SECRET=a secret of some length", "TELEGRAM_TOKEN=1"});
      EXPECT_EQ(run.exit_code, 0) << page << ":\n" << indented << run.err;
      ++count;
    }
  }
  EXPECT_GT(count, 5);
}

// A horizontal line at half height, crossed twice upward and twice downward (data/README.md). From
// straight above, the network takes these cars for cell phones and suitcases: with all classes it
// sees every one of them.
// What a rule asks for and cannot have is found out here, not when the first event is lost.
TEST_F(SceneConfigTest, TestNotifyNamesWhatRulesLack) {
  const auto scene = Config(fmt::format(R"(
zones: [{{x1_pct: 0, y1_pct: 0, x2_pct: 50, y2_pct: 50, description: door}}]
events:
  - {{name: entered, match: {{event_type: ZONE_ENTER}}, actions: {{email_immediate: true, webhook: opps}}}}
state_dir: {0}/state
actions: {{json_log: {{path: {0}/log.jsonl}}, frame_capture: {{folder: {0}/captures, min_free: 0}}}}
)",
                                        dir_.path().string()));
  const auto all = test::RunProgram({VIGIL_BINARY, "test-notify", "--config", scene});
  EXPECT_EQ(all.exit_code, 1);
  EXPECT_THAT(all.out, HasSubstr("json_log: ok"));
  EXPECT_THAT(all.err, AllOf(HasSubstr("email_immediate: a rule asks for mails"),
                             HasSubstr("a rule asks for webhook:opps")));
  const auto one = test::RunProgram({VIGIL_BINARY, "test-notify", "json_log", "--config", scene});
  EXPECT_EQ(one.exit_code, 0) << one.err;
}

}  // namespace
}  // namespace vigil
