// Attention updates over a real Redis, which comes, goes and comes back while frames go on.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "support/http_get.h"
#include "support/redis_server.h"
#include "support/stage_processes.h"

namespace vigil {
namespace {

using test::AwaitHealth;
using test::GazeVideo;
using test::PortraitVideo;
using testing::HasSubstr;

class Updates : public testing::Test {
 protected:
  void SetUp() override {
    if (test::RunProgram({"redis-server", "--version"}).exit_code != 0)
      GTEST_SKIP() << "needs redis-server";
  }
  std::unique_ptr<test::ServerProcess> Orchestrator(const std::string& credentials = {}) const {
    return test::StartOrchestrator(
        {"--redis", fmt::format("redis://{}127.0.0.1:{}", credentials, port_)});
  }
  // A frame with faces, answered.
  v1::FaceMeshResult Frame(GazeVideo& video, const std::string& stream_id) {
    const PortraitVideo portrait;
    const auto result =
        video.Send(portrait.Frame(0).view(), number_++ * PortraitVideo::kFrameUs, stream_id);
    EXPECT_TRUE(result) << video.error();
    if (!result) return {};
    EXPECT_GT(result->faces_size(), 0);
    return *result;
  }

  const int port_ = test::FreePort();
  int number_ = 0;
};

TEST_F(Updates, TellWhatTheResultsSay) {
  const test::RedisServer redis(port_);
  test::RedisListener listener(port_, "attention:*");
  const auto orchestrator = Orchestrator();
  GazeVideo video(orchestrator->address());
  for (const char* stream : {"front door", "front door", "büro"}) {
    const auto result = Frame(video, stream);
    const auto heard = listener.Next();
    EXPECT_EQ(heard.channel, fmt::format("attention:{}", stream));
    const auto update = nlohmann::json::parse(heard.message, nullptr, false);
    ASSERT_TRUE(update.is_object()) << heard.message;
    EXPECT_EQ(update["stream_id"], stream);
    EXPECT_EQ(update["timestamp_us"], result.timestamp_us());
    EXPECT_EQ(update["sequence"], result.sequence());
    EXPECT_TRUE(update["failed_stages"].empty());
    ASSERT_EQ(update["faces"].size(), static_cast<std::size_t>(result.faces_size()));
    EXPECT_EQ(update["faces"][0]["id"], result.faces(0).id());
    EXPECT_NEAR(update["faces"][0]["attention"]["score"], result.faces(0).attention().score(),
                0.01);
    EXPECT_EQ(update["faces"][0]["drowsiness"]["level"], "alert");
  }
}

TEST_F(Updates, ARedisThatIsAwayDoesNotStopFramesAndIsFoundAgain) {
  const auto orchestrator = Orchestrator();  // there is none yet
  GazeVideo video(orchestrator->address());
  for (int i = 0; i < 5; ++i) Frame(video, "a");
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "\"degraded\""));

  auto redis = std::make_unique<test::RedisServer>(port_);
  auto listener = std::make_unique<test::RedisListener>(port_, "attention:*");
  Frame(video, "a");
  EXPECT_EQ(listener->Next().channel, "attention:a");
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "attention updates are published"));

  redis->Kill();
  for (int i = 0; i < 20; ++i) Frame(video, "a");
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "\"degraded\""));

  redis = std::make_unique<test::RedisServer>(port_);
  listener = std::make_unique<test::RedisListener>(port_, "attention:*");
  Frame(video, "a");
  EXPECT_EQ(listener->Next().channel, "attention:a");

  orchestrator->program().Signal(SIGTERM);
  const auto outcome = orchestrator->program().Wait();
  EXPECT_EQ(outcome.exit_code, 0);
  std::size_t away = 0;
  for (std::size_t at = 0; (at = outcome.err.find(" is away", at)) != std::string::npos; ++at)
    ++away;
  EXPECT_EQ(away, 2U) << outcome.err;  // once each time
}

TEST_F(Updates, ARedisThatIsAwayIsToldOfWithoutAFrame) {
  const auto orchestrator = Orchestrator();  // there is none yet
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "Connection refused"));
  auto redis = std::make_unique<test::RedisServer>(port_);
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "\"healthy\""));
  redis->Kill();
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "\"degraded\""));
}

TEST_F(Updates, AreForWhoKnowsThePassword) {
  const test::RedisServer redis(port_, "correct horse");
  {
    const auto orchestrator = Orchestrator(":wrong@");
    GazeVideo video(orchestrator->address());
    Frame(video, "a");
    EXPECT_TRUE(AwaitHealth(orchestrator->port(), "WRONGPASS"));
  }
  const auto orchestrator = Orchestrator(":correct%20horse@");
  GazeVideo video(orchestrator->address());
  Frame(video, "a");
  EXPECT_TRUE(AwaitHealth(orchestrator->port(), "\"healthy\""));
  EXPECT_THAT(test::HttpGet(orchestrator->port(), "/metrics"), HasSubstr("vigil_published_total"));
}

}  // namespace
}  // namespace vigil
