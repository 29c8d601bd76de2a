// Live streams by transports other than RTSP and HTTP, from a sender of the test's own.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "../../unit/media/test_video.h"
#include "live_fixture.h"
#include "loopback_server.h"
#include "media/internal/ffmpeg.h"
#include "media/live_source.h"
#include "support/test_data.h"

namespace vigil::media {
namespace {

using namespace std::chrono_literals;
using internal::FfmpegPtr;
using vigil::test::TempDir;

struct Transport {
  const char* scheme;
  const char* container;
  const char* sender_query;  // what makes the sender wait for a reader
};

// Sends a video over and over, in its own time, until it is destroyed. A reader that goes away ends one sending; the next
// one begins at once.
class Sender {
 public:
  Sender(std::string file, std::string address, std::string container)
      : file_(std::move(file)), address_(std::move(address)), container_(std::move(container)) {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        Send(stop);
        SleepUntil(After(20ms), stop);
      }
    });
  }

 private:
  static int Stopped(void* stop) {
    return static_cast<const std::stop_token*>(stop)->stop_requested();
  }

  void Send(std::stop_token stop) const {
    const AVIOInterruptCB interrupt{&Stopped, &stop};
    AVFormatContext* in = nullptr;
    AVFormatContext* out = nullptr;
    avformat_open_input(&in, file_.c_str(), nullptr, nullptr);
    avformat_find_stream_info(in, nullptr);
    avformat_alloc_output_context2(&out, nullptr, container_.c_str(), address_.c_str());
    AVStream* stream = avformat_new_stream(out, nullptr);
    avcodec_parameters_copy(stream->codecpar, in->streams[0]->codecpar);
    stream->codecpar->codec_tag = 0;
    internal::Options settings;
    if (address_.starts_with("rtmp")) settings.Set("listen", std::int64_t{1});
    if (avio_open2(&out->pb, address_.c_str(), AVIO_FLAG_WRITE, &interrupt, settings.out()) >= 0) {
      out->flags |= AVFMT_FLAG_FLUSH_PACKETS;
      if (avformat_write_header(out, nullptr) >= 0) SendPackets(in, out, stop);
      avio_closep(&out->pb);
    }
    avformat_free_context(out);
    avformat_close_input(&in);
  }

  static void SendPackets(AVFormatContext* in, AVFormatContext* out, const std::stop_token& stop) {
    FfmpegPtr<AVPacket> packet(av_packet_alloc());
    const AVRational from = in->streams[0]->time_base, to = out->streams[0]->time_base;
    const auto start = Clock::now();
    std::int64_t round = 0;
    while (!stop.stop_requested()) {
      if (av_read_frame(in, packet.get()) < 0) {
        round += in->duration;
        av_seek_frame(in, 0, 0, AVSEEK_FLAG_BACKWARD);
        continue;
      }
      const std::int64_t offset = av_rescale_q(round, internal::kMicroseconds, from);
      packet->dts += offset;
      packet->pts += offset;
      SleepUntil(start + std::chrono::microseconds(
                             av_rescale_q(packet->dts, from, internal::kMicroseconds)),
                 stop);
      av_packet_rescale_ts(packet.get(), from, to);
      packet->stream_index = 0;
      const bool sent = av_write_frame(out, packet.get()) >= 0;
      av_packet_unref(packet.get());
      if (!sent) return;
    }
  }

  const std::string file_, address_, container_;
  std::jthread thread_;
};

class Transports : public testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    test::WriteNumberedVideo(dir_ / "a.mp4", {320, 240}, test::Times(25, 25));
    address_ = std::string(GetParam().scheme) +
               "://127.0.0.1:" + std::to_string(test::RefusingPort()) +
               (GetParam().container == std::string("flv") ? "/live/a" : "");
    sender_.emplace((dir_ / "a.mp4").string(), address_ + GetParam().sender_query,
                    GetParam().container);
  }

  const TempDir dir_;
  std::string address_;
  std::optional<Sender> sender_;
};

// Twice: whoever sends takes a second reader after the first has gone.
TEST_P(Transports, AreLiveAndReconnect) {
  for (int connection = 0; connection < 2; ++connection) {
    test::StateLog log;
    LatestSlot<Frame> slot;
    LiveSource source("camera", VideoOpener(address_, {}), log.Options(), slot);
    ASSERT_TRUE(test::AwaitFrames(source, 30)) << connection << ": " << source.status().last_error;
    const auto frame = slot.Take(After(60s), {});
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->image.view().size(), (Size{320, 240}));
    EXPECT_LT(test::NumberOf(frame->image.view()), 25);
    source.Stop();
    ASSERT_TRUE(log.Await(LiveState::kStopped));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Transports,
                         testing::Values(Transport{"udp", "mpegts", "?pkt_size=1316"},
                                         Transport{"tcp", "mpegts", "?listen=1"},
                                         Transport{"srt", "mpegts", "?mode=listener"},
                                         Transport{"rtmp", "flv", ""}),
                         [](const auto& test) { return std::string(test.param.scheme); });

// UDP has no connection that could fail: silence is all there is to tell.
TEST(TransportErrors, SilenceHasADeadline) {
  const std::string port = std::to_string(test::RefusingPort());
  for (const char* scheme : {"udp", "srt", "tcp", "rtmp"}) {
    const auto start = Clock::now();
    const std::string address = std::string(scheme) + "://127.0.0.1:" + port;
    const auto source = OpenVideo(address, {.connect_timeout = 300ms}, {});
    EXPECT_FALSE(source.ok());
    EXPECT_TRUE(std::string(source.status().message()).starts_with(address + ": "))
        << source.status();
    EXPECT_LT(Clock::now() - start, 30s);
  }
}

}  // namespace
}  // namespace vigil::media
