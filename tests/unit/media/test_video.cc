#include "test_video.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "media/internal/ffmpeg.h"
#include "media/video_writer.h"

namespace vigil::media::test {
namespace {

using internal::FfmpegPtr;

constexpr int kBits = 12;

void Must(int error) { ASSERT_GE(error, 0) << internal::ErrorText(error); }

FfmpegPtr<AVCodecContext> Encoder(const char* name, AVPixelFormat format, Size size) {
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  VIGIL_CHECK(codec != nullptr);
  FfmpegPtr<AVCodecContext> context(avcodec_alloc_context3(codec));
  context->width = size.width;
  context->height = size.height;
  context->pix_fmt = format;
  context->time_base = {1, 25};
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  return context;
}

}  // namespace

Image PlainPicture(Size size, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Image image(size.width, size.height, PixelFormat::kRgb8);
  for (int y = 0; y < size.height; ++y) {
    std::uint8_t* row = image.mutable_view().row(y);
    for (int x = 0; x < size.width; ++x, row += 3) row[0] = red, row[1] = green, row[2] = blue;
  }
  return image;
}

Image NumberedPicture(Size size, int number) {
  Image image = PlainPicture(size, 128, 128, 128);
  const MutableImageView view = image.mutable_view();
  for (int y = size.height / 4; y < size.height * 3 / 4; ++y) {
    for (int x = 0; x < size.width; ++x) {
      std::memset(view.row(y) + 3 * x, (number >> (x * kBits / size.width)) & 1 ? 230 : 25, 3);
    }
  }
  return image;
}

int NumberOf(ImageView picture) {
  int number = 0;
  for (int bit = 0; bit < kBits; ++bit) {
    const int x = picture.width * (2 * bit + 1) / (2 * kBits);
    number |= (picture.row(picture.height / 2)[3 * x] > 128) << bit;
  }
  return number;
}

std::vector<std::int64_t> Times(int count, double fps) {
  std::vector<std::int64_t> times;
  for (int i = 0; i < count; ++i) times.push_back(static_cast<std::int64_t>(i * 1e6 / fps));
  return times;
}

void WriteNumberedVideo(const std::filesystem::path& path, Size size,
                        const std::vector<std::int64_t>& times_us) {
  auto writer = VideoWriter::Create(path, size);
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  for (std::size_t i = 0; i < times_us.size(); ++i) {
    const auto added =
        (*writer)->Add(NumberedPicture(size, static_cast<int>(i)).view(), times_us[i]);
    ASSERT_TRUE(added.ok()) << added.message();
  }
  const auto finished = (*writer)->Finish();
  ASSERT_TRUE(finished.ok()) << finished.message();
}

void WriteRawVideo(const std::filesystem::path& path, const RawVideo& video) {
  auto encoder = Encoder("ffv1", av_get_pix_fmt(video.pixel_format.c_str()), video.size);
  encoder->color_range = video.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  encoder->colorspace = video.bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
  Must(avcodec_open2(encoder.get(), encoder->codec, nullptr));
  AVFormatContext* file = nullptr;
  Must(avformat_alloc_output_context2(&file, nullptr, "matroska", path.c_str()));
  AVStream* stream = avformat_new_stream(file, nullptr);
  stream->time_base = encoder->time_base;
  Must(avcodec_parameters_from_context(stream->codecpar, encoder.get()));
  Must(avio_open(&file->pb, path.c_str(), AVIO_FLAG_WRITE));
  Must(avformat_write_header(file, nullptr));
  FfmpegPtr<AVFrame> frame(av_frame_alloc());
  frame->format = encoder->pix_fmt;
  frame->width = video.size.width;
  frame->height = video.size.height;
  Must(av_frame_get_buffer(frame.get(), 0));
  const int planes = av_pix_fmt_count_planes(encoder->pix_fmt);
  const int chroma_shift = av_pix_fmt_desc_get(encoder->pix_fmt)->log2_chroma_h;
  for (int plane = 0; plane < planes; ++plane) {
    const int rows = plane == 0 ? frame->height : AV_CEIL_RSHIFT(frame->height, chroma_shift);
    const std::size_t stride = static_cast<std::size_t>(frame->linesize[plane]);
    for (std::size_t i = 0; i < stride * static_cast<std::size_t>(rows); ++i) {
      frame->data[plane][i] = planes > 1 ? video.levels[static_cast<std::size_t>(plane)]
                                         : video.levels[i % stride % video.levels.size()];
    }
  }
  FfmpegPtr<AVPacket> packet(av_packet_alloc());
  for (int i = 0; i <= 3; ++i) {
    frame->pts = i;
    Must(avcodec_send_frame(encoder.get(), i < 3 ? frame.get() : nullptr));
    while (avcodec_receive_packet(encoder.get(), packet.get()) >= 0) {
      av_packet_rescale_ts(packet.get(), encoder->time_base, stream->time_base);
      Must(av_interleaved_write_frame(file, packet.get()));
    }
  }
  Must(av_write_trailer(file));
  avio_closep(&file->pb);
  avformat_free_context(file);
}

namespace {

void Copy(const std::filesystem::path& from, const std::filesystem::path& to, int clockwise,
          unsigned most_streams) {
  AVFormatContext* in = nullptr;
  AVFormatContext* out = nullptr;
  Must(avformat_open_input(&in, from.c_str(), nullptr, nullptr));
  Must(avformat_find_stream_info(in, nullptr));
  Must(avformat_alloc_output_context2(&out, nullptr, nullptr, to.c_str()));
  const unsigned streams = std::min(in->nb_streams, most_streams);
  for (unsigned i = 0; i < streams; ++i) {
    AVStream* stream = avformat_new_stream(out, nullptr);
    Must(avcodec_parameters_copy(stream->codecpar, in->streams[i]->codecpar));
    stream->codecpar->codec_tag = 0;
    stream->time_base = in->streams[i]->time_base;
    auto* matrix = reinterpret_cast<std::int32_t*>(
        av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(std::int32_t)));
    av_display_rotation_set(matrix, clockwise);
  }
  Must(avio_open(&out->pb, to.c_str(), AVIO_FLAG_WRITE));
  internal::Options settings;
  settings.Set("movflags", "+faststart");
  Must(avformat_write_header(out, settings.out()));
  FfmpegPtr<AVPacket> packet(av_packet_alloc());
  while (av_read_frame(in, packet.get()) >= 0) {
    const auto i = static_cast<unsigned>(packet->stream_index);
    if (i < streams) {
      av_packet_rescale_ts(packet.get(), in->streams[i]->time_base, out->streams[i]->time_base);
      Must(av_interleaved_write_frame(out, packet.get()));
    }
    av_packet_unref(packet.get());
  }
  Must(av_write_trailer(out));
  avio_closep(&out->pb);
  avformat_free_context(out);
  avformat_close_input(&in);
}

}  // namespace

void CopyVideo(const std::filesystem::path& from, const std::filesystem::path& to, int clockwise) {
  Copy(from, to, clockwise, 1);
}

void CopyStreams(const std::filesystem::path& from, const std::filesystem::path& to) {
  Copy(from, to, 0, 16);
}

std::string EncodeJpeg(ImageView picture) {
  auto encoder = Encoder("mjpeg", AV_PIX_FMT_YUVJ420P, picture.size());
  VIGIL_CHECK(avcodec_open2(encoder.get(), encoder->codec, nullptr) >= 0);
  FfmpegPtr<AVFrame> frame(av_frame_alloc());
  frame->format = encoder->pix_fmt;
  frame->width = picture.width;
  frame->height = picture.height;
  VIGIL_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0);
  FfmpegPtr<SwsContext> sws(sws_getContext(picture.width, picture.height, AV_PIX_FMT_RGB24,
                                           picture.width, picture.height, AV_PIX_FMT_YUV420P,
                                           SWS_BILINEAR, nullptr, nullptr, nullptr));
  const std::uint8_t* const from[4] = {picture.data};
  const int strides[4] = {static_cast<int>(picture.stride)};
  sws_scale(sws.get(), from, strides, 0, picture.height, frame->data, frame->linesize);
  FfmpegPtr<AVPacket> packet(av_packet_alloc());
  frame->pts = 0;
  VIGIL_CHECK(avcodec_send_frame(encoder.get(), frame.get()) >= 0);
  VIGIL_CHECK(avcodec_receive_packet(encoder.get(), packet.get()) >= 0);
  return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

std::vector<std::int64_t> Readout::times() const {
  std::vector<std::int64_t> times;
  for (const Frame& frame : frames) times.push_back(frame.timestamp_us);
  return times;
}

Readout ReadAll(const std::filesystem::path& path, const SourceOptions& options) {
  Readout readout;
  auto source = OpenVideo(path.string(), options, {});
  readout.end = source.status();
  if (!source.ok()) return readout;
  readout.info = (*source)->info();
  while (true) {
    auto frame = (*source)->Read({});
    readout.counters = (*source)->counters();
    readout.end = frame.status();
    if (!frame.ok()) return readout;
    readout.frames.push_back(*std::move(frame));
  }
}

}  // namespace vigil::media::test
