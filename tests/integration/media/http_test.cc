// Cameras and files over HTTP, from servers of the tests' own.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "../../unit/media/test_video.h"
#include "live_fixture.h"
#include "loopback_server.h"
#include "media/live_source.h"
#include "support/test_data.h"

namespace vigil::media {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::LoopbackServer;
using test::StateLog;
using vigil::test::TempDir;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

std::string Bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

LoopbackServer::Handler Answer(const std::string& answer) {
  return [answer](Connection& connection) {
    if (!connection.ReadHead().empty()) connection.Send(answer);
  };
}

LoopbackServer::Handler NeverAnswer() {
  return [](Connection& connection) { connection.AwaitEnd(); };
}

TEST(Http, ACameraIsLiveAndGivesItsPicturesInOrder) {
  test::FrameGate gate;
  gate.OpenAll();
  LoopbackServer server(test::MjpegCamera(gate));
  auto source = OpenVideo(server.Url("http", "/video"), {}, {});
  ASSERT_TRUE(source.ok()) << Text(source.status());
  EXPECT_TRUE((*source)->info().live);
  EXPECT_EQ((*source)->info().size, (Size{320, 240}));
  std::int64_t last = -1;
  for (int i = 0; i < 50; ++i) {
    const auto frame = (*source)->Read({});
    ASSERT_TRUE(frame.ok()) << Text(frame.status());
    EXPECT_EQ(test::NumberOf(frame->image.view()), i);
    EXPECT_GT(frame->timestamp_us, last);
    last = frame->timestamp_us;
  }
}

TEST(Http, AFileIsNotLiveAndNothingOfItIsLost) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(80, 25));
  const std::string file = Bytes(dir / "a.mp4");
  LoopbackServer server(Answer("HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: " +
                               std::to_string(file.size()) + "\r\nConnection: close\r\n\r\n" +
                               file));
  const auto read = test::ReadAll(server.Url("http", "/a.mp4"));
  EXPECT_FALSE(read.info.live);
  EXPECT_EQ(read.times(), test::Times(80, 25));
  EXPECT_TRUE(absl::IsOutOfRange(read.end)) << Text(read.end);
}

// A list of segments is a film once it says that it ends. Until then it is a camera, whose list grows.
TEST(Http, AnHlsListIsLiveUntilItEnds) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(50, 25));
  test::CopyVideo(dir / "a.mp4", dir / "a.ts");
  const std::string segment = Bytes(dir / "a.ts");
  const auto list_of = [](int from, int count, bool ended) {
    std::string list =
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:" +
        std::to_string(from) + "\n";
    for (int i = from; i < from + count; ++i)
      list += "#EXT-X-DISCONTINUITY\n#EXTINF:2.0,\n/" + std::to_string(i) + ".ts\n";
    return list + (ended ? "#EXT-X-ENDLIST\n" : "");
  };
  const auto ok = [](const std::string& type, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           body;
  };
  for (const bool ended : {true, false}) {
    int asked = 0;
    LoopbackServer server([&](Connection& connection) {
      const std::string head = connection.ReadHead();
      if (head.find(".m3u8") == std::string::npos) {
        connection.Send(ok("video/mp2t", segment));
      } else {
        connection.Send(
            ok("application/vnd.apple.mpegurl", list_of(ended ? 0 : asked++, 3, ended)));
      }
    });
    auto source = OpenVideo(server.Url("http", "/live.m3u8"), {}, {});
    ASSERT_TRUE(source.ok()) << Text(source.status());
    EXPECT_EQ((*source)->info().live, !ended);
    int frames = 0;
    for (; frames < 160 && (*source)->Read({}).ok(); ++frames) {
    }
    EXPECT_EQ(frames, ended ? 150 : 160) << "it goes on for as long as the list grows";
  }
}

TEST(Http, APictureIsStillAndAStreamOfThemIsNot) {
  const std::string jpeg = test::EncodeJpeg(test::NumberedPicture({320, 240}, 1).view());
  LoopbackServer server(Answer("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                               std::to_string(jpeg.size()) + "\r\nConnection: close\r\n\r\n" +
                               jpeg));
  const auto still = OpenVideo(server.Url("http", "/snapshot"), {}, {});
  ASSERT_TRUE(still.ok()) << Text(still.status());
  EXPECT_TRUE((*still)->info().still);
  test::FrameGate gate;
  gate.OpenAll();
  LoopbackServer camera(test::MjpegCamera(gate));
  const auto stream = OpenVideo(camera.Url("http", "/video"), {}, {});
  ASSERT_TRUE(stream.ok()) << Text(stream.status());
  EXPECT_FALSE((*stream)->info().still);
}

struct RefusalCase {
  const char* name;
  const char* answer;
  absl::StatusCode code;
};
class Refusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refusal, HasACodeThatSaysWhatToDo) {
  LoopbackServer server(Answer(GetParam().answer));
  const auto source =
      OpenVideo("http://me:secret@127.0.0.1:" + std::to_string(server.port()) + "/x", {}, {});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.status().code(), GetParam().code) << Text(source.status());
  EXPECT_TRUE(Text(source.status()).starts_with("http://***@127.0.0.1")) << Text(source.status());
  EXPECT_EQ(Text(source.status()).find("secret"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    All, Refusal,
    testing::Values(
        RefusalCase{"not_found", "HTTP/1.1 404 Not Found\r\n\r\n", absl::StatusCode::kNotFound},
        RefusalCase{"wrong_password", "HTTP/1.1 401 Unauthorized\r\n\r\n",
                    absl::StatusCode::kUnauthenticated},
        RefusalCase{"forbidden", "HTTP/1.1 403 Forbidden\r\n\r\n",
                    absl::StatusCode::kPermissionDenied},
        RefusalCase{"broken", "HTTP/1.1 500 Oops\r\n\r\n", absl::StatusCode::kUnavailable},
        RefusalCase{"a_page", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
                    absl::StatusCode::kInvalidArgument}),
    [](const auto& test) { return std::string(test.param.name); });

// RELIABILITY.md: what a camera's address leads to must not reach this machine's files.
TEST(Http, NetworkInputCannotReadLocalFiles) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(10, 25));
  test::CopyVideo(dir / "a.mp4", dir / "secret.ts");
  const std::string local = "file://" + (dir / "secret.ts").string();
  ASSERT_EQ(test::ReadAll((dir / "secret.ts").string()).frames.size(), 10U)
      << "it would be readable";
  const std::string playlist =
      "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n" + local + "\n#EXT-X-ENDLIST\n";
  for (const std::string& answer :
       {"HTTP/1.1 302 Found\r\nLocation: " + local + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\n\r\n" + playlist,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nffconcat version 1.0\nfile '" + local +
            "'\n"}) {
    LoopbackServer server(Answer(answer));
    auto source = OpenVideo(server.Url("http", "/live.m3u8"), {.connect_timeout = 2s}, {});
    EXPECT_FALSE(source.ok()) << answer;
  }
}

TEST(Http, UnreachableIsAnErrorThatNamesIt) {
  const std::string port = std::to_string(test::RefusingPort());
  for (const std::string scheme : {"http", "rtsp"}) {
    const std::string url = scheme + "://127.0.0.1:" + port + "/x";
    const auto source = OpenVideo(url, {}, {});
    EXPECT_EQ(source.status().code(), absl::StatusCode::kUnavailable) << Text(source.status());
    EXPECT_TRUE(Text(source.status()).starts_with(url + ": ")) << Text(source.status());
  }
}

TEST(Http, NoAnswerIsAnErrorWithinTheConnectTimeout) {
  LoopbackServer server(NeverAnswer());
  for (const std::string scheme : {"http", "rtsp"}) {
    const std::string url = server.Url(scheme, "/x");
    const auto source = OpenVideo(url, {.connect_timeout = 150ms}, {});
    EXPECT_EQ(source.status().code(), absl::StatusCode::kDeadlineExceeded) << Text(source.status());
    EXPECT_EQ(Text(source.status()), url + ": no answer within 150 ms");
  }
}

TEST(Http, SilenceIsAnErrorAfterTheReadTimeout) {
  test::FrameGate gate;
  gate.Open(10);
  LoopbackServer server(test::MjpegCamera(gate));
  auto source = OpenVideo(server.Url("http", "/video"), {.read_timeout = 150ms}, {});
  ASSERT_TRUE(source.ok()) << Text(source.status());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE((*source)->Read({}).ok());
  const auto silent = (*source)->Read({});
  EXPECT_EQ(silent.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Text(silent.status()), server.Url("http", "/video") + ": no frame within 150 ms");
}

// USERS.md, pain 13: the consumer takes one frame in ten, and each is the newest that the camera
// has sent.
TEST(LiveHttp, Pain13LatencyStaysBoundedWithASlowConsumer) {
  test::FrameGate gate;
  LoopbackServer server(test::MjpegCamera(gate));
  StateLog log;
  LatestSlot<Frame> slot;
  LiveSource source("camera", VideoOpener(server.Url("http", "/video"), {}), log.Options(), slot);
  constexpr int kTaken = 20;
  for (int taken = 1; taken <= kTaken; ++taken) {
    gate.Open(10 * taken);
    ASSERT_TRUE(test::AwaitFrames(source, static_cast<std::uint64_t>(10 * taken)))
        << "held back in between";
    const auto frame = slot.Take(After(60s), {});
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->number, static_cast<std::uint64_t>(10 * taken - 1));
    EXPECT_EQ(test::NumberOf(frame->image.view()), 10 * taken - 1);
  }
  const LiveStatus status = source.status();
  EXPECT_EQ(status.frames, static_cast<std::uint64_t>(kTaken) + status.dropped)
      << "every frame is accounted for";
}

TEST(LiveHttp, ComesBackAfterCutsStallsAndARestart) {
  test::FrameGate gate;
  gate.Open(5);
  StateLog log;
  LatestSlot<Frame> slot;
  auto server =
      std::make_unique<LoopbackServer>(test::MjpegCamera(gate, 5));  // five frames, then it cuts
  const int port = server->port();
  LiveSource source("camera", VideoOpener(server->Url("http", "/video"), {.read_timeout = 200ms}),
                    log.Options(), slot);
  ASSERT_TRUE(log.Await(LiveState::kStreaming, 4));
  server.reset();
  server = std::make_unique<LoopbackServer>(test::MjpegCamera(gate),
                                            port);  // five frames, then it stalls
  ASSERT_TRUE(log.Await(LiveState::kStreaming, 9));
  server.reset();
  source.Stop();
  ASSERT_TRUE(log.Await(LiveState::kStopped));
  const LiveStatus status = source.status();
  EXPECT_GE(status.reconnects, 8U);
  EXPECT_GT(status.frames, 20U);
  bool stalled = false;
  for (const LiveStatus& entry : log.log())
    stalled = stalled || absl::IsDeadlineExceeded(entry.last_error);
  EXPECT_TRUE(stalled) << "the silent camera was noticed";
  const auto frame = slot.Take(After(60s), {});
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->number, status.frames - 1) << "numbers go on over the connections";
}

// USERS.md, pain 19. Timeouts are an hour: only the stop can end these.
class Pain19FailedCameraCanBeStopped : public testing::Test {
 protected:
  const SourceOptions patient_{.connect_timeout = 1h, .read_timeout = 1h};
  StateLog log_;
  LatestSlot<Frame> slot_;
};

TEST_F(Pain19FailedCameraCanBeStopped, WhileItDoesNotAnswer) {
  LoopbackServer server(NeverAnswer());
  for (const std::string scheme : {"http", "rtsp"}) {
    StateLog log;
    LatestSlot<Frame> slot;
    const int before = server.accepted();
    LiveSource source("camera", VideoOpener(server.Url(scheme, "/x"), patient_), log.Options(),
                      slot);
    while (server.accepted() == before) std::this_thread::yield();
    source.Stop();
    EXPECT_TRUE(log.Await(LiveState::kStopped));
    EXPECT_EQ(log.log().size(), 2U) << "connecting, stopped";
  }
}

TEST_F(Pain19FailedCameraCanBeStopped, WhileBackingOff) {
  LiveOptions options = log_.Options();
  options.backoff = {3'600'000ms, 3'600'000ms, 0};
  const std::string url = "rtsp://127.0.0.1:" + std::to_string(test::RefusingPort()) + "/x";
  LiveSource source("camera", VideoOpener(url, patient_), options, slot_);
  ASSERT_TRUE(log_.Await(LiveState::kBackingOff));
  source.Stop();
  EXPECT_TRUE(log_.Await(LiveState::kStopped));
}

TEST_F(Pain19FailedCameraCanBeStopped, WhileItIsSilent) {
  test::FrameGate gate;
  gate.Open(10);
  LoopbackServer server(test::MjpegCamera(gate));
  LiveSource source("camera", VideoOpener(server.Url("http", "/video"), patient_), log_.Options(),
                    slot_);
  ASSERT_TRUE(test::AwaitFrames(source, 10));
  source.Stop();
  EXPECT_TRUE(log_.Await(LiveState::kStopped));
}

TEST_F(Pain19FailedCameraCanBeStopped, WhileDecoding) {
  test::FrameGate gate;
  gate.OpenAll();
  LoopbackServer server(test::MjpegCamera(gate));
  LiveSource source("camera", VideoOpener(server.Url("http", "/video"), patient_), log_.Options(),
                    slot_);
  ASSERT_TRUE(test::AwaitFrames(source, 30));
  source.Stop();
  EXPECT_TRUE(log_.Await(LiveState::kStopped));
  EXPECT_TRUE(slot_.closed());
}

TEST_F(Pain19FailedCameraCanBeStopped, AndIsGivenUpWithinTheConnectTimeout) {
  LiveOptions options = log_.Options();
  options.connect_timeout = 300ms;
  LoopbackServer server(NeverAnswer());
  LiveSource source("rtsp://me:secret@camera", VideoOpener(server.Url("rtsp", "/x"), patient_),
                    options, slot_);
  ASSERT_TRUE(log_.Await(LiveState::kFailed));
  EXPECT_TRUE(Text(source.status().last_error).starts_with("rtsp://***@camera: given up after "))
      << Text(source.status().last_error);
}

}  // namespace
}  // namespace vigil::media
