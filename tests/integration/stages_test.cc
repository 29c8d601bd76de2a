// The face pipeline as services: real processes, killed, stopped and brought back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/time.h"
#include "face/canonical_face.h"
#include "face/pipeline.h"
#include "face/stage_set.h"
#include "media/jpeg.h"
#include "rpc/internal/messages.h"
#include "support/http_get.h"
#include "support/models.h"
#include "support/redis_server.h"
#include "support/stage_processes.h"
#include "support/test_data.h"

namespace vigil {
namespace {

using test::GazeVideo;
using test::PortraitVideo;
using test::ServerProcess;
using test::StartOrchestrator;
using test::StartStage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Every stage as a process, and flags that lead the orchestrator there.
class AllStages {
 public:
  AllStages() {
    for (const face::Stage stage : face::kStages) {
      const std::string name(NameOf(stage));
      processes_[name] = StartStage(name);
    }
  }
  std::vector<std::string> flags() const {
    std::vector<std::string> flags;
    for (const auto& [name, process] : processes_) {
      flags.push_back("--" + name);
      flags.push_back(process->address());
    }
    return flags;
  }
  std::unique_ptr<ServerProcess>& operator[](const std::string& name) { return processes_[name]; }

 private:
  std::map<std::string, std::unique_ptr<ServerProcess>> processes_;
};

// Time enough for a machine that does much else.
void Generously(std::vector<std::string>& flags) {
  for (const face::Stage stage : face::kStages) {
    flags.push_back("--set");
    flags.push_back(fmt::format("orchestrate.stages.{}.timeout=20s", NameOf(stage)));
  }
  flags.push_back("--set");
  flags.push_back("orchestrate.frame_deadline=60s");
}

// Everything that was found, without when and how long.
std::string Found(v1::FaceMeshResult result) {
  result.clear_timings();
  result.clear_timestamp_us();
  result.clear_stream_id();
  result.clear_sequence();
  return result.SerializeAsString();
}

// The value of a metric, labels included in `name`; -1: there is none.
double MetricOf(const ServerProcess& server, const std::string& name) {
  const std::string text = test::HttpGet(server.port(), "/metrics");
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(Stages, ResultsAreThoseOfAnalyzeToTheBitWhereverStagesAre) {
  auto models = test::LoadFaceModels();
  const auto canonical =
      face::LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
  ASSERT_TRUE(canonical.ok());
  face::Pipeline pipeline(*canonical, face::PipelineOptions{});  // analyze's

  AllStages stages;
  std::vector<std::string> here, there = stages.flags();
  Generously(here);
  Generously(there);
  const auto local = StartOrchestrator(here);
  const auto remote = StartOrchestrator(there);
  // One stage elsewhere at a time.
  std::vector<std::unique_ptr<ServerProcess>> mixed;
  for (const face::Stage stage : face::kStages) {
    std::vector<std::string> flags = {fmt::format("--{}", NameOf(stage)),
                                      stages[std::string(NameOf(stage))]->address()};
    Generously(flags);
    mixed.push_back(StartOrchestrator(flags));
  }
  GazeVideo local_video(local->address()), remote_video(remote->address());
  std::vector<std::unique_ptr<GazeVideo>> mixed_videos;
  for (const auto& one : mixed) mixed_videos.push_back(std::make_unique<GazeVideo>(one->address()));

  const PortraitVideo video;
  std::size_t faces = 0;
  for (int i = 0; i < 70; ++i) {
    const Image frame = video.Frame(i);
    const std::int64_t time = i * PortraitVideo::kFrameUs;
    const auto expected = pipeline.Next(models, frame.view(), time);
    ASSERT_TRUE(expected.ok());
    faces += (*expected)->faces.size();
    v1::FaceMeshResult message;
    rpc::internal::ToMessage(**expected, frame.size(), true, message);
    const auto from_local = local_video.Send(frame.view(), time);
    const auto from_remote = remote_video.Send(frame.view(), time);
    ASSERT_TRUE(from_local && from_remote);
    ASSERT_THAT(from_remote->failed_stages(), IsEmpty()) << "frame " << i;
    ASSERT_EQ(Found(*from_local), Found(message)) << "frame " << i;
    ASSERT_EQ(Found(*from_remote), Found(message)) << "frame " << i;
    for (std::size_t stage = 0; stage < mixed.size(); ++stage) {
      const auto from_mixed = mixed_videos[stage]->Send(frame.view(), time);
      ASSERT_TRUE(from_mixed);
      ASSERT_EQ(Found(*from_mixed), Found(message))
          << "frame " << i << ", elsewhere: " << NameOf(face::kStages[stage]);
    }
  }
  EXPECT_GT(faces, 110U);  // the second face was there, left and came back
}

TEST(Stages, AJpegIsHandedOnAsItCame) {
  AllStages stages;
  std::vector<std::string> here, there = stages.flags();
  Generously(here);
  Generously(there);
  const auto local = StartOrchestrator(here);
  const auto remote = StartOrchestrator(there);
  GazeVideo local_video(local->address()), remote_video(remote->address());
  const PortraitVideo video;
  media::JpegEncoder encoder;
  for (int i = 0; i < 15; ++i) {
    const auto file = encoder.Encode(video.Frame(i).view(), 85);
    ASSERT_TRUE(file.ok());
    v1::VideoFrame frame;
    frame.set_frame_data(file->data(), file->size());
    const auto from_local = local_video.Send(frame, i * PortraitVideo::kFrameUs);
    const auto from_remote = remote_video.Send(frame, i * PortraitVideo::kFrameUs);
    ASSERT_TRUE(from_local && from_remote);
    ASSERT_EQ(Found(*from_remote), Found(*from_local)) << "frame " << i;
    ASSERT_GT(from_local->faces_size(), 0);
  }
}

// Sends frames until one is as `wanted`; how many it took, or -1.
template <typename Wanted>
int FramesUntil(GazeVideo& video, int& number, int most, Wanted wanted) {
  const PortraitVideo portrait;
  for (int i = 1; i <= most; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(20))) {
    const auto result = video.Send(portrait.Frame(0).view(), number++ * PortraitVideo::kFrameUs);
    if (!result) return -1;
    EXPECT_GT(result->faces_size(), 0);
    if (wanted(*result)) return i;
  }
  return -1;
}

bool IsWhole(const v1::FaceMeshResult& result) { return result.failed_stages().empty(); }

TEST(Stages, AStageKilledCostsItsPartAloneAndIsBackWhenItIs) {
  auto stage = StartStage("head-pose");
  const int port = stage->port();
  const auto orchestrator = StartOrchestrator(
      {"--head-pose", stage->address(), "--set", "orchestrate.stages.head-pose.timeout=5s", "--set",
       "orchestrate.breaker.open=300ms", "--set", "orchestrate.breaker.longest=300ms"});
  GazeVideo video(orchestrator->address());
  int number = 0;
  ASSERT_GT(FramesUntil(video, number, 20, IsWhole), 0);
  ASSERT_TRUE(test::AwaitHealth(orchestrator->port(), "\"healthy\""));

  stage->program().Signal(SIGKILL);
  (void)stage->program().Wait();
  v1::FaceMeshResult degraded;
  ASSERT_GT(FramesUntil(video, number, 50,
                        [&](const v1::FaceMeshResult& result) {
                          degraded = result;
                          return !IsWhole(result);
                        }),
            0);
  EXPECT_THAT(degraded.failed_stages(), ElementsAre("head-pose"));
  ASSERT_GT(degraded.faces_size(), 0);
  EXPECT_FALSE(degraded.faces(0).has_head_pose());
  EXPECT_TRUE(degraded.faces(0).has_gaze());  // works the pose out itself
  EXPECT_TRUE(degraded.faces(0).has_blink());
  EXPECT_TRUE(degraded.faces(0).has_attention());
  ASSERT_GT(FramesUntil(video, number, 100,
                        [&](const v1::FaceMeshResult&) {
                          const auto health = test::HttpGet(orchestrator->port(), "/health");
                          return health.find("\"degraded\"") != std::string::npos &&
                                 health.find("200 OK") != std::string::npos;
                        }),
            0);

  stage = StartStage("head-pose", port);
  EXPECT_GT(FramesUntil(video, number, 500, IsWhole), 0);
  EXPECT_GT(MetricOf(*orchestrator, "vigil_stage_missing_total{stage=\"head-pose\"}"), 0);
}

TEST(Stages, AddressesWhereNobodyAnswersAreToldOfWithoutAFrame) {
  const int port = test::FreePort();
  auto gaze = StartStage("gaze");
  const auto orchestrator = StartOrchestrator(
      {"--head-pose", fmt::format("127.0.0.1:{}", port), "--gaze", gaze->address()});
  const auto health = [&](const std::string& text) {
    return test::AwaitHealth(orchestrator->port(), text);
  };
  EXPECT_TRUE(health("Connection refused"));
  EXPECT_TRUE(health(fmt::format("\"text\":\"127.0.0.1:{}: ", port)));
  EXPECT_TRUE(health("\"gaze\":{\"status\":\"healthy\",\"text\":\"1 replica\"}"));
  const auto head_pose = StartStage("head-pose", port);
  EXPECT_TRUE(health("\"status\":\"healthy\",\"service\""));
  gaze->program().Signal(SIGSTOP);
  EXPECT_TRUE(health("no answer within 1000 ms"));
  gaze->program().Signal(SIGCONT);
  EXPECT_TRUE(health("\"status\":\"healthy\",\"service\""));
}

// Whatever the circuit breaker would still wait.
TEST(Stages, AReplicaThatIsBackIsAskedSoon) {
  auto stage = StartStage("head-pose");
  const int port = stage->port();
  const auto orchestrator = StartOrchestrator(
      {"--head-pose", stage->address(), "--set", "orchestrate.stages.head-pose.timeout=5s", "--set",
       "orchestrate.breaker.open=10m", "--set", "orchestrate.breaker.longest=10m"});
  GazeVideo video(orchestrator->address());
  int number = 0;
  ASSERT_GT(FramesUntil(video, number, 20, IsWhole), 0);
  stage->program().Signal(SIGKILL);
  (void)stage->program().Wait();
  int lacking = 0;  // as many as open the breaker
  ASSERT_GT(FramesUntil(video, number, 200,
                        [&](const v1::FaceMeshResult& result) {
                          lacking += !IsWhole(result);
                          return lacking == 10;
                        }),
            0);
  ASSERT_TRUE(test::AwaitHealth(orchestrator->port(), "Connection refused"));
  stage = StartStage("head-pose", port);
  EXPECT_GT(FramesUntil(video, number, 2000, IsWhole), 0);
}

TEST(Stages, OfTwoReplicasOneMayBeKilledWithoutAFrameThatLacksAnything) {
  const auto one = StartStage("landmark-detection"), other = StartStage("landmark-detection");
  const auto orchestrator = StartOrchestrator(
      {"--landmark-detection", fmt::format("[{}, {}]", one->address(), other->address()), "--set",
       "orchestrate.stages.landmark-detection.timeout=10s", "--set",
       "orchestrate.frame_deadline=30s"});
  GazeVideo video(orchestrator->address());
  const PortraitVideo portrait;
  for (int i = 0; i < 60; ++i) {
    if (i == 20) one->program().Signal(SIGKILL);
    const auto result = video.Send(portrait.Frame(0).view(), i * PortraitVideo::kFrameUs);
    ASSERT_TRUE(result);
    ASSERT_THAT(result->failed_stages(), IsEmpty()) << "frame " << i;
    ASSERT_GT(result->faces_size(), 0) << "frame " << i;
    ASSERT_EQ(result->faces(0).id(), 1) << "frame " << i;
  }
  EXPECT_GT(MetricOf(*orchestrator, "vigil_stage_retries_total{stage=\"landmark-detection\"}"), 0);
}

TEST(Stages, AStageThatHangsIsWaitedForUntilTheDeadlineAndThenNotAsked) {
  const auto stage = StartStage("gaze");
  const auto orchestrator = StartOrchestrator(
      {"--gaze", stage->address(), "--set", "orchestrate.stages.gaze.timeout=400ms", "--set",
       "orchestrate.breaker.failures=3", "--set", "orchestrate.breaker.open=2s", "--set",
       "orchestrate.breaker.longest=2s"});
  GazeVideo video(orchestrator->address());
  int number = 0;
  ASSERT_GT(FramesUntil(video, number, 20, IsWhole), 0);

  stage->program().Signal(SIGSTOP);
  const PortraitVideo portrait;
  int slow = 0, quick = 0;
  for (int i = 0; i < 12; ++i) {
    const auto start = Clock::now();
    const auto result = video.Send(portrait.Frame(0).view(), number++ * PortraitVideo::kFrameUs);
    const auto took = Clock::now() - start;
    ASSERT_TRUE(result);
    EXPECT_THAT(result->failed_stages(), ElementsAre("gaze"));
    ASSERT_GT(result->faces_size(), 0);
    EXPECT_FALSE(result->faces(0).has_gaze());
    EXPECT_TRUE(result->faces(0).has_head_pose());
    (took >= std::chrono::milliseconds(400) ? slow : quick)++;
  }
  EXPECT_GE(slow, 3);
  EXPECT_LE(slow, 5);  // three, and a probe or a busy machine
  EXPECT_GE(quick, 7);

  stage->program().Signal(SIGCONT);
  EXPECT_GT(FramesUntil(video, number, 500, IsWhole), 0);
}

TEST(Stages, AStreamOfAStageWithAStateGoesOnAtAnotherReplicaFromANewOne) {
  std::vector<std::unique_ptr<ServerProcess>> replicas;
  replicas.push_back(StartStage("blink"));
  replicas.push_back(StartStage("blink"));
  const auto orchestrator = StartOrchestrator(
      {"--blink", fmt::format("[{}, {}]", replicas[0]->address(), replicas[1]->address()), "--set",
       "orchestrate.stages.blink.timeout=5s"});
  GazeVideo video(orchestrator->address());
  int number = 0;
  float coverage = 0;
  ASSERT_GT(FramesUntil(video, number, 200,
                        [&](const v1::FaceMeshResult& result) {
                          coverage = result.faces(0).perclos().coverage();
                          return coverage > 0.03F;  // of a minute
                        }),
            0);
  // All of them went to one replica: the other has not been asked.
  const auto asked = [](const ServerProcess& replica) {
    return MetricOf(replica, "frames_processed_total{service=\"blink\"}");
  };
  const std::size_t home = asked(*replicas[0]) > 0 ? 0 : 1;
  EXPECT_GT(asked(*replicas[home]), 50);
  EXPECT_EQ(asked(*replicas[1 - home]), 0);

  replicas[home]->program().Signal(SIGKILL);
  (void)replicas[home]->program().Wait();
  int lacking = 0;
  ASSERT_GT(FramesUntil(video, number, 50,
                        [&](const v1::FaceMeshResult& result) {
                          lacking += !IsWhole(result);
                          return IsWhole(result) && result.faces(0).perclos().coverage() < coverage;
                        }),
            0);
  EXPECT_LE(lacking, 2);  // the frame that was on its way, not repeated
  EXPECT_GT(asked(*replicas[1 - home]), 0);
  EXPECT_EQ(MetricOf(*orchestrator, "vigil_stage_states_lost_total{stage=\"blink\"}"), 1);
}

TEST(Stages, TheTraceGoesAlongAndLogsAreJson) {
  const auto stage =
      StartStage("head-pose", 0, {"--set", "log.format=json", "--set", "log.level=debug"});
  const auto orchestrator = StartOrchestrator(
      {"--head-pose", stage->address(), "--set", "orchestrate.stages.head-pose.timeout=10s"});
  {
    GazeVideo video(orchestrator->address(),
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    int number = 0;
    ASSERT_GT(FramesUntil(video, number, 20, IsWhole), 0);
  }
  stage->program().Signal(SIGTERM);
  const std::string log = stage->program().Wait().err;
  EXPECT_THAT(log, HasSubstr("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""));
  EXPECT_THAT(log, HasSubstr("\"service\":\"head-pose\""));
  EXPECT_THAT(log, HasSubstr("\"frame\":1,"));
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = log.find('\n', at);
    const auto line = nlohmann::json::parse(log.substr(at, end - at), nullptr, false);
    ASSERT_TRUE(line.is_object()) << log.substr(at, end - at);
    for (const char* key : {"timestamp", "service", "level", "message"})
      EXPECT_TRUE(line.contains(key)) << line;
    at = end + 1;
  }
}

TEST(Stages, TheFramesDeadlineHoldsForAllStagesTogether) {
  std::vector<std::unique_ptr<ServerProcess>> stages;
  std::vector<std::string> flags = {"--set", "orchestrate.frame_deadline=600ms"};
  for (const char* name : {"head-pose", "gaze", "blink", "attention"}) {
    stages.push_back(StartStage(name));
    flags.insert(flags.end(), {fmt::format("--{}", name), stages.back()->address(), "--set",
                               fmt::format("orchestrate.stages.{}.timeout=30s", name)});
  }
  const auto orchestrator = StartOrchestrator(flags);
  GazeVideo video(orchestrator->address());
  int number = 0;
  ASSERT_GT(FramesUntil(video, number, 20, IsWhole), 0);
  for (const auto& stage : stages) stage->program().Signal(SIGSTOP);
  const PortraitVideo portrait;
  const Image frame = portrait.Frame(0);
  const auto start = Clock::now();
  const auto result = video.Send(frame.view(), number++ * PortraitVideo::kFrameUs);
  const auto took = Clock::now() - start;
  ASSERT_TRUE(result);
  EXPECT_THAT(result->failed_stages(), ElementsAre("head-pose", "gaze", "blink", "attention"));
  EXPECT_GT(result->faces_size(), 0);
  EXPECT_GE(took, std::chrono::milliseconds(500));
  EXPECT_LT(took, std::chrono::seconds(5));  // not four times 30 s
  for (const auto& stage : stages) stage->program().Signal(SIGCONT);
  EXPECT_GT(FramesUntil(video, number, 500, IsWhole), 0);
}

TEST(Stages, StreamsOpenedAndAbandonedLeaveNothingBehind) {
  AllStages stages;
  auto flags = stages.flags();
  Generously(flags);
  flags.insert(flags.end(), {"--set", "server.limits.resets=1000000"});
  const auto orchestrator = StartOrchestrator(flags);
  const PortraitVideo portrait;
  const Image frame = portrait.Frame(0);
  const auto abandon = [&](int count) {
    for (int i = 0; i < count; ++i) {
      GazeVideo video(orchestrator->address());
      if (i % 2 == 0) {
        EXPECT_TRUE(video.Send(frame.view(), 0));
      }
    }
  };
  const auto all_closed = [&] {
    for (int i = 0; i < 100; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(50))) {
      if (MetricOf(*orchestrator, "vigil_calls") == 0) return true;
    }
    return false;
  };
  abandon(30);
  ASSERT_TRUE(all_closed());
  const int descriptors = test::OpenDescriptors(orchestrator->program().pid());
  const long memory = test::MemoryOf(orchestrator->program().pid());
  abandon(150);
  ASSERT_TRUE(all_closed());
  EXPECT_LE(test::OpenDescriptors(orchestrator->program().pid()), descriptors + 10);
  EXPECT_LE(test::MemoryOf(orchestrator->program().pid()), memory * 11 / 10 + 8192) << "KiB";
}

TEST(Stages, AreCalledWithTlsAndShowWhoCalls) {
  test::TempDir dir;
  const auto run = [&](const std::string& command) {
    const auto outcome =
        test::RunProgram({"sh", "-c", "cd " + dir.path().string() + "; " + command});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  };
  run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
  test::WriteFile(dir / "ext", "subjectAltName=DNS:localhost,IP:127.0.0.1");
  for (const std::string name : {"stage", "orchestrator"}) {
    run("openssl req -newkey rsa:2048 -nodes -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".csr");
    run("openssl x509 -req -days 2 -in " + name +
        ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -out " + name + ".pem");
  }
  const auto path = [&](const char* name) { return (dir / name).string(); };
  const auto stage = StartStage("gaze", 0,
                                {"--tls-cert", path("stage.pem"), "--tls-key", path("stage.key"),
                                 "--tls-client-ca", path("ca.pem")});
  const std::vector<std::string> there = {"--gaze", stage->address(), "--set",
                                          "orchestrate.stages.gaze.timeout=10s"};
  auto with_tls = there;
  with_tls.insert(with_tls.end(), {"--set", "orchestrate.tls.enabled=true", "--set",
                                   "orchestrate.tls.ca_file=" + path("ca.pem")});
  auto with_name = with_tls;
  with_name.insert(with_name.end(),
                   {"--set", "orchestrate.tls.certificate_file=" + path("orchestrator.pem"),
                    "--set", "orchestrate.tls.key_file=" + path("orchestrator.key")});
  const struct {
    const char* name;
    const std::vector<std::string>& flags;
    bool works;
  } cases[] = {{"plain", there, false}, {"nameless", with_tls, false}, {"known", with_name, true}};
  for (const auto& one : cases) {
    const auto orchestrator = StartOrchestrator(one.flags);
    GazeVideo video(orchestrator->address());
    int number = 0;
    EXPECT_EQ(FramesUntil(video, number, 3, IsWhole) > 0, one.works) << one.name;
  }
}

TEST(Stages, WrongEndpointsAndUnknownStagesAreSaidAtOnce) {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), VIGIL_BINARY);
    return test::RunProgram(arguments);
  };
  auto outcome = run({"orchestrate", "--listen", "127.0.0.1:0", "--gaze", "http://host"});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_THAT(outcome.err, HasSubstr("host:port"));
  outcome = run({"stage", "nose"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("head-pose"));
  outcome = run({"orchestrate", "--redis", "redis://u:secret@10.1.2.3"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("redis.insecure"));
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("secret@")));
}

}  // namespace
}  // namespace vigil
