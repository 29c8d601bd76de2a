// Scenes as a user meets them: the real program on real videos, from detections to mails.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "integration/actions/script_server.h"
#include "integration/scene_fixture.h"
#include "media/picture.h"
#include "media/picture_writer.h"

namespace vigil {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(SceneTest, AStreetBecomesObjectsEventsAndAnAnnotatedVideo) {
  const auto street = MakeStreet(60);
  const auto scene = Config(kScene);
  const auto run =
      Analyze({street, "--detector", "hog", "--config", scene, "--save", Path("out.mp4"), "--json",
               Path("frames.jsonl"), "--events", Path("events.jsonl"), "--detections",
               Path("detections.jsonl"), "--csv", Path("objects.csv")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("60 frames"), HasSubstr("person"),
                             HasSubstr("line path: left_to_right"), HasSubstr("zone lawn:")));

  const auto frames = ReadJsonLines(Path("frames.jsonl"));
  ASSERT_EQ(frames.size(), 60U);
  EXPECT_FALSE(frames[30].contains("faces"));
  ASSERT_FALSE(frames[30]["objects"].empty());
  EXPECT_EQ(frames[30]["objects"][0]["class_name"], "person");
  EXPECT_GT(frames[30]["timing_ms"]["objects"], 0);
  EXPECT_EQ(test::ReadLines(Path("detections.jsonl")).size(), 60U);
  EXPECT_THAT(test::ReadLines(Path("objects.csv"))[0], HasSubstr("track_id"));

  // Everybody who enters the zone leaves it, at the latest with the video.
  std::map<std::string, int> types;
  for (const json& event : ReadJsonLines(Path("events.jsonl"))) {
    ++types[event["type"]];
    EXPECT_EQ(event["device_id"], "jetson-01");
    EXPECT_EQ(event["camera_id"], "street");
    EXPECT_THAT(event["id"].get<std::string>(), HasSubstr("jetson-01/street/0/"));
  }
  EXPECT_GT(types["ZONE_ENTER"], 0);
  EXPECT_EQ(types["ZONE_ENTER"], types["ZONE_EXIT"]);
  EXPECT_EQ(types["OBJECT_APPEAR"], types["OBJECT_LOST"]);

  auto video = media::OpenVideo(Path("out.mp4"), {}, {});
  ASSERT_TRUE(video.ok()) << video.status();
  EXPECT_TRUE((*video)->Read({}).ok());

  // The recorded messages, played again, bring about the same events to the byte.
  const auto replay =
      Replay({Path("detections.jsonl"), "--config", scene, "--events", Path("again.jsonl")});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_THAT(replay.out,
              AllOf(HasSubstr("jetson-01/street: 60 messages"), HasSubstr("line path:")));
  EXPECT_EQ(Text("again.jsonl"), Text("events.jsonl"));
}

TEST_F(SceneTest, OutputsFollowTheirSchemas) {
  const auto run = Analyze({MakeStreet(6), "--detector", "hog", "--faces", "--config",
                            Config(kScene), "--json", Path("frames.jsonl"), "--events",
                            Path("events.jsonl"), "--detections", Path("detections.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::pair<const char*, const char*> pairs[] = {
      {"frames.jsonl", "analyze-frame.schema.json"},
      {"events.jsonl", "event.schema.json"},
      {"detections.jsonl", "detection-message.schema.json"}};
  for (const auto& [lines, schema] : pairs) {
    const auto checked = test::RunProgram(
        {"/usr/bin/python3", "-c",
         "import json, sys, jsonschema\n"
         "schema = json.load(open(sys.argv[2]))\n"
         "lines = open(sys.argv[1]).read().splitlines()\n"
         "[jsonschema.validate(json.loads(l), schema) for l in lines]\n"
         "print(len(lines))",
         Path(lines), test::SourcePath(std::string("docs/schema/") + schema).string()});
    EXPECT_EQ(checked.exit_code, 0) << lines << ": " << checked.err;
    EXPECT_GT(std::stoi("0" + checked.out), 0) << lines;
  }
}

TEST_F(SceneTest, RulesAreDeliveredOnceAndCooldownsAreCounted) {
  const auto scene = Config(kScene + R"(
events:
  - name: on the lawn
    match: {event_type: ZONE_ENTER, zone: lawn, class: person}
    actions: {json_log: true, frame_capture: true, command: true}
  - name: seldom
    match: {event_type: [ZONE_ENTER, ZONE_EXIT]}
    actions: {json_log: true}
    cooldown: 1h
)" +
                            fmt::format(R"(
state_dir: {0}/state
actions:
  json_log: {{path: {0}/log.jsonl, fsync: always, daily: false}}
  frame_capture: {{folder: {0}/captures, spool: {0}/spool, min_free: 0}}
  command: {{enabled: true, argv: [/usr/bin/tee, -a, {0}/command.txt]}}
outbox: {{min_free: 0, drain: 60s}}
)",
                                        dir_.path().string()));
  const auto run = Analyze(
      {MakeStreet(40), "--detector", "hog", "--config", scene, "--events", Path("events.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;

  std::vector<std::string> entered;
  int both = 0;
  for (const json& event : ReadJsonLines(Path("events.jsonl"))) {
    both += event["type"] == "ZONE_ENTER" || event["type"] == "ZONE_EXIT";
    if (event["type"] == "ZONE_ENTER") entered.push_back(event["id"]);
  }
  ASSERT_FALSE(entered.empty());
  std::vector<std::string> logged;
  for (const json& line : ReadJsonLines(Path("log.jsonl"))) logged.push_back(line["id"]);
  EXPECT_EQ(logged,
            entered);  // two rules ask for the log of the first: it is one line all the same
  EXPECT_THAT(run.out, HasSubstr(fmt::format("rule on the lawn: {} matched", entered.size())));
  EXPECT_THAT(run.out, HasSubstr(fmt::format("rule seldom: {} matched, of these {} held back", both,
                                             both - 1)));

  std::size_t pictures = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Path("captures"))) {
    if (!entry.is_regular_file()) continue;
    ++pictures;
    EXPECT_TRUE(media::ReadPicture(entry.path()).ok()) << entry.path();
  }
  EXPECT_EQ(pictures, 2 * entered.size());  // annotated and clean
  EXPECT_EQ(ReadJsonLines(Path("command.txt")).size(), entered.size());
}

// Two recordings of one camera, by their names or by camera.id: each has an epoch, so no event of one is taken for one of
// the other.
TEST_F(SceneTest, TwoRecordingsOfOneCameraLoseNoEvents) {
  const std::string street = MakeStreet(30);
  for (const char* folder : {"a", "b"}) {
    std::filesystem::create_directory(Path(folder));
    std::filesystem::copy(street, dir_ / folder / "street.mp4");
  }
  const auto scene = Config(kScene + fmt::format(R"(
epoch: 7
events:
  - {{name: entered, match: {{event_type: ZONE_ENTER}}, actions: {{json_log: true}}}}
state_dir: {0}/state
actions: {{json_log: {{path: {0}/log.jsonl, daily: false}}}}
outbox: {{min_free: 0, drain: 60s}}
)",
                                                 dir_.path().string()));
  const auto run =
      Analyze({Path("a/street.mp4"), Path("b/street.mp4"), "--detector", "hog", "--config", scene,
               "--events", Path("events.jsonl"), "--detections", Path("detections.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("earlier run")));
  std::set<std::string> ids;
  std::size_t events = 0, entered = 0;
  for (const json& event : ReadJsonLines(Path("events.jsonl"))) {
    ++events;
    ids.insert(event["id"]);
    entered += event["type"] == "ZONE_ENTER" ? 1 : 0;
    EXPECT_THAT(event["id"].get<std::string>(), testing::ContainsRegex("jetson-01/street/[78]/"));
  }
  EXPECT_GT(entered, 1U);
  EXPECT_EQ(ids.size(), events);
  EXPECT_EQ(test::ReadLines(Path("log.jsonl")).size(), entered);

  // Played again, it is one camera that was started anew: the same events, but counts of lines go on.
  const auto replay =
      Replay({Path("detections.jsonl"), "--config", scene, "--events", Path("again.jsonl")});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_THAT(replay.err, Not(HasSubstr("refused")));
  std::set<std::string> again;
  for (const json& event : ReadJsonLines(Path("again.jsonl"))) again.insert(event["id"]);
  EXPECT_EQ(again, ids);
}

// A cooldown of scope `rule` is one for all cameras of the run, here and when they are played again.
TEST_F(SceneTest, CamerasOfARunShareACooldown) {
  const std::string street = MakeStreet(20);
  std::filesystem::copy(street, Path("lane.mp4"));
  const auto scene = Config(kScene + fmt::format(R"(
events:
  - {{name: once, match: {{event_type: ZONE_ENTER}}, actions: {{json_log: true}}, cooldown: 1h}}
state_dir: {0}/state
actions: {{json_log: {{path: {0}/log.jsonl, daily: false}}}}
outbox: {{min_free: 0, drain: 60s}}
)",
                                                 dir_.path().string()));
  const auto run =
      Analyze({street, Path("lane.mp4"), "--detector", "hog", "--config", scene, "--events",
               Path("events.jsonl"), "--detections", Path("detections.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  int entered = 0;
  for (const json& event : ReadJsonLines(Path("events.jsonl")))
    entered += event["type"] == "ZONE_ENTER" ? 1 : 0;
  ASSERT_GE(entered, 2);
  EXPECT_EQ(ReadJsonLines(Path("log.jsonl")).size(), 1U);

  const auto replay = Replay({Path("detections.jsonl"), "--config", scene});
  ASSERT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_THAT(
      replay.out,
      AllOf(HasSubstr("jetson-01/lane: 20 messages"),
            HasSubstr(fmt::format("rule once: {0} matched, of these {0} held back", entered / 2))));
}

// A camera that never delivers is told offline, in every run anew, though no message has come.
TEST_F(SceneTest, ACameraThatIsDeadFromTheStartIsOffline) {
  const auto scene = Config(fmt::format(R"(
detector: {{model_file: hog}}
camera: {{id: front, offline_after: 60s}}
source: {{give_up_after: 1s}}
events:
  - {{name: dead, match: {{event_type: CAMERA_OFFLINE}}, actions: {{json_log: true}}}}
state_dir: {0}/state
actions: {{json_log: {{path: {0}/log.jsonl, daily: false}}}}
outbox: {{min_free: 0, drain: 60s}}
)",
                                        dir_.path().string()));
  for (int i = 0; i < 2; ++i) {
    const auto run = Analyze({"rtsp://127.0.0.1:9/none", "--config", scene});
    EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  }
  // And one that is given up later than it counts as offline.
  const auto slow = Analyze({"rtsp://127.0.0.1:9/none", "--config", scene, "--set",
                             "camera.offline_after=500ms", "--set", "source.give_up_after=3s"});
  EXPECT_EQ(slow.exit_code, 1);
  std::set<std::string> ids;
  const auto logged = ReadJsonLines(Path("log.jsonl"));
  ASSERT_EQ(logged.size(), 3U);
  for (const json& event : logged) {
    EXPECT_EQ(event["type"], "CAMERA_OFFLINE");
    EXPECT_EQ(event["camera_id"], "front");
    EXPECT_EQ(event["reason"], "no message yet");
    EXPECT_GT(event["epoch"], 0);
    ids.insert(event["id"]);
  }
  EXPECT_EQ(ids.size(), 3U);
}

// A picture is a stream of one frame: what is in a zone has entered it, lines and zones are drawn.
TEST_F(SceneTest, APictureHasTheEventsOfItsMessage) {
  auto source = media::OpenVideo(test::SamplePath("vtest.avi").string(), {}, {});
  ASSERT_TRUE(source.ok()) << source.status();
  auto frame = (*source)->Read({});
  ASSERT_TRUE(frame.ok()) << frame.status();
  ASSERT_TRUE(media::WritePicture(Path("street.png"), frame->image.view(), {}).ok());
  const auto scene = Config(kScene);
  const auto run = Analyze({Path("street.png"), "--detector", "hog", "--config", scene, "--save",
                            Path("out.png"), "--events", Path("events.jsonl"), "--detections",
                            Path("detections.jsonl")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::map<std::string, int> types;
  for (const json& event : ReadJsonLines(Path("events.jsonl"))) ++types[event["type"]];
  EXPECT_GT(types["ZONE_ENTER"], 0);
  EXPECT_EQ(types["ZONE_ENTER"], types["ZONE_EXIT"]);
  EXPECT_EQ(types["LINE_CROSS"], 0);
  EXPECT_THAT(run.out, AllOf(HasSubstr(fmt::format("zone lawn: {} entered", types["ZONE_ENTER"])),
                             Not(HasSubstr("line path"))));
  const auto replay =
      Replay({Path("detections.jsonl"), "--config", scene, "--events", Path("again.jsonl")});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_EQ(Text("again.jsonl"), Text("events.jsonl"));
  // The line is drawn: in the middle, where nothing else is, the lowest row has changed.
  const auto drawn = media::ReadPicture(Path("out.png"));
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  const int middle = 3 * (drawn->width() / 2), below = drawn->height() - 40;
  EXPECT_FALSE(std::equal(drawn->view().row(below) + middle, drawn->view().row(below) + middle + 3,
                          frame->image.view().row(below) + middle));
}

// The scene of a camera is not that of another one of the same device.
TEST_F(SceneTest, ReplayRefusesMessagesOfAnotherCameraThanTheDevicesScene) {
  const auto message = [](const char* camera) {
    return fmt::format(
        "{{\"version\":1,\"source\":{{\"device_id\":\"d\",\"camera_id\":\"{}\",\"timestamp\":"
        "\"2025-01-15T14:30:22.123Z\"}},\"frame\":{{\"number\":1,\"width\":100,\"height\":100}},"
        "\"detections\":[]}}\n",
        camera);
  };
  test::WriteText(Path("two.jsonl"), message("front") + message("back"));
  const std::string zones =
      "{zones: [{x1_pct: 0, y1_pct: 0, x2_pct: 50, y2_pct: 50, description: yard}]";
  const auto scene = Config("devices:\n  d: " + zones + ", camera_id: front}\n");
  const auto run = Replay({Path("two.jsonl"), "--config", scene});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("two.jsonl:2: refused: a message of camera back; devices.d is the "
                                 "scene of camera front (camera_id)"));
  EXPECT_THAT(run.out, AllOf(HasSubstr("d/front: 1 message"), Not(HasSubstr("d/back"))));
  const auto any =
      Replay({Path("two.jsonl"), "--config", Config("devices:\n  d: " + zones + "}\n")});
  EXPECT_EQ(any.exit_code, 0) << any.err;
  // A device that was misspelt would have no scene at all.
  const auto other =
      Replay({Path("two.jsonl"), "--config", Config("devices:\n  d1: " + zones + "}\n")});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("two.jsonl:1: refused: device_id: 'd' is none of devices, and "
                                   "would have no scene; did you mean d1?"));
}

TEST_F(SceneTest, ReplayTellsAFullDiskOnce) {
  std::string messages;
  for (int i = 0; i < 400; ++i) {
    messages += fmt::format(
        "{{\"version\":1,\"source\":{{\"device_id\":\"d\",\"camera_id\":\"c{}\",\"timestamp\":"
        "\"2025-01-15T14:{:02}:{:02}.000Z\"}},\"frame\":{{\"number\":{},\"width\":100,\"height\":"
        "100}},\"detections\":[{{\"track_id\":{},\"class_id\":0,\"class_name\":\"car\","
        "\"confidence\":"
        "0.9,\"bbox\":{{\"x1\":10,\"y1\":10,\"x2\":30,\"y2\":30}},\"center\":{{\"x\":20,\"y\":20}}}"
        "}]}}\n",
        i % 2, i / 60, i % 60, i, i);
  }
  for (const char* name : {"one.jsonl", "two.jsonl"}) test::WriteText(Path(name), messages);
  const auto run = Replay({Path("one.jsonl"), Path("two.jsonl"), "--events", "/dev/full", "-q"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("/dev/full"));
}

TEST_F(SceneTest, ADeliveryGivenUpFailsTheRunAndIsTold) {
  const auto scene = Config(kScene + fmt::format(R"(
events:
  - {{name: entered, match: {{event_type: ZONE_ENTER}}, actions: {{webhook: true}}, cooldown: 1h}}
state_dir: {0}/state
actions: {{webhook: {{url: "http://127.0.0.1:9/"}}}}
outbox: {{min_free: 0, drain: 60s, retry: {{first: 10ms, longest: 20ms, max_failures: 2}}}}
)",
                                                 dir_.path().string()));
  const auto run = Analyze({MakeStreet(10), "--detector", "hog", "--config", scene});
  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_THAT(run.err, testing::ContainsRegex("webhook: [0-9]+ deliveries failed for good: given "
                                              "up after 2 attempts"));
}

TEST_F(SceneTest, MailsAndTheDigestArriveAtARealServer) {
  ASSERT_NO_FATAL_FAILURE(actions::test::MakeCertificate(dir_));
  actions::test::ScriptServer server("smtp_server.py", {dir_.path().string(), "starttls"});
  ASSERT_NE(server.port(), 0);
  const auto scene = Config(kScene + R"(
events:
  - name: on the lawn
    match: {event_type: ZONE_ENTER, zone: lawn}
    actions: {email_immediate: true, email_digest: true}
    cooldown: 1h
)" +
                            fmt::format(R"(
state_dir: {0}/state
smtp: {{host: 127.0.0.1, port: {1}, ca_file: {0}/cert.pem, user: vigil, from: vigil@example.org, to: guard@example.org}}
actions:
  frame_capture: {{folder: {0}/captures, spool: {0}/spool, min_free: 0}}
  email_digest: {{title: Front lawn}}
outbox: {{min_free: 0, drain: 60s}}
)",
                                        dir_.path().string(), server.port()));
  const auto run =
      test::RunProgram(AnalyzeCommand({MakeStreet(20), "--detector", "hog", "--config", scene}),
                       {"VIGIL_SMTP_PASSWORD=correct horse"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("correct horse")));

  std::vector<json> mails;
  for (int i = 0; std::filesystem::exists(Path(fmt::format("{}.json", i))); ++i)
    mails.push_back(json::parse(Text(fmt::format("{}.json", i))));
  for (int i = 1; mails.empty() && std::filesystem::exists(Path(fmt::format("{}.json", i))); ++i)
    mails.push_back(json::parse(Text(fmt::format("{}.json", i))));
  ASSERT_EQ(mails.size(), 2U);
  const auto subject = [](const json& mail) {
    for (const auto& header : mail["headers"]) {
      if (header[0] == "Subject") return header[1].get<std::string>();
    }
    return std::string();
  };
  EXPECT_THAT(subject(mails[0]), HasSubstr("on the lawn"));
  EXPECT_THAT(subject(mails[1]), HasSubstr("Front lawn"));
  EXPECT_THAT(mails[1]["parts"][0]["text"].get<std::string>(),
              AllOf(HasSubstr("on the lawn"), HasSubstr("cooldown")));
  EXPECT_TRUE(std::ranges::any_of(mails[0]["parts"],
                                  [](const json& part) { return part["type"] == "image/jpeg"; }));
}

TEST_F(SceneTest, ReplayRefusesWhatIsNoMessageAndGoesOn) {
  test::WriteText(Path("mixed.jsonl"),
                  "{\"version\":1,\"source\":{\"device_id\":\"d\",\"camera_id\":\"c\","
                  "\"timestamp\":\"2025-01-15T14:30:22.123Z\"},\"frame\":{\"number\":1,"
                  "\"width\":100,\"height\":100,\"roi_applied\":{\"x1\":0,\"y1\":0,\"x2\":100,"
                  "\"y2\":100}},\"detections\":[]}\n"
                  "not json\n\n{\"version\":2}\n");
  const auto run = Replay({Path("mixed.jsonl")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("mixed.jsonl:2: refused"), HasSubstr("mixed.jsonl:4: refused"),
                    HasSubstr("2 lines were refused: bad_json 1, bad_version 1")));
  EXPECT_THAT(run.out, HasSubstr("d/c: 1 message"));
  EXPECT_EQ(Replay({Path("missing.jsonl")}).exit_code, 1);
  test::WriteText(Path("empty.jsonl"), "");
  const auto empty = Replay({Path("empty.jsonl")});
  EXPECT_EQ(empty.exit_code, 1);
  EXPECT_THAT(empty.err, HasSubstr("empty.jsonl: holds no detection message"));
  const auto itself = Replay({Path("mixed.jsonl"), "--events", Path("mixed.jsonl")});
  EXPECT_EQ(itself.exit_code, 2);
  EXPECT_NE(Text("mixed.jsonl"), "");
  EXPECT_EQ(Replay({Path("mixed.jsonl"), "--speed", "fast"}).exit_code, 2);
}

}  // namespace
}  // namespace vigil
