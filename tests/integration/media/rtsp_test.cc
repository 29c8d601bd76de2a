// Cameras over RTSP.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "../../unit/media/test_video.h"
#include "live_fixture.h"
#include "loopback_server.h"
#include "media/live_source.h"
#include "media/video_writer.h"
#include "rtsp_server.h"
#include "support/test_data.h"

namespace vigil::media {
namespace {

using namespace std::chrono_literals;
using test::LoopbackServer;
using test::StateLog;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

// A camera with 200 frames in it, by the transport of the parameter.
class Rtsp : public testing::TestWithParam<RtspTransport> {
 protected:
  void SetUp() override {
    // As cameras encode: no frame refers to a later one.
    auto writer = VideoWriter::Create(dir_ / "a.mp4", {320, 240}, {.preset = "ultrafast"});
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE((*writer)->Add(test::NumberedPicture({320, 240}, i).view(), i * 40'000).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    server_ = std::make_unique<LoopbackServer>(test::RtspCamera(dir_ / "a.mp4", gate_));
    options_.rtsp_transport = GetParam();
  }
  std::string Url() const { return server_->Url("rtsp", "/main"); }

  const vigil::test::TempDir dir_;
  test::FrameGate gate_;
  std::unique_ptr<LoopbackServer> server_;
  SourceOptions options_;
};
INSTANTIATE_TEST_SUITE_P(Transports, Rtsp,
                         testing::Values(RtspTransport::kTcp, RtspTransport::kUdp),
                         [](const auto& test) {
                           return test.param == RtspTransport::kTcp ? "tcp" : "udp";
                         });

TEST_P(Rtsp, GivesPicturesAndTheCamerasOwnSpacing) {
  gate_.Open(61);
  auto source = OpenVideo(Url(), options_, {});
  ASSERT_TRUE(source.ok()) << Text(source.status());
  EXPECT_TRUE((*source)->info().live);
  EXPECT_EQ((*source)->info().size, (Size{320, 240}));
  std::int64_t last = -1;
  for (int i = 0; i < 60; ++i) {
    const auto frame = (*source)->Read({});
    ASSERT_TRUE(frame.ok()) << i << ": " << Text(frame.status());
    EXPECT_EQ(test::NumberOf(frame->image.view()), i);
    EXPECT_GT(frame->timestamp_us, last);
    last = frame->timestamp_us;
  }
}

// USERS.md, pain 13, with a codec that could hold frames back: the consumer takes one in ten,
// always the newest sent.
TEST_P(Rtsp, Pain13LatencyStaysBoundedWithASlowConsumer) {
  options_.read_timeout = 1h;
  StateLog log;
  LatestSlot<Frame> slot;
  LiveSource source("camera", VideoOpener(Url(), options_), log.Options(), slot);
  for (int taken = 1; taken <= 15; ++taken) {
    gate_.Open(10 * taken + 1);
    ASSERT_TRUE(test::AwaitFrames(source, static_cast<std::uint64_t>(10 * taken)))
        << "held back in between";
    const auto frame = slot.Take(After(60s), {});
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->number, static_cast<std::uint64_t>(10 * taken - 1));
    EXPECT_EQ(test::NumberOf(frame->image.view()), 10 * taken - 1);
  }
  EXPECT_EQ(source.status().reconnects, 0U);
}

TEST_P(Rtsp, ComesBackAfterASilenceAndARestart) {
  gate_.Open(30);  // then it is silent
  options_.read_timeout = 300ms;
  StateLog log;
  LatestSlot<Frame> slot;
  LiveSource source("camera", VideoOpener(Url(), options_), log.Options(), slot);
  ASSERT_TRUE(log.Await(LiveState::kStreaming, 2)) << "after the silence";
  const int port = server_->port();
  server_.reset();
  server_ = std::make_unique<LoopbackServer>(test::RtspCamera(dir_ / "a.mp4", gate_), port);
  ASSERT_TRUE(log.Await(LiveState::kStreaming, 4)) << "after the restart";
  EXPECT_GE(source.status().reconnects, 3U);
}

TEST_P(Rtsp, CanBeStoppedWhileItIsSilent) {
  gate_.Open(20);
  options_.read_timeout = 1h;
  StateLog log;
  LatestSlot<Frame> slot;
  LiveSource source("camera", VideoOpener(Url(), options_), log.Options(), slot);
  ASSERT_TRUE(test::AwaitFrames(source, 19));
  source.Stop();
  EXPECT_TRUE(log.Await(LiveState::kStopped));
}

}  // namespace
}  // namespace vigil::media
