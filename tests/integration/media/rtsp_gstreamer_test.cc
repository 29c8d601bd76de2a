// Cameras over RTSP, as a server of other people's speaks it: GStreamer's.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "../../unit/media/test_video.h"
#include "gstreamer_camera.h"
#include "live_fixture.h"
#include "media/live_source.h"
#include "media/video_writer.h"
#include "support/test_data.h"

namespace vigil::media {
namespace {

using namespace std::chrono_literals;
using test::GStreamerCamera;
using test::StateLog;

constexpr int kFrames = 500;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

class RtspGStreamer : public testing::TestWithParam<RtspTransport> {
 protected:
  void SetUp() override {
    // As cameras encode: no frame refers to a later one.
    auto writer = VideoWriter::Create(dir_ / "a.mp4", {320, 240}, {.preset = "ultrafast"});
    for (int i = 0; i < kFrames; ++i) {
      ASSERT_TRUE((*writer)->Add(test::NumberedPicture({320, 240}, i).view(), i * 40'000).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    camera_ = std::make_unique<GStreamerCamera>(dir_ / "a.mp4");
    if (!camera_->running()) GTEST_SKIP() << "needs python3-gi and gir1.2-gst-rtsp-server-1.0";
    options_.rtsp_transport = GetParam();
  }

  const vigil::test::TempDir dir_;
  std::unique_ptr<GStreamerCamera> camera_;
  SourceOptions options_;
};
INSTANTIATE_TEST_SUITE_P(Transports, RtspGStreamer,
                         testing::Values(RtspTransport::kTcp, RtspTransport::kUdp),
                         [](const auto& test) {
                           return test.param == RtspTransport::kTcp ? "tcp" : "udp";
                         });

// Every picture in its order, and the distances of their times as the camera stamped them, whenever
// they arrived.
TEST_P(RtspGStreamer, GivesPicturesAndTheCamerasOwnSpacing) {
  auto source = OpenVideo(camera_->Url(), options_, {});
  ASSERT_TRUE(source.ok()) << Text(source.status());
  EXPECT_TRUE((*source)->info().live);
  EXPECT_EQ((*source)->info().codec, "h264");
  EXPECT_EQ((*source)->info().size, (Size{320, 240}));
  EXPECT_LE((*source)->info().fps, 1'000);  // 25, or 0: not known
  ASSERT_TRUE((*source)->Read({}).ok());    // RTSP may leave the first one without a time stamp
  auto last = (*source)->Read({});
  ASSERT_TRUE(last.ok()) << Text(last.status());
  for (int i = 0; i < 50; ++i) {
    auto frame = (*source)->Read({});
    ASSERT_TRUE(frame.ok()) << i << ": " << Text(frame.status());
    const int step = test::NumberOf(frame->image.view()) - test::NumberOf(last->image.view());
    EXPECT_GE(step, 1);
    if (GetParam() == RtspTransport::kTcp) {
      EXPECT_EQ(step, 1) << "TCP loses nothing";
    }
    EXPECT_NEAR(static_cast<double>(frame->timestamp_us - last->timestamp_us), step * 40'000.0,
                2'000);
    last = std::move(frame);
  }
}

TEST_P(RtspGStreamer, ComesBackAfterItsServerWasKilledAndRestarted) {
  StateLog log;
  LatestSlot<Frame> slot;
  options_.read_timeout = 1s;
  LiveSource source("camera", VideoOpener(camera_->Url(), options_), log.Options(), slot);
  ASSERT_TRUE(log.Await(LiveState::kStreaming));
  const std::string port = camera_->port();
  camera_->Kill();
  ASSERT_TRUE(log.Await(LiveState::kBackingOff));
  camera_ = std::make_unique<GStreamerCamera>(dir_ / "a.mp4", port);
  ASSERT_TRUE(camera_->running());
  ASSERT_TRUE(log.Await(LiveState::kStreaming, 2));
  EXPECT_GE(source.status().reconnects, 1U);
  const std::uint64_t frames = source.status().frames;
  EXPECT_TRUE(test::AwaitFrames(source, frames + 10));
}

TEST_P(RtspGStreamer, ASilentServerIsNoticedAndComesBack) {
  StateLog log;
  LatestSlot<Frame> slot;
  options_.read_timeout = 1s;
  LiveSource source("camera", VideoOpener(camera_->Url(), options_), log.Options(), slot);
  ASSERT_TRUE(log.Await(LiveState::kStreaming));
  camera_->Freeze();
  ASSERT_TRUE(log.Await(LiveState::kBackingOff));
  camera_->Continue();
  ASSERT_TRUE(log.Await(LiveState::kStreaming, 2));
  source.Stop();
  EXPECT_TRUE(log.Await(LiveState::kStopped));
}

TEST_P(RtspGStreamer, AnUnknownPathIsSaid) {
  const std::string url = "rtsp://127.0.0.1:" + camera_->port() + "/nothing";
  const auto source = OpenVideo(url, options_, {});
  ASSERT_FALSE(source.ok());
  EXPECT_TRUE(Text(source.status()).starts_with(url + ": ")) << Text(source.status());
  EXPECT_EQ(source.status().code(), absl::StatusCode::kNotFound) << source.status();
}

}  // namespace
}  // namespace vigil::media
