#include "media/internal/video_decoder.h"

#include <fmt/format.h>

#include <algorithm>

namespace vigil::media::internal {
namespace {

constexpr int kMaxThreads = 16;

}  // namespace

absl::StatusOr<std::unique_ptr<VideoDecoder>> VideoDecoder::Open(const std::string& name,
                                                                 const AVStream& stream,
                                                                 const DecoderOptions& options) {
  const AVCodecID id = stream.codecpar->codec_id;
  const AVCodec* codec = avcodec_find_decoder(id);
  if (codec == nullptr) {
    return absl::UnimplementedError(fmt::format(
        "{}: this FFmpeg has no decoder for {}; convert it to H.264", name, avcodec_get_name(id)));
  }
  FfmpegPtr<AVCodecContext> context(avcodec_alloc_context3(codec));
  if (!context) return absl::ResourceExhaustedError(fmt::format("{}: out of memory", name));
  if (const int error = avcodec_parameters_to_context(context.get(), stream.codecpar); error < 0) {
    return FfmpegError(error, name, "cannot set the decoder up");
  }
  context->pkt_timebase = stream.time_base;
  context->max_pixels = options.max_pixels;
  context->thread_count = std::clamp(options.threads, 1, kMaxThreads);
  // Threads that share a picture add no delay; threads with a picture each hold back as many
  // pictures.
  context->thread_type = options.low_delay ? FF_THREAD_SLICE : FF_THREAD_SLICE | FF_THREAD_FRAME;
  if (options.low_delay) context->flags |= AV_CODEC_FLAG_LOW_DELAY;
  if (const int error = avcodec_open2(context.get(), codec, nullptr); error < 0) {
    return FfmpegError(error, name, fmt::format("cannot open the {} decoder", codec->name));
  }
  return std::unique_ptr<VideoDecoder>(new VideoDecoder(std::move(context)));
}

void VideoDecoder::CountError() {
  ++corrupt_;
  lost_ += begun_;
  packet_failed_ = true;
  broken_ = true;
}

// Pictures shown before the first key picture lean on ones that the file never had.
void VideoDecoder::CountBlemish(const AVFrame& picture) {
  ++corrupt_;
  const std::int64_t time = picture.best_effort_timestamp;
  const bool leading = time != AV_NOPTS_VALUE && first_key_ != AV_NOPTS_VALUE && time < first_key_;
  blemished_ += begun_ && !leading;
}

void VideoDecoder::Send(const AVPacket& packet) {
  if (packet.size == 0) return;  // "as before", in some containers; the decoder would end
  if (!begun_ && (packet.flags & AV_PKT_FLAG_KEY) != 0) {
    begun_ = true;
    first_key_ = packet.pts;
  }
  if (!packet_failed_) broken_ = false;  // the packet before this one was fine
  packet_failed_ = false;
  if (avcodec_send_packet(context_.get(), &packet) < 0) CountError();
}

void VideoDecoder::Drain() {
  if (!packet_failed_) broken_ = false;
  avcodec_send_packet(context_.get(), nullptr);
}

VideoDecoder::Result VideoDecoder::Receive(AVFrame& picture) {
  constexpr int kMaxErrors =
      64;  // without a packet between them: the decoder is not getting anywhere
  for (int errors = 0; errors < kMaxErrors; ++errors) {
    const int result = avcodec_receive_frame(context_.get(), &picture);
    if (result == AVERROR(EAGAIN)) return Result::kNeedsPacket;
    if (result == AVERROR_EOF) return Result::kEnd;
    if (result < 0) {
      CountError();
      continue;
    }
    const bool damaged =
        picture.decode_error_flags != 0 || (picture.flags & AV_FRAME_FLAG_CORRUPT) != 0;
    if (damaged) CountBlemish(picture);
    return Result::kPicture;
  }
  return Result::kEnd;
}

}  // namespace vigil::media::internal
