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

// A value out of range hides nothing of what is wrong elsewhere, and causes no second message.
TEST_F(SceneConfigTest, ValuesThatAreRefusedHideNoWrongReferences) {
  const auto file = Config(
      "lines:\n"
      "  - {type: vertical, position_pct: 500, description: gate}\n"
      "zones:\n"
      "  - {x1_pct: 0, y1_pct: 0, x2_pct: 50, y2_pct: 50, description: yard, dwell: soon}\n"
      "events:\n"
      "  - name: a\n"
      "    match: {event_type: ZONE_DWELL, zone: yrd}\n"
      "    cooldown: often\n"
      "    actions: {json_log: true}\n"
      "  - name: b\n"
      "    match: {event_type: ZONE_DWELL, zone: yard}\n"
      "    actions: {json_log: true}\n"
      "  - name: c\n"
      "    match: {event_type: ZONE_EXIT, direction: left_to_right}\n"
      "    actions: {json_log: true}\n"
      "outbox: {max_events: 5}\n");
  const auto wrong = test::RunProgram({VIGIL_BINARY, "config", "check", file});
  EXPECT_EQ(wrong.exit_code, 78);
  std::vector<std::string> places;
  for (std::size_t at = 0, end = 0; (end = wrong.err.find('\n', at)) != std::string::npos;
       at = end + 1) {
    const std::string line = wrong.err.substr(at, end - at);
    places.push_back(line.substr(file.size() + 1, line.find(": ") - file.size() - 1));
  }
  EXPECT_THAT(places, testing::ElementsAre("2:36", "4:78", "7:43", "8:15", "14:47", "16:22"))
      << wrong.err;
}

TEST_F(SceneConfigTest, RulesThatCanNeverFireAreRefusedWithTheirPlace) {
  const auto file = Config(
      "detector: {model_file: hog}\n"
      "lines:\n"
      "  - {type: vertical, position_pct: 50, description: gate}\n"
      "  - {type: horizontal, position_pct: 50, description: fence}\n"
      "zones:\n"
      "  - {x1_pct: 0, y1_pct: 0, x2_pct: 50, y2_pct: 50, description: yard, dwell: 10s}\n"
      "  - {x1_pct: 0, y1_pct: 0, x2_pct: 50, y2_pct: 50, description: lawn, classes: [persn]}\n"
      "events:\n"
      "  - {name: a, match: {event_type: ZONE_DWELL, zone: lawn}, actions: {json_log: true}}\n"
      "  - {name: b, match: {line: fence, direction: left_to_right}, actions: {json_log: true}}\n"
      "  - {name: c, match: {line: gate, zone: yard}, actions: {json_log: true}}\n"
      "  - {name: d, match: {event_type: CAMERA_OFFLINE, class: person}, actions: {json_log: "
      "true}}\n"
      "  - {name: e, match: {class: car}, actions: {json_log: true}}\n");
  const auto wrong = test::RunProgram({VIGIL_BINARY, "config", "check", file});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_EQ(
      wrong.err,
      file + ":7:80: zones.1.classes: unknown class 'persn'; did you mean person?\n" + file +
          ":9:53: events.0.match.zone: ZONE_DWELL never comes at 'lawn', so the rule would do "
          "nothing: the zone has no dwell\n" +
          file +
          ":10:47: events.1.match.direction: LINE_CROSS never comes with 'left_to_right' there, so "
          "the rule would do nothing; known: top_to_bottom, bottom_to_top\n" +
          file +
          ":11:41: events.2.match.zone: no event has both a line and a zone, so the rule would do "
          "nothing; make it two rules\n" +
          file + ":12:58: events.3.match.class: CAMERA_OFFLINE has no class\n" + file +
          ":13:30: events.4.match.class: unknown class 'car'; the detector knows person alone, "
          "detector.model_file names others\n");
}

TEST_F(SceneConfigTest, RulesOfTheWrongHourOrAgeAreRefusedWithTheirPlace) {
  const auto file = Config(
      "tracks: {min_age: 1s}\n"
      "events:\n"
      "  - {name: late, match: {event_type: OBJECT_APPEAR}, min_track_age: 2s, actions: {json_log: "
      "true}}\n"
      "  - {name: off, match: {time_of_day: \"08:00-09:00\"}, schedule: {from: \"22:00\", to: "
      "\"06:00\"}, actions: {json_log: true}}\n"
      "  - {name: day, match: {weekday: monday}, schedule: {weekdays: [tuesday]}, actions: "
      "{json_log: true}}\n");
  const auto wrong = test::RunProgram({VIGIL_BINARY, "config", "check", file});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_THAT(wrong.err,
              HasSubstr(file + ":3:69: events.0.min_track_age: OBJECT_APPEAR comes once"));
  EXPECT_THAT(wrong.err, HasSubstr("set tracks.min_age: 2s"));
  EXPECT_THAT(wrong.err, HasSubstr(file + ":4:38: events.1.match.time_of_day: "));
  EXPECT_THAT(wrong.err, HasSubstr(file + ":5:34: events.2.match.weekday: "));
}

// The whole scene would be passed over without a word.
TEST_F(SceneConfigTest, ADeviceThatHasNoSceneAmongDevicesIsRefused) {
  const std::string devices =
      "devices:\n"
      "  jetson-01:\n"
      "    zones: [{description: all, x1_pct: 0, y1_pct: 0, x2_pct: 100, y2_pct: 100}]\n";
  const auto file = Config("device_id: jetson-1\n" + devices);
  const std::string why =
      "device_id: 'jetson-1' is none of devices, and would have no scene; did you mean jetson-01?";
  const auto check = test::RunProgram({VIGIL_BINARY, "config", "check", file});
  EXPECT_EQ(check.exit_code, 78);
  EXPECT_EQ(check.err, file + ":1:12: " + why + "\n");
  // The file of a processor names no device; analyze has to be one.
  const auto processor = Config(devices);
  EXPECT_EQ(test::RunProgram({VIGIL_BINARY, "config", "check", processor}).exit_code, 0);
  const auto analyze = test::RunProgram(
      {VIGIL_BINARY, "analyze", "--config", processor, test::SamplePath("vtest.avi").string()});
  EXPECT_EQ(analyze.exit_code, 78) << analyze.err;
  EXPECT_THAT(analyze.err,
              HasSubstr("'local' is none of devices, and would have no scene; known: jetson-01"));
  const auto own = Config(
      "device_id: jetson-1\nevents: [{name: a, match: {event_type: "
      "OBJECT_APPEAR}, actions: {json_log: true}}]\n" +
      devices);
  EXPECT_EQ(test::RunProgram({VIGIL_BINARY, "config", "check", own}).exit_code, 0);
}

TEST_F(SceneConfigTest, WordsOfFrigateAreUnderstood) {
  const auto wrong = test::RunProgram(
      {VIGIL_BINARY, "config", "check",
       Config("zones:\n"
              "  - {description: porch, coordinates: x, objects: person, loitering_time: 4}\n"
              "events:\n"
              "  - {name: a, actions: {json_log: true}, schedule: {weekdays: [mon]}}\n")});
  EXPECT_EQ(wrong.exit_code, 78);
  for (const char* hint : {"did you mean zones.0.points?", "did you mean zones.0.classes?",
                           "did you mean zones.0.dwell?", "did you mean monday?"}) {
    EXPECT_THAT(wrong.err, HasSubstr(hint));
  }
}

TEST_F(SceneConfigTest, TheKeyForTheDetectorsClassesIsFound) {
  const auto wrong = test::RunProgram(
      {VIGIL_BINARY, "config", "check", Config("detector: {model_file: hog, classes: person}\n")});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_THAT(wrong.err,
              HasSubstr("detector.classes: unknown key; did you mean detector.track_classes?"));
}

// Which classes there are is known once the model is: a misspelt one is a wrong configuration, not a failed input.
TEST_F(SceneConfigTest, ClassesThatTheDetectorDoesNotKnowAreAWrongConfiguration) {
  const auto model = test::SharedPath("models/FastestDet.onnx");
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "../shared/data is not here";
  const auto analyze = [&](const std::string& scene) {
    return Analyze({test::SamplePath("vtest.avi").string(), "--detector", model.string(),
                    "--config", Config(scene)});
  };
  const auto wrong = analyze(
      "lines: [{type: vertical, position_pct: 50, description: gate, classes: [persn, car]}]\n"
      "zones:\n"
      "  - {x1_pct: 0, y1_pct: 0, x2_pct: 50, y2_pct: 50, description: yard, dwell_by_class: "
      "{trukc: "
      "{after: 1s}}}\n"
      "events: [{name: a, match: {class: bicycl}, actions: {json_log: true}}]\n");
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_EQ(wrong.err,
            "vigil: lines.0.classes: unknown class 'persn'; did you mean person?\n"
            "vigil: zones.0.dwell_by_class: unknown class 'trukc'; did you mean truck?\n"
            "vigil: events.0.match.class: unknown class 'bicycl'; did you mean bicycle?\n");
  const auto left_out = analyze(
      "detector: {track_classes: person}\n"
      "events: [{name: a, match: {class: car}, actions: {json_log: true}}]\n");
  EXPECT_EQ(left_out.exit_code, 78);
  EXPECT_EQ(
      left_out.err,
      "vigil: events.0.match.class: 'car' never comes: detector.track_classes leaves it out\n");
  const auto tracked = analyze("detector: {track_classes: persn}\n");
  EXPECT_EQ(tracked.exit_code, 78);
  EXPECT_THAT(tracked.err,
              AllOf(HasSubstr("track_classes: \"persn\""), HasSubstr("did you mean person?")));
}

TEST_F(SceneConfigTest, EveryDevicesMissingSettingsAreNoted) {
  const auto note = test::RunProgram(
      {VIGIL_BINARY, "config", "check",
       Config(
           "devices:\n"
           "  front: {events: [{name: a, match: {event_type: OBJECT_APPEAR}, actions: {webhook: "
           "ops}}]}\n"
           "  back: {events: [{name: a, match: {event_type: OBJECT_APPEAR}, actions: "
           "{email_immediate: true}}]}\n"
           "events: [{name: a, match: {event_type: OBJECT_APPEAR}, actions: {command: true}}]\n")});
  EXPECT_EQ(note.exit_code, 0) << note.err;
  EXPECT_THAT(note.out, AllOf(HasSubstr("note: events.0.actions.command: "),
                              HasSubstr("note: devices.front.events.0.actions.webhook: "),
                              HasSubstr("note: devices.back.events.0.actions.email_immediate: ")));
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
