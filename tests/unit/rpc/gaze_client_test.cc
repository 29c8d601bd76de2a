// Against a real server on loopback, whose faces are made up.
#include "rpc/gaze_client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/health.h"
#include "core/listener.h"
#include "core/metrics.h"
#include "core/status.h"
#include "core/stream_pool.h"
#include "rpc/server.h"

namespace vigil::rpc {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Size kSize{64, 48};
constexpr auto kPatience = 20s;

// Sees one face in each frame, as wide as the frame's time in milliseconds; holds frames back while `hold` is set.
class MadeUpFaces final : public FaceBackend {
 public:
  class Stream final : public FaceStream {
   public:
    explicit Stream(MadeUpFaces& owner) : owner_(owner) {}
    absl::StatusOr<const face::FaceResult*> Next(int, const StreamFrame& frame) override {
      ++owner_.begun;
      while (owner_.hold && !owner_.over) std::this_thread::sleep_for(1ms);
      if (frame.image.size() != kSize) return absl::InternalError("another size");
      face::Face face;
      face.id = 1;
      face.box = {1, 2, static_cast<float>(frame.timestamp_us) / 1000, 4};
      result_.faces = {face};
      result_.failed = {};
      if (owner_.without_poses) result_.failed.Add(face::Stage::kHeadPose);
      return &result_;
    }

   private:
    MadeUpFaces& owner_;
    face::FaceResult result_;
  };

  ~MadeUpFaces() override = default;
  std::unique_ptr<FaceStream> Open() override {
    ++opened;
    return std::make_unique<Stream>(*this);
  }

  std::atomic<bool> hold = false, over = false, without_poses = false;
  std::atomic<int> opened = 0, begun = 0;
};

class Served {
 public:
  explicit Served(int port = 0) {
    ServedBackends backends;
    backends.faces = &faces;
    auto server = Server::Start({}, backends, pool_, health_, metrics_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    Listener::Routes routes;
    routes.http2 = [this](Descriptor connection, const std::string&) {
      server_->Serve(std::move(connection));
    };
    auto listener = Listener::Open({"127.0.0.1", port}, {}, std::move(routes));
    EXPECT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }
  ~Served() { faces.over = true; }

  int port() const { return listener_->port(); }
  void SetServing(bool serving) { server_->SetServing(serving); }
  void CutOff() { listener_->DisconnectAll(); }
  void Stop() { server_->Stop(1s); }

  MadeUpFaces faces;

 private:
  Health health_{"test", "1"};
  Metrics metrics_;
  StreamPool pool_{2, "test-"};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Listener> listener_;
};

class Record final : public GazeEvents {
 public:
  void OnUp() override {
    std::lock_guard lock(mutex_);
    ++ups;
    changed_.notify_all();
  }
  void OnDown(const absl::Status& why) override {
    std::lock_guard lock(mutex_);
    downs.push_back(why);
    changed_.notify_all();
  }
  void OnResult(RemoteResult result) override {
    std::lock_guard lock(mutex_);
    ++outcomes[result.sequence];
    results.push_back(std::move(result));
    changed_.notify_all();
  }
  void OnLost(std::uint64_t sequence, const absl::Status& why) override {
    std::lock_guard lock(mutex_);
    ++outcomes[sequence];
    lost[sequence] = why;
    changed_.notify_all();
  }

  template <typename Condition>
  bool Await(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }
  bool AwaitUp(int count = 1) {
    return Await([&] { return ups >= count; });
  }
  bool AwaitDown(std::size_t count = 1) {
    return Await([&] { return downs.size() >= count; });
  }
  bool AwaitOutcomes(std::size_t count) {
    return Await([&] { return outcomes.size() >= count; });
  }

  int ups = 0;
  std::vector<absl::Status> downs;
  std::vector<RemoteResult> results;
  std::map<std::uint64_t, absl::Status> lost;
  std::map<std::uint64_t, int> outcomes;  // of each frame: one, in the end

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class GazeClientTest : public testing::Test {
 protected:
  std::unique_ptr<GazeClient> Connect(int port, GazeClientOptions options = {}) {
    options.server = {"127.0.0.1", port, false};
    options.stream_id = "test";
    auto client = GazeClient::Create(options, events_);
    EXPECT_TRUE(client.ok()) << client.status();
    (*client)->Connect();
    return *std::move(client);
  }
  absl::Status Send(GazeClient& client, std::chrono::milliseconds limit = 10s) {
    ++number_;
    return client.Send({number_, static_cast<std::int64_t>(number_) * 1000, SentEncoding::kRgb24,
                        kSize, After(limit)},
                       pixels_);
  }

  const std::vector<std::uint8_t> pixels_ = std::vector<std::uint8_t>(64 * 48 * 3, 100);
  std::uint64_t number_ = 0;
  Record events_;
};

TEST_F(GazeClientTest, ResultsComeForTheirFrames) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  EXPECT_EQ(client->state(), GazeClient::State::kStreaming);
  for (std::size_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(Send(*client).ok());
    ASSERT_TRUE(events_.AwaitOutcomes(i));
  }
  ASSERT_EQ(events_.results.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    const RemoteResult& result = events_.results[i];
    EXPECT_EQ(result.sequence, i + 1);
    ASSERT_EQ(result.faces.faces.size(), 1U);
    EXPECT_EQ(result.faces.faces[0].box.width, static_cast<float>(i + 1));
    EXPECT_GE(result.round_trip_us, result.server_us);
    EXPECT_GT(result.server_us, 0);
  }
  EXPECT_EQ(server.faces.opened, 1);
}

TEST_F(GazeClientTest, FramesThatAreTooManyForTheServerAreSaidToBePassedOver) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  server.faces.hold = true;
  ASSERT_TRUE(Send(*client).ok());
  for (int i = 0; i < 5000 && server.faces.begun == 0; ++i) std::this_thread::sleep_for(1ms);
  ASSERT_EQ(server.faces.begun, 1);  // or the next would replace it before it is begun
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(Send(*client).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Send(*client))) << "all that may be on their way are";
  std::this_thread::sleep_for(300ms);  // for the server to read a second of those that wait
  server.faces.hold = false;
  ASSERT_TRUE(events_.AwaitOutcomes(8));
  EXPECT_TRUE(events_.lost.find(1) == events_.lost.end()) << "the one at work";
  EXPECT_TRUE(events_.lost.find(8) == events_.lost.end()) << "the newest";
  EXPECT_GE(events_.lost.size(), 1U);
  for (const auto& [sequence, why] : events_.lost)
    EXPECT_TRUE(absl::IsResourceExhausted(why)) << why;
  EXPECT_EQ(client->in_flight(), 0U);
}

// Absent is not 0: a head whose pose nobody knows does not face the camera.
TEST_F(GazeClientTest, AResultThatIsNotWholeIsNone) {
  Served server;
  server.faces.without_poses = true;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  ASSERT_TRUE(Send(*client).ok());
  ASSERT_TRUE(events_.AwaitOutcomes(1));
  EXPECT_EQ(events_.lost[1], absl::InternalError("the server's stage head-pose gave nothing"));
  server.faces.without_poses = false;
  ASSERT_TRUE(Send(*client).ok());
  ASSERT_TRUE(events_.AwaitOutcomes(2));
  EXPECT_EQ(events_.results.size(), 1U);
}

TEST_F(GazeClientTest, AFrameIsGivenUpAtItsDeadlineAndTheStreamGoesOn) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  server.faces.hold = true;
  const auto start = Clock::now();
  ASSERT_TRUE(Send(*client, 100ms).ok());
  ASSERT_TRUE(events_.AwaitOutcomes(1));
  EXPECT_GE(Clock::now() - start, 100ms);
  EXPECT_TRUE(absl::IsDeadlineExceeded(events_.lost[1]));
  server.faces.hold = false;  // the late answer comes, and belongs to nothing
  ASSERT_TRUE(Send(*client).ok());
  ASSERT_TRUE(events_.AwaitOutcomes(2));
  ASSERT_EQ(events_.results.size(), 1U);
  EXPECT_EQ(events_.results[0].sequence, 2U);
  EXPECT_EQ(events_.outcomes[1], 1);
}

TEST_F(GazeClientTest, WhatAServerSaysOfOneFrameIsItsOutcome) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  const std::vector<std::uint8_t> no_jpeg(100, 7);
  ASSERT_TRUE(client->Send({1, 1, SentEncoding::kJpeg, kSize, After(10s)}, no_jpeg).ok());
  ASSERT_TRUE(events_.AwaitOutcomes(1));
  EXPECT_TRUE(absl::IsInvalidArgument(events_.lost[1])) << events_.lost[1];
  EXPECT_EQ(client->state(), GazeClient::State::kStreaming);
}

TEST_F(GazeClientTest, WhatIsTooLargeIsNotSent) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  const std::vector<std::uint8_t> large(10'000'001);
  EXPECT_TRUE(
      absl::IsInvalidArgument(client->Send({1, 1, SentEncoding::kRgb24, kSize, After(1s)}, large)));
  EXPECT_TRUE(
      absl::IsInvalidArgument(client->Send({1, 1, SentEncoding::kJpeg, kSize, After(1s)}, {})));
}

TEST_F(GazeClientTest, SaysWhoIsNotThere) {
  int port = 0;
  { port = Served().port(); }
  const auto client = Connect(port);
  EXPECT_TRUE(absl::IsUnavailable(Send(*client)));
  ASSERT_TRUE(events_.AwaitDown());
  const std::string why(MessageOf(events_.downs[0]));
  EXPECT_THAT(why, HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(why, HasSubstr("refused"));
  EXPECT_EQ(why.find('\n'), std::string::npos);
  EXPECT_EQ(client->state(), GazeClient::State::kIdle);
  // And may be there later.
  Served server(port);
  client->Connect();
  EXPECT_TRUE(events_.AwaitUp());
}

TEST_F(GazeClientTest, AServerThatSaysItDoesNotServeIsLeft) {
  Served server;
  server.SetServing(false);
  const auto client = Connect(server.port(), {.health_interval = 50ms});
  ASSERT_TRUE(events_.AwaitDown());
  EXPECT_THAT(std::string(MessageOf(events_.downs[0])), HasSubstr("not serving"));
  server.SetServing(true);
  client->Connect();
  ASSERT_TRUE(events_.AwaitUp());
  server.SetServing(false);
  EXPECT_TRUE(events_.AwaitDown(2));
}

TEST_F(GazeClientTest, FramesOnTheirWayAreLostWithTheConnection) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  server.faces.hold = true;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Send(*client).ok());
  server.CutOff();
  ASSERT_TRUE(events_.AwaitDown());
  ASSERT_TRUE(events_.AwaitOutcomes(5));
  EXPECT_EQ(events_.lost.size(), 5U);
  EXPECT_TRUE(absl::IsUnavailable(events_.lost[3])) << events_.lost[3];
  server.faces.hold = false;
  client->Connect();
  ASSERT_TRUE(events_.AwaitUp(2));
  ASSERT_TRUE(Send(*client).ok());
  EXPECT_TRUE(events_.AwaitOutcomes(6));
  EXPECT_EQ(server.faces.opened, 2);
}

TEST_F(GazeClientTest, AServerThatStopsIsLeft) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  server.Stop();
  ASSERT_TRUE(events_.AwaitDown());
  EXPECT_TRUE(absl::IsUnavailable(events_.downs[0])) << events_.downs[0];
}

TEST_F(GazeClientTest, DisconnectGivesUpWhatIsOnItsWayAndTellsNoLoss) {
  Served server;
  const auto client = Connect(server.port());
  ASSERT_TRUE(events_.AwaitUp());
  server.faces.hold = true;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Send(*client).ok());
  client->Disconnect();
  ASSERT_TRUE(events_.AwaitOutcomes(3));
  EXPECT_TRUE(absl::IsUnavailable(Send(*client)));
  client->Connect();  // also while the old stream still ends
  ASSERT_TRUE(events_.AwaitUp(2));
  EXPECT_TRUE(events_.downs.empty());
}

// A port that takes connections and never says a word.
class Silent {
 public:
  Silent() {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Silent() { close(socket_); }
  int port() const { return port_; }

 private:
  int socket_ = -1, port_ = 0;
};

TEST_F(GazeClientTest, WaitsForASilentServerNoLongerThanItsTime) {
  const Silent silent;
  const auto start = Clock::now();
  const auto client = Connect(silent.port(), {.connect_timeout = 200ms});
  ASSERT_TRUE(events_.AwaitDown());
  EXPECT_GE(Clock::now() - start, 200ms);
  EXPECT_LT(Clock::now() - start, 5s);
  EXPECT_THAT(std::string(MessageOf(events_.downs[0])), HasSubstr("no answer within 200 ms"));
}

TEST_F(GazeClientTest, StopIsPromptInEveryState) {
  const auto expect_prompt = [](GazeClient& client) {
    const auto start = Clock::now();
    client.Stop();
    EXPECT_LT(Clock::now() - start, 2s);
    EXPECT_EQ(client.state(), GazeClient::State::kStopped);
    client.Connect();
    client.Disconnect();
    client.Stop();
  };
  {
    SCOPED_TRACE("idle");
    auto client = GazeClient::Create({.server = {"127.0.0.1", 1}}, events_);
    ASSERT_TRUE(client.ok());
    expect_prompt(**client);
  }
  {
    SCOPED_TRACE("connecting");
    const Silent silent;
    const auto client = Connect(silent.port());
    expect_prompt(*client);
  }
  {
    SCOPED_TRACE("streaming, with frames on their way");
    Served server;
    const auto client = Connect(server.port());
    ASSERT_TRUE(events_.AwaitUp());
    server.faces.hold = true;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(Send(*client).ok());
    expect_prompt(*client);
    EXPECT_EQ(events_.outcomes.size(), 3U);
    EXPECT_TRUE(absl::IsUnavailable(Send(*client)));
  }
  EXPECT_TRUE(events_.downs.empty());
}

TEST_F(GazeClientTest, CertificatesWithoutTlsAreRefused) {
  const auto client =
      GazeClient::Create({.server = {"dgx", 50051, false}, .tls = {.ca = "x"}}, events_);
  ASSERT_TRUE(absl::IsInvalidArgument(client.status()));
  EXPECT_THAT(std::string(MessageOf(client.status())), HasSubstr("https://dgx:50051"));
}

TEST(NewTraceId, IsOneEachTime) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(NewTraceId());
  EXPECT_EQ(ids.size(), 100U);
  EXPECT_EQ(ids.begin()->size(), 32U);
}

}  // namespace
}  // namespace vigil::rpc
