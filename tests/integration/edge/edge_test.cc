// `vigil edge` against a server that is killed, stopped, slowed and cut off.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <map>
#include <set>

#include "edge_fixture.h"
#include "support/stage_processes.h"
#include "tcp_gate.h"

namespace vigil {
namespace {

using namespace std::chrono_literals;
using test::EdgeProcess;
using test::InferProcess;
using test::NumberBefore;
using test::TcpGate;
using testing::HasSubstr;

constexpr auto kDeadline = 200ms;  // as it is by default
// A result is late at most by the deadline, this device's own networks, and what a busy machine adds.
constexpr std::chrono::duration<double, std::milli> kLatest = test::kSlower * (kDeadline + 400ms);

// "edge.deadline=200ms", on the test's clock.
std::string Setting(const std::string& key, std::chrono::milliseconds time) {
  return fmt::format("{}={}ms", key, (time * test::kSlower).count());
}

class EdgeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    clips_ = new test::TempDir();
    clip_ = test::MakeEdgeClip(*clips_ / "camera.mp4", 40);
    short_clip_ = test::MakeEdgeClip(*clips_ / "short.mp4", 3);
  }
  static void TearDownTestSuite() { delete clips_; }

  static std::string Url(int port) { return "http://127.0.0.1:" + std::to_string(port); }
  // A breaker that tries again soon, so that tests are short.
  static std::vector<std::string> Arguments(int port, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"--remote-dgx", Url(port)};
    for (const auto& setting :
         {Setting("edge.breaker.open", 300ms), Setting("edge.breaker.longest", 600ms),
          Setting("edge.connect_timeout", 1s), Setting("edge.deadline", kDeadline)})
      arguments.insert(arguments.end(), {"--set", setting});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  struct Ended {
    test::Outcome outcome;
    std::vector<EdgeProcess::Result> results;
    long number(const std::string& word) const { return NumberBefore(outcome.out, word); }
  };
  static Ended Stop(EdgeProcess& edge) {
    edge.Signal(SIGTERM);
    Ended ended;
    ended.outcome = edge.Wait();
    ended.results = edge.results();
    EXPECT_EQ(ended.outcome.exit_code, 0) << ended.outcome.err;
    SCOPED_TRACE(ended.outcome.out);
    // Nothing is lost without being counted.
    EXPECT_EQ(ended.number("results ("), static_cast<long>(ended.results.size()));
    EXPECT_EQ(ended.number("frames,"),
              ended.number("results (") + ended.number("dropped") + ended.number("lost\n"));
    EXPECT_EQ(ended.number("sent,"), ended.number("in time") + ended.number("late") +
                                         ended.number("passed over,") + ended.number("lost;"));
    return ended;
  }

  // Results of all frames but those that a busy machine drops, in order, in time, with one face that is one person.
  static void ExpectNoGap(const Ended& ended, double drops_allowed = 0.1) {
    SCOPED_TRACE(ended.outcome.out + ended.outcome.err);
    EXPECT_EQ(ended.number("lost\n"), 0) << "each frame that was taken has a result";
    EXPECT_LE(static_cast<double>(ended.number("dropped")),
              drops_allowed * static_cast<double>(ended.number("frames,")))
        << "the frame rate stays";
    std::int64_t before_us = -1;
    std::map<std::string, int> late;
    std::set<std::int64_t> ids;
    for (const auto& result : ended.results) {
      const std::int64_t time_us = result.json["timestamp_us"];
      EXPECT_GT(time_us, before_us);
      before_us = time_us;
      late[result.computed()] += result.json["latency_ms"]["total"] > kLatest.count();
      EXPECT_EQ(result.json["faces"].size(), 1U) << "frame " << result.json["frame"];
      for (const auto& face : result.json["faces"]) ids.insert(face["id"].get<std::int64_t>());
    }
    EXPECT_THAT(ids, testing::ElementsAre(1)) << "one person, one id, wherever it was computed";
    EXPECT_LE(late["remote"] + late["local"], static_cast<int>(ended.results.size()) / 50);
  }

  static inline test::TempDir* clips_ = nullptr;
  static inline std::string clip_, short_clip_;
  test::TempDir dir_;
};

TEST_F(EdgeTest, AServerThatIsKilledAndComesBackLeavesNoGap) {
  std::optional<InferProcess> server(std::in_place);
  const int port = server->port();
  EdgeProcess edge(dir_.path(), clip_, Arguments(port));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  server->Kill();
  ASSERT_TRUE(edge.AwaitComputed("local", 30));
  server.emplace(port);
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  const Ended ended = Stop(edge);
  ExpectNoGap(ended);
  EXPECT_THAT(ended.outcome.err, HasSubstr("this device looks at frames itself"));
  EXPECT_GE(ended.number("times, lost"), 2) << ended.outcome.out;
}

TEST_F(EdgeTest, AServerThatIsStoppedAndGoesOnLeavesNoGap) {
  const InferProcess server;
  EdgeProcess edge(dir_.path(), clip_, Arguments(server.port()));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  server.Signal(SIGSTOP);
  ASSERT_TRUE(edge.AwaitComputed("local", 60));
  server.Signal(SIGCONT);
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  const Ended ended = Stop(edge);
  ExpectNoGap(ended);
  EXPECT_GT(ended.number("late"), 0);
}

TEST_F(EdgeTest, ANetworkThatIsSlowedIsNotWaitedFor) {
  const InferProcess server;
  TcpGate gate(server.port());
  EdgeProcess edge(dir_.path(), clip_, Arguments(gate.port()));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  gate.Delay(30ms * test::kSlower);  // slower, and in time
  ASSERT_TRUE(edge.AwaitResults(15));
  ASSERT_TRUE(edge.AwaitComputed("remote", 15));
  gate.Delay(400ms * test::kSlower);
  ASSERT_TRUE(edge.AwaitComputed("local", 60));
  gate.Delay(0ms);
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  ExpectNoGap(Stop(edge));
}

TEST_F(EdgeTest, ACableThatIsPulledAndPutBackLeavesNoGap) {
  const InferProcess server;
  TcpGate gate(server.port());
  EdgeProcess edge(dir_.path(), clip_, Arguments(gate.port()));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  gate.Hold(true);
  ASSERT_TRUE(edge.AwaitComputed("local", 60));
  gate.Hold(false);
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  ExpectNoGap(Stop(edge));
}

TEST_F(EdgeTest, ConnectionsThatAreCutAgainAndAgainLeaveNoGap) {
  const InferProcess server;
  TcpGate gate(server.port());
  EdgeProcess edge(dir_.path(), clip_, Arguments(gate.port()));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(edge.AwaitComputed("remote", 10)) << i;
    gate.Cut();
    ASSERT_TRUE(edge.AwaitComputed("local", 3)) << i;
  }
  ASSERT_TRUE(edge.AwaitComputed("remote", 10));
  const Ended ended = Stop(edge);
  ExpectNoGap(ended);
  EXPECT_GE(gate.connections(), 6);
}

TEST_F(EdgeTest, AServerThatSaysItIsUnhealthyIsLeftBeforeItFails) {
  std::optional<InferProcess> server(std::in_place);
  const int port = server->port();
  EdgeProcess edge(dir_.path(), clip_, Arguments(port));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  server->Signal(SIGTERM);  // it says so, and lets streams come to their end
  ASSERT_TRUE(edge.AwaitComputed("local", 30));
  EXPECT_EQ(server->Wait().exit_code, 0);
  server.emplace(port);
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  ExpectNoGap(Stop(edge));
}

// The orchestrator answers all the time, and each answer lacks something: that is no answer.
TEST_F(EdgeTest, AServerOfWhichAStageIsGoneLeavesNoGap) {
  for (const std::string name : {"landmark-detection", "attention"}) {
    SCOPED_TRACE(name);
    auto stage = test::StartStage(name);
    const int stage_port = stage->port();
    const auto orchestrator =
        test::StartOrchestrator({"--" + name, stage->address(), "--set",
                                 Setting("orchestrate.stages." + name + ".timeout", 1s), "--set",
                                 Setting("orchestrate.breaker.open", 200ms), "--set",
                                 Setting("orchestrate.breaker.longest", 200ms)});
    EdgeProcess edge(dir_.path(), clip_, Arguments(orchestrator->port()));
    ASSERT_TRUE(edge.AwaitComputed("remote", 30));
    stage->program().Signal(SIGKILL);
    ASSERT_TRUE(edge.AwaitComputed("local", 30));
    stage = test::StartStage(name, stage_port);
    ASSERT_TRUE(edge.AwaitComputed("remote", 30));
    const Ended ended = Stop(edge);
    ExpectNoGap(ended, 0.2);  // two servers and this device on one machine
    for (const auto& result : ended.results) {
      for (const auto& face : result.json["faces"]) EXPECT_GT(face["attention"]["score"], 0);
    }
  }
}

TEST_F(EdgeTest, WithoutAServerThisDeviceLooksFromTheFirstFrameOn) {
  int port = 0;
  {
    InferProcess server;
    port = server.port();
    server.Kill();
  }
  EdgeProcess edge(dir_.path(), clip_, Arguments(port));
  ASSERT_TRUE(edge.AwaitResults(60));
  const Ended ended = Stop(edge);
  ExpectNoGap(ended);
  EXPECT_EQ(ended.number("local)"), static_cast<long>(ended.results.size()));
  EXPECT_THAT(ended.outcome.err, HasSubstr("refused"));
}

TEST_F(EdgeTest, InModeRemoteFramesWithoutAServerAreCounted) {
  std::optional<InferProcess> server(std::in_place);
  const int port = server->port();
  EdgeProcess edge(dir_.path(), clip_, Arguments(port, {"--mode", "remote"}));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  server->Kill();
  std::this_thread::sleep_for(1s * test::kSlower);
  server.emplace(port);
  ASSERT_TRUE(edge.AwaitResults(60));
  const Ended ended = Stop(edge);
  EXPECT_GE(ended.number("lost\n"), 20) << ended.outcome.out;
  for (const auto& result : ended.results) EXPECT_EQ(result.computed(), "remote");
}

TEST_F(EdgeTest, InModeBothTheServersFacesAreGivenAndThisDeviceIsAtHandAtOnce) {
  std::optional<InferProcess> server(std::in_place);
  EdgeProcess edge(dir_.path(), clip_, Arguments(server->port(), {"--mode", "both"}));
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  server->Kill();
  ASSERT_TRUE(edge.AwaitComputed("local", 30));
  const Ended ended = Stop(edge);
  ExpectNoGap(ended, 0.3);  // two pipelines on one machine
  for (const auto& result : ended.results) {
    if (result.computed() == "remote") {
      EXPECT_TRUE(result.json["latency_ms"].contains("local"));
      EXPECT_TRUE(result.json["latency_ms"].contains("remote"));
    }
  }
}

TEST_F(EdgeTest, RawFramesGiveTheFacesThatAnalyzeGives) {
  const InferProcess server;
  EdgeProcess edge(dir_.path(), short_clip_,
                   Arguments(server.port(), {"--encoding", "raw", "--mode", "remote", "--set",
                                             Setting("edge.deadline", 5s)}));
  ASSERT_EQ(edge.Wait().exit_code, 0);
  const auto remote = edge.results();
  ASSERT_GE(remote.size(), 20U);
  const std::string file = (dir_ / "analyze.jsonl").string();
  ASSERT_EQ(test::RunProgram({VIGIL_BINARY, "analyze", short_clip_, "--json", file}).exit_code, 0);
  std::map<std::int64_t, nlohmann::json> here;
  for (const std::string& line : test::ReadLines(file)) {
    const auto json = nlohmann::json::parse(line);
    here[json["frame"]] = json;
  }
  for (const auto& result : remote) {
    const auto& frame = here[result.json["frame"]];
    EXPECT_EQ(result.json["timestamp_us"], frame["timestamp_us"]);
    ASSERT_EQ(result.json["faces"].size(), 1U);
    const auto &a = result.json["faces"][0], &b = frame["faces"][0];
    for (const char* side : {"x", "y", "width", "height"})
      EXPECT_NEAR(a["bbox"][side].get<double>(), b["bbox"][side].get<double>(), 2) << side;
    EXPECT_NEAR(a["head_pose"]["yaw"].get<double>(), b["head_pose"]["yaw"].get<double>(), 2);
  }
}

TEST_F(EdgeTest, AnOverlayIsDrawnOnWhatEitherSideSaw) {
  const InferProcess server;
  const std::string video = (dir_ / "out.mp4").string();
  EdgeProcess edge(dir_.path(), short_clip_, Arguments(server.port(), {"--save", video}));
  const auto outcome = edge.Wait();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("→ " + video));
  const std::string json = (dir_ / "again.jsonl").string();
  EXPECT_EQ(test::RunProgram({VIGIL_BINARY, "analyze", video, "--json", json}).exit_code, 0);
  EXPECT_EQ(test::ReadLines(json).size(), edge.results().size());
}

// What is sent is smaller; what is said is of the frame as it is.
TEST_F(EdgeTest, FramesThatAreSentSmallerHaveTheirResultsInFullSize) {
  const InferProcess server;
  const auto run = [&](const std::string& max_side) {
    const std::string json = (dir_ / (max_side + ".jsonl")).string();
    const auto outcome =
        test::RunProgram({VIGIL_BINARY, "edge", short_clip_, "--mode", "remote", "--remote-dgx",
                          Url(server.port()), "--set", "edge.max_side=" + max_side, "--set",
                          Setting("edge.deadline", 5s), "--json", json});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::map<std::int64_t, nlohmann::json> frames;
    for (const std::string& line : test::ReadLines(json)) {
      const auto frame = nlohmann::json::parse(line);
      frames[frame["timestamp_us"].get<std::int64_t>()] = frame;
    }
    return frames;
  };
  const auto whole = run("0"), small = run("240");
  int compared = 0;
  for (const auto& [time, frame] : small) {
    const auto same = whole.find(time);
    if (same == whole.end() || frame["faces"].size() != 1 || same->second["faces"].size() != 1)
      continue;
    ++compared;
    EXPECT_EQ(frame["width"], same->second["width"]);
    const auto& box = frame["faces"][0]["bbox"];
    const auto& expected = same->second["faces"][0]["bbox"];
    const double width = expected["width"];
    for (const char* side : {"x", "y", "width", "height"})
      EXPECT_NEAR(box[side].get<double>(), expected[side].get<double>(), 0.08 * width) << side;
    const auto& nose = frame["faces"][0]["landmarks"][1];
    const auto& nose_before = same->second["faces"][0]["landmarks"][1];
    EXPECT_NEAR(nose[0].get<double>(), nose_before[0].get<double>(), 0.02);
    EXPECT_NEAR(nose[1].get<double>(), nose_before[1].get<double>(), 0.02);
  }
  EXPECT_GT(compared, 10);
}

TEST_F(EdgeTest, LinesAreWhatTheSchemaSays) {
  const InferProcess server;
  const std::string json = (dir_ / "out.jsonl").string();
  const auto outcome = test::RunProgram({VIGIL_BINARY, "edge", short_clip_, "--mode", "both",
                                         "--remote-dgx", Url(server.port()), "--json", json});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto checked =
      test::RunProgram({"/usr/bin/python3", "-c", R"(
import json, sys, jsonschema
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
lines = [json.loads(line) for line in open(sys.argv[2])]
assert len(lines) > 10
for line in lines:
    validator.validate(line)
    assert line['latency_ms']['total'] > 0
)",
                        test::SourcePath("docs/schema/analyze-frame.schema.json").string(), json});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
}

TEST_F(EdgeTest, TlsIsSpokenWithAServerThatShowsTheRightCertificate) {
  const std::string cert = (dir_ / "cert.pem").string(), key = (dir_ / "key.pem").string();
  ASSERT_EQ(test::RunProgram({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                              "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                              "/CN=dgx.local", "-addext", "subjectAltName=DNS:dgx.local", "-keyout",
                              key, "-out", cert})
                .exit_code,
            0);
  // It asks for a certificate as well; here both sides have the same.
  const InferProcess server(0, {"--tls-cert", cert, "--tls-key", key, "--tls-client-ca", cert});
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {
        VIGIL_BINARY, "edge",   short_clip_,
        "--mode",     "remote", "--remote-dgx",
        url,          "--set",  Setting("edge.deadline", kDeadline)};
    command.insert(command.end(), more.begin(), more.end());
    return test::RunProgram(command);
  };
  const std::vector<std::string> right = {
      "--set", "edge.tls.ca_file=" + cert,          "--set", "edge.tls.server_name=dgx.local",
      "--set", "edge.tls.certificate_file=" + cert, "--set", "edge.tls.key_file=" + key};
  const auto trusted = run(right);
  EXPECT_EQ(trusted.exit_code, 0) << trusted.err;
  EXPECT_GT(NumberBefore(trusted.out, "remote,"), 0) << trusted.out;
  const auto unknown = run({"--set", "edge.tls.server_name=dgx.local"});
  EXPECT_EQ(unknown.exit_code, 1) << "nobody here trusts that certificate";
  auto other_name = right;
  other_name[3] = "edge.tls.server_name=elsewhere.local";
  EXPECT_EQ(run(other_name).exit_code, 1);
}

double ResidentMb(pid_t pid) {
  const std::string text = test::ReadText("/proc/" + std::to_string(pid) + "/statm");
  return static_cast<double>(std::stol(text.substr(text.find(' ')))) *
         static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

std::ptrdiff_t Descriptors(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return std::distance(begin(all), end(all));
}

// Pains 18 and 25: memory creeps up, and a peer that does not read makes the sender's memory grow.
TEST_F(EdgeTest, MemoryAndDescriptorsStayWhatTheyWereThroughAllOfIt) {
  const InferProcess server;
  TcpGate gate(server.port());
  EdgeProcess edge(dir_.path(), clip_, Arguments(gate.port(), {"--encoding", "raw"}));
  const auto trouble = [&](int round) {
    gate.Hold(round % 3 == 0);
    gate.Delay(round % 3 == 1 ? 300ms * test::kSlower : 0ms);
    if (round % 3 == 2) gate.Cut();
    std::this_thread::sleep_for(700ms * test::kSlower);
    gate.Hold(false);
    gate.Delay(0ms);
    ASSERT_TRUE(edge.AwaitComputed("remote", 5)) << "round " << round;
  };
  ASSERT_TRUE(edge.AwaitComputed("remote", 30));
  for (int round = 0; round < 6; ++round) trouble(round);
  const double before_mb = ResidentMb(edge.pid());
  const auto before = Descriptors(edge.pid());
  for (int round = 0; round < 9; ++round) trouble(round);
  EXPECT_LE(ResidentMb(edge.pid()), 1.1 * before_mb);
  EXPECT_LE(Descriptors(edge.pid()), before + 2);
  ExpectNoGap(Stop(edge), 0.2);
}

TEST_F(EdgeTest, TheTraceGoesAlongAndMetricsTellWhatHappened) {
  InferProcess server(0, {"--set", "log.level=debug"});
  EdgeProcess edge(dir_.path(), clip_,
                   Arguments(server.port(), {"--http", "127.0.0.1:0", "--set", "log.level=debug",
                                             "--set", "log.format=json"}));
  ASSERT_TRUE(edge.AwaitComputed("remote", 60));
  const Ended ended = Stop(edge);
  server.Signal(SIGTERM);
  const auto infer = server.Wait();
  std::string trace, http;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = ended.outcome.err.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const auto line =
        nlohmann::json::parse(ended.outcome.err.substr(begin, end - begin), nullptr, false);
    ASSERT_FALSE(line.is_discarded()) << ended.outcome.err;
    const std::string message = line["message"];
    if (message.starts_with("trace ")) trace = message.substr(6);
    if (message.starts_with("HTTP on ")) http = message.substr(8);
  }
  ASSERT_EQ(trace.size(), 32U) << ended.outcome.err;
  EXPECT_THAT(infer.err, HasSubstr(trace)) << "W3C trace context in the call's metadata";
  EXPECT_THAT(http, HasSubstr("127.0.0.1:"));
}

TEST_F(EdgeTest, HealthAndMetricsAreServed) {
  const InferProcess server;
  // A free port, as good as one that nobody takes meanwhile.
  const int port = TcpGate(1).port();
  const std::string where = "127.0.0.1:" + std::to_string(port);
  EdgeProcess edge(dir_.path(), clip_, Arguments(server.port(), {"--http", where}));
  ASSERT_TRUE(edge.AwaitComputed("remote", 60));
  const auto get = [&](const std::string& path) {
    return test::RunProgram({"curl", "-s", "--max-time", "10", "http://" + where + path}).out;
  };
  const auto health = nlohmann::json::parse(get("/health"), nullptr, false);
  ASSERT_FALSE(health.is_discarded());
  EXPECT_EQ(health["service"], "edge");
  EXPECT_EQ(health["status"], "healthy") << health;
  const std::string metrics = get("/metrics");
  for (const char* name :
       {"frames_processed_total{computed=\"remote\"", "frames_dropped_total{reason=\"late\"",
        "stream_fps{", "stream_latency_ms_bucket{computed=\"remote\"", "vigil_edge_server_in_use{",
        "vigil_edge_round_trip_ms_bucket{"})
    EXPECT_THAT(metrics, HasSubstr(name));
  server.Signal(SIGSTOP);
  ASSERT_TRUE(edge.AwaitComputed("local", 45));
  EXPECT_EQ(nlohmann::json::parse(get("/health"))["status"], "degraded");
  server.Signal(SIGCONT);
  Stop(edge);
}

TEST_F(EdgeTest, TheFlagWinsOverConfigJson) {
  const InferProcess server;
  test::WriteText(dir_ / "config.json", R"({"remote_dgx_url": "http://127.0.0.1:1"})");
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {VIGIL_BINARY,
                                        "edge",
                                        short_clip_,
                                        "--mode",
                                        "remote",
                                        "--set",
                                        Setting("edge.deadline", kDeadline),
                                        "--config",
                                        (dir_ / "config.json").string()};
    command.insert(command.end(), more.begin(), more.end());
    return test::RunProgram(command);
  };
  const auto file = run({});
  EXPECT_EQ(file.exit_code, 1);
  EXPECT_THAT(file.err, HasSubstr("http://127.0.0.1:1"));
  EXPECT_THAT(file.err, HasSubstr("no result for any frame"));
  const auto flag = run({"--remote-dgx", Url(server.port())});
  EXPECT_EQ(flag.exit_code, 0) << flag.err;
  test::WriteText(dir_ / "config.json", "{\"remote_dgx_url\": \"" + Url(server.port()) + "\"}");
  EXPECT_EQ(run({}).exit_code, 0);
}

}  // namespace
}  // namespace vigil
