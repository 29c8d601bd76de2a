// Reading video beside the same work done with FFmpeg's libraries alone, and writing it.
//
// The bare loop is what a straightforward program does: read, decode, and libswscale to RGB24 at
// its default setting (its fastest path, off by up to three levels). "bare_exact" asks libswscale
// for exact colours.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>

#include "media/internal/ffmpeg.h"
#include "media/source.h"
#include "media/video_writer.h"

namespace vigil::media {
namespace {

using internal::FfmpegPtr;

std::string Input() {
  const std::filesystem::path shared =
      std::filesystem::path(VIGIL_SOURCE_DIR) / "../shared/data/videos/pexels_video00.mp4";
  if (std::filesystem::exists(shared)) return shared.string();
  return (std::filesystem::path(VIGIL_SOURCE_DIR) / "samples/vtest.avi").string();
}

// Frames of the file, decoded with FFmpeg alone.
std::int64_t ReadBare(const std::string& path, int flags) {
  AVFormatContext* file = nullptr;
  if (avformat_open_input(&file, path.c_str(), nullptr, nullptr) < 0) return 0;
  avformat_find_stream_info(file, nullptr);
  const int index = av_find_best_stream(file, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  const AVCodecParameters& parameters = *file->streams[index]->codecpar;
  FfmpegPtr<AVCodecContext> decoder(
      avcodec_alloc_context3(avcodec_find_decoder(parameters.codec_id)));
  avcodec_parameters_to_context(decoder.get(), &parameters);
  decoder->thread_count = 1;
  avcodec_open2(decoder.get(), decoder->codec, nullptr);
  FfmpegPtr<AVPacket> packet(av_packet_alloc());
  FfmpegPtr<AVFrame> frame(av_frame_alloc()), rgb(av_frame_alloc());
  FfmpegPtr<SwsContext> sws;
  std::int64_t frames = 0;
  bool more = true;
  while (more) {
    more = av_read_frame(file, packet.get()) >= 0;
    if (more && packet->stream_index != index) {
      av_packet_unref(packet.get());
      continue;
    }
    avcodec_send_packet(decoder.get(), more ? packet.get() : nullptr);
    av_packet_unref(packet.get());
    while (avcodec_receive_frame(decoder.get(), frame.get()) >= 0) {
      if (!sws) {
        const auto format = static_cast<AVPixelFormat>(frame->format);
        sws.reset(sws_getContext(frame->width, frame->height, format, frame->width, frame->height,
                                 AV_PIX_FMT_RGB24, flags, nullptr, nullptr, nullptr));
        rgb->format = AV_PIX_FMT_RGB24;
        rgb->width = frame->width;
        rgb->height = frame->height;
        av_frame_get_buffer(rgb.get(), 0);
      }
      sws_scale(sws.get(), frame->data, frame->linesize, 0, frame->height, rgb->data,
                rgb->linesize);
      ++frames;
    }
  }
  avformat_close_input(&file);
  return frames;
}

void BM_ReadBare(benchmark::State& state) {
  std::int64_t frames = 0;
  for (auto _ : state) frames += ReadBare(Input(), SWS_BICUBIC);
  state.SetItemsProcessed(frames);
}
BENCHMARK(BM_ReadBare)->Name("video_read/bare_ffmpeg")->Unit(benchmark::kMillisecond);

void BM_ReadBareExact(benchmark::State& state) {
  std::int64_t frames = 0;
  for (auto _ : state)
    frames += ReadBare(Input(), SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT);
  state.SetItemsProcessed(frames);
}
BENCHMARK(BM_ReadBareExact)->Name("video_read/bare_ffmpeg_exact")->Unit(benchmark::kMillisecond);

void BM_Read(benchmark::State& state) {
  std::int64_t frames = 0;
  for (auto _ : state) {
    auto source = OpenVideo(Input(), {}, {});
    if (!source.ok()) return state.SkipWithError("cannot open the input");
    while ((*source)->Read({}).ok()) ++frames;
  }
  state.SetItemsProcessed(frames);
}
BENCHMARK(BM_Read)->Name("video_read/vigil")->Unit(benchmark::kMillisecond);

void BM_Write(benchmark::State& state) {
  auto source = OpenVideo(Input(), {}, {});
  if (!source.ok()) return state.SkipWithError("cannot open the input");
  const auto frame = (*source)->Read({});
  const auto path = std::filesystem::temp_directory_path() / "vigil-bench.mp4";
  auto writer = VideoWriter::Create(path, frame->image.size());
  std::int64_t time = 0;
  for (auto _ : state) {
    if (!(*writer)->Add(frame->image.view(), time += 40'000).ok())
      return state.SkipWithError("cannot write");
  }
  if (!(*writer)->Finish().ok()) return state.SkipWithError("cannot write");
  std::filesystem::remove(path);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Write)->Name("video_write/still")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigil::media
