#include "media/video_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <system_error>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "media/internal/ahead_file.h"
#include "media/internal/ffmpeg.h"
#include "media/internal/rgb_to_yuv.h"

namespace vigil::media {
namespace {

using internal::FfmpegError;
using internal::FfmpegPtr;
using internal::kMicroseconds;

std::filesystem::path PartOf(const std::filesystem::path& path) {
  return path.parent_path() / (path.stem().string() + ".part" + path.extension().string());
}

// What an MP4's index takes, at most: its head, and a frame's times, size, place and kind.
constexpr std::int64_t kIndexHead = 256 << 10;
constexpr std::int64_t kIndexFrame = 64;

int Even(int side) { return side + side % 2; }

class Mp4Writer final : public VideoWriter {
 public:
  Mp4Writer(std::filesystem::path path, Size size)
      : path_(std::move(path)),
        part_(PartOf(path_)),
        size_(size),
        packet_(av_packet_alloc()),
        yuv_(av_frame_alloc()) {}
  Mp4Writer(const Mp4Writer&) = delete;
  Mp4Writer& operator=(const Mp4Writer&) = delete;
  ~Mp4Writer() override;

  absl::Status Open(const VideoWriterOptions& options);
  absl::Status Add(ImageView image, std::int64_t timestamp_us) override;
  absl::Status Finish() override;

 private:
  absl::Status OpenEncoder(const VideoWriterOptions& options);
  absl::Status OpenFile();
  absl::Status Fill(ImageView image);
  absl::Status Encode(const AVFrame* picture);
  absl::Status WritePacket();
  absl::Status Complete();
  absl::Status WriteIndex();
  absl::Status TakeName();
  absl::Status EndForWantOfSpace();
  absl::Status Fail(int error, std::string_view doing);
  void CloseFile();
  void RemovePart();

  const std::filesystem::path path_;
  const std::filesystem::path part_;
  const Size size_;
  FfmpegPtr<AVCodecContext> encoder_;
  FfmpegPtr<AVPacket> packet_;
  FfmpegPtr<AVFrame> yuv_;
  internal::RgbToYuv convert_;
  std::unique_ptr<internal::AheadFile> disk_;
  AVFormatContext* file_ = nullptr;
  AVStream* stream_ = nullptr;
  std::int64_t frames_ = 0;
  std::int64_t packets_ = 0;  // of them, written to the file
  std::int64_t first_us_ = 0;
  std::int64_t last_us_ = 0;
  bool done_ = false;
  absl::Status broken_;
};

absl::Status Mp4Writer::Open(const VideoWriterOptions& options) {
  internal::SetUpFfmpeg();
  avformat_alloc_output_context2(&file_, nullptr, "mp4", ("file:" + part_.string()).c_str());
  if (file_ == nullptr)
    return absl::UnimplementedError(
        fmt::format("{}: this FFmpeg cannot write MP4", path_.string()));
  if (auto status = OpenEncoder(options); !status.ok()) return status;
  return OpenFile();
}

absl::Status Mp4Writer::OpenEncoder(const VideoWriterOptions& options) {
  const AVCodec* codec = nullptr;
  if (options.encoder.empty()) {
    codec = avcodec_find_encoder_by_name("libx264");
    if (codec == nullptr) codec = avcodec_find_encoder(AV_CODEC_ID_H264);
  } else {
    codec = avcodec_find_encoder_by_name(options.encoder.c_str());
  }
  if (codec == nullptr) {
    return absl::UnimplementedError(
        fmt::format("{}: this FFmpeg has no encoder {}; install one built with libx264, or save "
                    "pictures instead",
                    path_.string(), options.encoder.empty() ? "for H.264" : options.encoder));
  }
  encoder_.reset(avcodec_alloc_context3(codec));
  if (!encoder_)
    return absl::ResourceExhaustedError(fmt::format("{}: out of memory", path_.string()));
  const AVRational rate = av_d2q(options.fps > 0 ? options.fps : 25.0, 100'000);
  encoder_->width = Even(size_.width);
  encoder_->height = Even(size_.height);
  encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder_->time_base = kMicroseconds;
  encoder_->framerate = rate;
  encoder_->gop_size = std::clamp(static_cast<int>(2 * av_q2d(rate)), 1, 600);
  encoder_->color_range = AVCOL_RANGE_MPEG;
  encoder_->colorspace = AVCOL_SPC_BT709;
  encoder_->color_primaries = AVCOL_PRI_BT709;
  encoder_->color_trc = AVCOL_TRC_BT709;
  encoder_->thread_count = std::max(options.threads, 0);
  encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  internal::Options settings;  // other encoders leave what they do not know
  settings.Set("crf", std::int64_t{options.crf});
  settings.Set("preset", options.preset);
  if (const int error = avcodec_open2(encoder_.get(), codec, settings.out()); error < 0) {
    return FfmpegError(error, path_.string(),
                       fmt::format("cannot start the encoder {}", codec->name));
  }
  yuv_->format = AV_PIX_FMT_YUV420P;
  yuv_->width = encoder_->width;
  yuv_->height = encoder_->height;
  const int error = av_frame_get_buffer(yuv_.get(), 0);
  return error < 0 ? FfmpegError(error, path_.string(), "cannot take memory") : absl::OkStatus();
}

absl::Status Mp4Writer::OpenFile() {
  stream_ = avformat_new_stream(file_, nullptr);
  if (stream_ == nullptr)
    return absl::ResourceExhaustedError(fmt::format("{}: out of memory", path_.string()));
  stream_->time_base = kMicroseconds;
  stream_->avg_frame_rate = encoder_->framerate;
  if (const int error = avcodec_parameters_from_context(stream_->codecpar, encoder_.get());
      error < 0) {
    return FfmpegError(error, path_.string(), "cannot describe the video");
  }
  auto disk = internal::AheadFile::Create(part_, path_);
  if (!disk.ok()) return disk.status();
  disk_ = *std::move(disk);
  file_->pb = disk_->io();
  file_->flags |= AVFMT_FLAG_CUSTOM_IO;
  (void)disk_->Reserve(kIndexHead);  // where even this is missing, the first frame says so
  internal::Options settings;
  settings.Set("movflags", "+faststart");
  if (const int error = avformat_write_header(file_, settings.out()); error < 0) {
    absl::Status status = Fail(error, "cannot write");
    RemovePart();
    return status;
  }
  return absl::OkStatus();
}

absl::Status Mp4Writer::Fail(int error, std::string_view doing) {
  CloseFile();
  broken_ = FfmpegError(error, path_.string(), doing);
  return broken_;
}

void Mp4Writer::CloseFile() {
  if (file_ != nullptr) avformat_free_context(std::exchange(file_, nullptr));
  disk_.reset();
}

void Mp4Writer::RemovePart() {
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

absl::Status Mp4Writer::Fill(ImageView image) {
  if (const int error = av_frame_make_writable(yuv_.get()); error < 0)
    return Fail(error, "cannot take memory");
  convert_.Convert(image, {yuv_->data[0], yuv_->data[1], yuv_->data[2], yuv_->linesize[0],
                           yuv_->linesize[1], yuv_->linesize[2], yuv_->width, yuv_->height});
  return absl::OkStatus();
}

absl::Status Mp4Writer::Encode(const AVFrame* picture) {
  if (const int error = avcodec_send_frame(encoder_.get(), picture); error < 0)
    return Fail(error, "cannot encode");
  while (true) {
    const int got = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return absl::OkStatus();
    if (got < 0) return Fail(got, "cannot encode");
    if (auto status = WritePacket(); !status.ok()) return status;
  }
}

// A packet goes to the file only if the index will have its place behind it.
absl::Status Mp4Writer::WritePacket() {
  if (!disk_->Reserve(packet_->size + kIndexHead + kIndexFrame * (packets_ + 1)))
    return EndForWantOfSpace();
  av_packet_rescale_ts(packet_.get(), kMicroseconds, stream_->time_base);
  packet_->stream_index = stream_->index;
  int error = av_interleaved_write_frame(file_, packet_.get());
  if (error >= 0) error = file_->pb->error;
  if (error < 0) return Fail(error, "cannot write");
  ++packets_;
  return absl::OkStatus();
}

// The disk is full: what was written becomes a video that plays, in the space kept for its index.
absl::Status Mp4Writer::EndForWantOfSpace() {
  const std::string name = path_.string();
  constexpr std::string_view kRemedy = "make space there, or --save to another disk";
  absl::Status status = packets_ > 0 ? WriteIndex() : absl::ResourceExhaustedError("");
  if (status.ok()) status = TakeName();
  if (status.ok()) {
    broken_ = absl::ResourceExhaustedError(
        fmt::format("{}: no space left; the video ends after {} frames, and plays; {}", name,
                    packets_, kRemedy));
  } else {
    broken_ = absl::ResourceExhaustedError(fmt::format("{}: no space left; {}", name, kRemedy));
    RemovePart();
  }
  CloseFile();
  return broken_;
}

absl::Status Mp4Writer::Add(ImageView image, std::int64_t timestamp_us) {
  if (!broken_.ok()) return broken_;
  if (done_) return absl::FailedPreconditionError(fmt::format("{}: is finished", path_.string()));
  if (image.empty() || image.size() != size_) {
    return absl::InvalidArgumentError(fmt::format("{}: the video is {}x{}, the picture {}x{}",
                                                  path_.string(), size_.width, size_.height,
                                                  image.width, image.height));
  }
  if (frames_ > 0 && timestamp_us <= last_us_) {
    return absl::InvalidArgumentError(fmt::format("{}: time stamp {} us does not come after {} us",
                                                  path_.string(), timestamp_us, last_us_));
  }
  if (auto status = Fill(image); !status.ok()) return status;
  if (frames_++ == 0) first_us_ = timestamp_us;
  last_us_ = timestamp_us;
  yuv_->pts = timestamp_us - first_us_;
  return Encode(yuv_.get());
}

// The pictures that the encoder holds back, and the index.
absl::Status Mp4Writer::Complete() {
  if (auto status = Encode(nullptr); !status.ok()) return status;
  return WriteIndex();
}

absl::Status Mp4Writer::WriteIndex() {
  int error = av_write_trailer(file_);
  if (error >= 0) error = file_->pb->error;
  if (error >= 0) error = disk_->Close();
  file_->pb = nullptr;
  return error < 0 ? Fail(error, "cannot complete the file") : absl::OkStatus();
}

absl::Status Mp4Writer::TakeName() {
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(
      fmt::format("{}: cannot take this name ({}); the video is in {}", path_.string(),
                  error.message(), part_.string()));
}

absl::Status Mp4Writer::Finish() {
  if (!broken_.ok()) return broken_;
  if (std::exchange(done_, true))
    return absl::FailedPreconditionError(fmt::format("{}: is finished", path_.string()));
  if (frames_ == 0) {
    CloseFile();
    RemovePart();
    return absl::FailedPreconditionError(fmt::format("{}: no frame to write", path_.string()));
  }
  if (auto status = Complete(); !status.ok()) {
    RemovePart();
    return status;
  }
  return TakeName();
}

Mp4Writer::~Mp4Writer() {
  const bool opened = file_ != nullptr && file_->pb != nullptr;
  if (!done_ && (!broken_.ok() || (opened && (frames_ == 0 || !Complete().ok())))) {
    CloseFile();
    RemovePart();
  }
  CloseFile();
}

}  // namespace

std::span<const std::string> VideoPresets() {
  static const std::vector<std::string> kPresets = {"ultrafast", "superfast", "veryfast", "faster",
                                                    "fast",      "medium",    "slow",     "slower",
                                                    "veryslow",  "placebo"};
  return kPresets;
}

bool CanWriteVideo(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".mp4" || ending == ".m4v" || ending == ".mov";
}

absl::StatusOr<std::unique_ptr<VideoWriter>> VideoWriter::Create(
    const std::filesystem::path& path, Size size, const VideoWriterOptions& options) {
  if (!CanWriteVideo(path)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: video is written as MP4; name it .mp4", path.string()));
  }
  const bool fits = size.width > 0 && size.height > 0 && size.width <= limits::kMaxPictureSide &&
                    size.height <= limits::kMaxPictureSide;
  if (!fits) {
    return absl::InvalidArgumentError(
        fmt::format("{}: cannot write pictures of {}x{}; sides are 1 to {}", path.string(),
                    size.width, size.height, limits::kMaxPictureSide));
  }
  auto writer = std::make_unique<Mp4Writer>(path, size);
  if (auto status = writer->Open(options); !status.ok()) return status;
  return writer;
}

}  // namespace vigil::media
