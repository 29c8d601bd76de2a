#include "media/internal/ffmpeg_picture.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "media/internal/ffmpeg.h"
#include "media/internal/picture_header.h"

namespace vigil::media::internal {
namespace {

// Decoders may align rows to 64 bytes and lines to 16; their limit is checked after that.
constexpr std::int64_t kAlignment = 64;

AVCodecID Codec(PictureType type) {
  switch (type) {
    case PictureType::kPng:
      return AV_CODEC_ID_PNG;
    case PictureType::kWebp:
      return AV_CODEC_ID_WEBP;
    case PictureType::kBmp:
      return AV_CODEC_ID_BMP;
    default:
      return AV_CODEC_ID_NONE;
  }
}

FfmpegPtr<AVCodecContext> OpenDecoder(const PictureInfo& info) {
  const AVCodec* codec = avcodec_find_decoder(Codec(info.type));
  if (codec == nullptr) return nullptr;
  FfmpegPtr<AVCodecContext> context(avcodec_alloc_context3(codec));
  if (!context) return nullptr;
  context->thread_count = 1;
  context->err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE;
  context->max_pixels = (info.stored.width + kAlignment) * (info.stored.height + kAlignment);
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return nullptr;
  return context;
}

// A packet that owns `bytes`, with the zeros behind them that FFmpeg's bit readers may touch.
FfmpegPtr<AVPacket> MakePacket(std::vector<std::uint8_t> bytes) {
  const std::size_t size = bytes.size();
  auto owner = std::make_unique<std::vector<std::uint8_t>>(std::move(bytes));
  owner->resize(size + AV_INPUT_BUFFER_PADDING_SIZE);
  FfmpegPtr<AVPacket> packet(av_packet_alloc());
  if (!packet) return nullptr;
  packet->buf = av_buffer_create(
      owner->data(), owner->size(),
      [](void* opaque, std::uint8_t*) { delete static_cast<std::vector<std::uint8_t>*>(opaque); },
      owner.get(), 0);
  if (packet->buf == nullptr) return nullptr;
  packet->data = owner.release()->data();
  packet->size = static_cast<int>(size);
  return packet;
}

}  // namespace

absl::StatusOr<Image> DecodeWithFfmpeg(const PictureInfo& info, std::vector<std::uint8_t> bytes) {
  SetUpFfmpeg();
  const FfmpegPtr<AVCodecContext> context = OpenDecoder(info);
  if (!context) {
    return absl::UnimplementedError(
        fmt::format("this FFmpeg was built without its {} decoder; install Debian's libavcodec",
                    Name(info.type)));
  }
  const FfmpegPtr<AVPacket> packet = MakePacket(std::move(bytes));
  const FfmpegPtr<AVFrame> frame(av_frame_alloc());
  if (!packet || !frame) return absl::ResourceExhaustedError("no memory for the picture");
  if (avcodec_send_packet(context.get(), packet.get()) < 0 ||
      avcodec_receive_frame(context.get(), frame.get()) < 0) {
    return Damaged(info.type, "its pixels cannot be decoded");
  }
  if (frame->width != info.stored.width || frame->height != info.stored.height) {
    return Damaged(info.type, "its pixels are not of the size that its header says");
  }
  // BMP's fourth byte is padding in most files. A WebP without the alpha flag may still carry a
  // plane of it.
  const bool ignore_alpha =
      info.type == PictureType::kBmp || (info.type == PictureType::kWebp && info.components != 4);
  Image image = ToRgb(*frame, ignore_alpha);
  if (image.empty()) {
    return absl::UnimplementedError(fmt::format(
        "a {} with this pixel format is not read; save it as 8-bit RGB", Name(info.type)));
  }
  return image;
}

}  // namespace vigil::media::internal
