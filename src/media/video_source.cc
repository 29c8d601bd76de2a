// OpenVideo: container, decoder, clock and converter joined.
extern "C" {
#include <libavutil/display.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "media/internal/container.h"
#include "media/internal/live_clock.h"
#include "media/internal/orientation.h"
#include "media/internal/presentation_clock.h"
#include "media/internal/rgb_converter.h"
#include "media/internal/video_decoder.h"
#include "media/source.h"

namespace vigil::media {
namespace {

using internal::Container;
using internal::FfmpegPtr;
using internal::VideoDecoder;

// Where a stream does not say its rate, FFmpeg gives that of RTP's clock, 90,000.
constexpr double kMostFps = 1'000;

int OrientationOfStream(const AVStream& stream) {
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (data == nullptr || size < 9 * sizeof(std::int32_t)) return 1;
  return internal::OrientationOf(
      std::span<const std::int32_t, 9>(reinterpret_cast<const std::int32_t*>(data), 9));
}

class VideoSource final : public FrameSource {
 public:
  VideoSource(std::unique_ptr<Container> container, std::unique_ptr<VideoDecoder> decoder,
              const SourceOptions& options)
      : container_(std::move(container)),
        decoder_(std::move(decoder)),
        packet_(av_packet_alloc()),
        picture_(av_frame_alloc()),
        orientation_(OrientationOfStream(container_->stream())),
        opened_(Clock::now()),
        arrived_(opened_) {
    const AVCodecParameters& codec = *container_->stream().codecpar;
    info_.name = container_->name();
    info_.codec = avcodec_get_name(codec.codec_id);
    info_.size = internal::Sideways(orientation_) ? Size{codec.height, codec.width}
                                                  : Size{codec.width, codec.height};
    const double fps = av_q2d(container_->frame_rate());
    info_.fps = fps <= kMostFps ? fps : 0;
    info_.duration_us = container_->duration_us();
    info_.frames = container_->frames();
    info_.live = container_->live();
    info_.still = container_->still();
    stream_id_ = StreamId(options.stream_id.empty() ? info_.name : options.stream_id);
  }

  absl::StatusOr<Frame> Read(std::stop_token stop) override {
    if (!end_.ok()) return end_;
    container_->Arm(std::move(stop));
    work_us_ = 0;
    if (end_ = NextPicture(); !end_.ok()) return end_;
    auto frame = MakeFrame();
    if (!frame.ok()) end_ = frame.status();
    return frame;
  }

  const SourceInfo& info() const override { return info_; }
  SourceCounters counters() const override {
    return {frames_, decoder_->corrupt() + container_->gaps()};
  }

 private:
  absl::Status NextPicture();
  std::string Damage() const;
  absl::Status End() const;
  absl::StatusOr<Frame> MakeFrame();
  std::int64_t Timestamp();

  std::unique_ptr<Container> container_;
  std::unique_ptr<VideoDecoder> decoder_;
  FfmpegPtr<AVPacket> packet_;
  FfmpegPtr<AVFrame> picture_;
  internal::PresentationClock clock_;  // of files
  internal::LiveClock live_clock_;
  internal::RgbConverter converter_;
  ImagePool pool_;
  SourceInfo info_;
  StreamId stream_id_;
  const int orientation_;
  const Clock::time_point opened_;
  Clock::time_point arrived_;  // the last packet
  std::uint64_t frames_ = 0;
  std::int64_t last_us_ = 0;
  std::int64_t work_us_ = 0;  // decoding and conversion of the frame in work
  absl::Status drained_;      // why no packets come any more, once that is so
  absl::Status end_;          // what every further Read() gives
};

// Decodes until there is a picture in picture_.
absl::Status VideoSource::NextPicture() {
  while (true) {
    if (container_->stopped()) return absl::CancelledError(fmt::format("{}: stopped", info_.name));
    const auto begin = Clock::now();
    const auto result = decoder_->Receive(*picture_);
    work_us_ += MicrosBetween(begin, Clock::now());
    if (result == VideoDecoder::Result::kPicture) return absl::OkStatus();
    if (result == VideoDecoder::Result::kEnd) return End();
    const absl::Status read = container_->Read(*packet_);
    if (read.ok()) {
      arrived_ = Clock::now();
      decoder_->Send(*packet_);
      work_us_ += MicrosBetween(arrived_, Clock::now());
    } else if (absl::IsOutOfRange(read) || absl::IsDataLoss(read)) {
      drained_ = read;  // pictures that the decoder still holds come first
      decoder_->Drain();
    } else {
      return read;
    }
  }
}

// What a file lost on the way: a sentence's end, or nothing. A stream over the network loses
// something now and then, and goes on; that is a count.
std::string VideoSource::Damage() const {
  if (container_->kind() != InputKind::kFile) return {};
  const std::uint64_t of = static_cast<std::uint64_t>(info_.frames.value_or(0));
  std::uint64_t lost = decoder_->lost();
  // Until the next key picture, decoders leave out without a word what leans on a lost one.
  if (lost > 0 && of > frames_) lost = std::max(lost, of - frames_);
  std::string text;
  const auto add = [&text](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, count == 1 ? one : many);
  };
  add(lost, "picture could not be decoded", "pictures could not be decoded");
  add(decoder_->blemished(), "picture shows damage", "pictures show damage");
  add(container_->gaps(), "place could not be read", "places could not be read");
  return text;
}

absl::Status VideoSource::End() const {
  constexpr std::string_view kRemedy = "copy or record it again";
  const std::string& name = info_.name;
  const double seconds = static_cast<double>(last_us_) / 1e6;
  if (frames_ == 0) {
    return absl::DataLossError(
        fmt::format("{}: no picture in it could be decoded; {}", name, kRemedy));
  }
  if (absl::IsDataLoss(drained_)) {
    const std::string of =
        info_.duration_us
            ? fmt::format(" of {:.2f} s", static_cast<double>(*info_.duration_us) / 1e6)
            : "";
    return absl::DataLossError(
        fmt::format("{}: breaks off after {:.2f} s{}, {} frames ({}); what came before is kept; {}",
                    name, seconds, of, frames_, std::string(drained_.message()), kRemedy));
  }
  if (decoder_->broken()) {
    return absl::DataLossError(fmt::format(
        "{}: damaged from {:.2f} s to its end ({} frames before); what came before is kept; {}",
        name, seconds, frames_, kRemedy));
  }
  if (const std::string damage = Damage(); !damage.empty() && absl::IsOutOfRange(drained_)) {
    return absl::DataLossError(
        fmt::format("{}: damaged inside: {}; the other {} frames are kept; {}", name, damage,
                    frames_ - decoder_->blemished(), kRemedy));
  }
  return drained_.ok() ? absl::OutOfRangeError(fmt::format("{}: end", name)) : drained_;
}

std::int64_t VideoSource::Timestamp() {
  const AVStream& stream = container_->stream();
  std::optional<std::int64_t> stamp;
  if (picture_->best_effort_timestamp != AV_NOPTS_VALUE) {
    stamp =
        av_rescale_q(picture_->best_effort_timestamp, stream.time_base, internal::kMicroseconds);
  }
  if (info_.live) {
    if (!container_->stamped()) stamp.reset();
    return live_clock_.Next(stamp, MicrosBetween(opened_, arrived_));
  }
  constexpr std::int64_t kGuess = 40'000;
  std::int64_t duration =
      av_rescale_q(picture_->pkt_duration, stream.time_base, internal::kMicroseconds);
  if (duration <= 0) duration = info_.fps > 0 ? static_cast<std::int64_t>(1e6 / info_.fps) : kGuess;
  return clock_.Next(stamp, duration);
}

absl::StatusOr<Frame> VideoSource::MakeFrame() {
  const auto begin = Clock::now();
  if (auto status = internal::CheckPictureSize(info_.name, picture_->width, picture_->height,
                                               internal::MaxPixels(container_->kind()));
      !status.ok()) {
    return status;
  }
  auto image = converter_.Convert(*picture_, orientation_, pool_);
  if (!image.ok()) {
    return absl::Status(image.status().code(),
                        fmt::format("{}: {}", info_.name, std::string(image.status().message())));
  }
  info_.size = image->size();
  Frame frame;
  frame.stream_id = stream_id_;
  frame.number = frames_++;
  frame.timestamp_us = last_us_ = Timestamp();
  frame.image = *std::move(image);
  av_frame_unref(picture_.get());
  frame.decode_us = work_us_ + MicrosBetween(begin, Clock::now());
  return frame;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FrameSource>> OpenVideo(const std::string& url_or_path,
                                                       const SourceOptions& options,
                                                       std::stop_token stop) {
  auto container = Container::Open(url_or_path, options, std::move(stop));
  if (!container.ok()) return container.status();
  const internal::DecoderOptions decoding{options.threads, (*container)->live(),
                                          internal::MaxPixels((*container)->kind())};
  auto decoder = VideoDecoder::Open((*container)->name(), (*container)->stream(), decoding);
  if (!decoder.ok()) return decoder.status();
  return std::make_unique<VideoSource>(*std::move(container), *std::move(decoder), options);
}

}  // namespace vigil::media
