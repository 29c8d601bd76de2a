#include "media/internal/container.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "core/log.h"
#include "media/internal/host_lookup.h"
#include "media/internal/input_rules.h"

namespace vigil::media::internal {
namespace {

constexpr std::int64_t kLiveAnalysis = 1'000'000;  // µs; longer only delays the first frame
constexpr auto kCameraPoll = std::chrono::milliseconds(4);
constexpr std::int64_t kJoint = 1'000'000;  // µs back in time: another file begins
constexpr std::int64_t kJointPackets = 16;  // before that, which its beginning may spoil

absl::Status CheckFile(const std::string& path, const std::string& name) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    if (error && error != std::errc::no_such_file_or_directory) {
      return absl::PermissionDeniedError(fmt::format("{}: {}", name, error.message()));
    }
    return absl::NotFoundError(fmt::format("{}: no such file; check the name", name));
  }
  if (!std::filesystem::is_regular_file(status)) {
    return absl::InvalidArgumentError(fmt::format("{}: not a regular file", name));
  }
  if (std::filesystem::file_size(path, error) == 0 && !error) {
    return absl::InvalidArgumentError(
        fmt::format("{}: the file is empty; copy or record it again", name));
  }
  return absl::OkStatus();
}

// FFmpeg knows schemes in small letters only.
std::string WithSmallScheme(const std::string& address) {
  const std::string scheme = SchemeOf(address);
  return scheme + address.substr(scheme.size());
}

void SetNetworkOptions(const std::string& address, const SourceOptions& options, Options& out) {
  if (address.starts_with("rtsp")) {
    out.Set("rtsp_transport", options.rtsp_transport == RtspTransport::kTcp ? "tcp" : "udp");
    out.Set("allowed_media_types", "video");
    out.Set("timeout", std::chrono::microseconds(options.read_timeout).count());
    out.Set("buffer_size",
            std::int64_t{2} << 20);  // of the UDP socket: one key frame of a 4K camera
  } else if (address.starts_with("udp")) {
    out.Set("buffer_size", std::int64_t{2} << 20);
    out.Set("overrun_nonfatal", std::int64_t{1});  // a slow reader loses pictures, not the stream
  } else {
    if (address.starts_with("http")) out.Set("icy", std::int64_t{0});
    out.Set("tls_verify", std::int64_t{options.tls_verify});
  }
}

void SetCameraOptions(const SourceOptions& options, Options& out) {
  if (options.camera_size.width > 0) {
    out.Set("video_size",
            fmt::format("{}x{}", options.camera_size.width, options.camera_size.height));
  }
  if (options.camera_fps > 0) out.Set("framerate", fmt::format("{}", options.camera_fps));
}

bool Is(const AVFormatContext& context, std::string_view demuxer) {
  return std::string_view(context.iformat->name).find(demuxer) != std::string_view::npos;
}

// A stream without an end: RTSP, HLS or DASH whose list is still growing, or what gives neither duration nor length.
bool IsLive(const AVFormatContext& context) {
  if (Is(context, "rtsp")) return true;
  if (Is(context, "hls") || Is(context, "dash")) return context.duration == AV_NOPTS_VALUE;
  return context.duration == AV_NOPTS_VALUE &&
         (context.pb == nullptr || avio_size(context.pb) <= 0);
}

// Matroska's own note on one track, "HH:MM:SS.nnnnnnnnn".
std::optional<std::int64_t> TaggedDuration(const AVStream& stream) {
  const AVDictionaryEntry* tag = av_dict_get(stream.metadata, "DURATION", nullptr, 0);
  int hours = 0, minutes = 0;
  double seconds = 0;
  if (tag == nullptr || std::sscanf(tag->value, "%4d:%2d:%lf", &hours, &minutes, &seconds) != 3)
    return std::nullopt;
  if (hours < 0 || minutes < 0 || !(seconds >= 0 && seconds < 60)) return std::nullopt;
  return static_cast<std::int64_t>((hours * 3600.0 + minutes * 60.0 + seconds) * 1e6);
}

}  // namespace

std::int64_t MaxPixels(InputKind kind) {
  return kind == InputKind::kFile ? limits::kMaxLocalVideoPixels : limits::kMaxVideoPixels;
}

absl::Status CheckPictureSize(const std::string& name, int width, int height,
                              std::int64_t max_pixels) {
  const bool fits = width <= limits::kMaxPictureSide && height <= limits::kMaxPictureSide &&
                    std::int64_t{width} * height <= max_pixels;
  if (fits) return absl::OkStatus();
  return absl::ResourceExhaustedError(fmt::format(
      "{}: pictures of {}x{} are beyond the limit of {} a side and {:.1f} Mpixel; scale the video "
      "down",
      name, width, height, limits::kMaxPictureSide, static_cast<double>(max_pixels) / 1e6));
}

absl::StatusOr<std::unique_ptr<Container>> Container::Open(const std::string& url_or_path,
                                                           const SourceOptions& options,
                                                           std::stop_token stop) {
  SetUpFfmpeg();
  if (auto status = CheckAddress(url_or_path); !status.ok()) return status;
  const InputKind kind = KindOf(url_or_path);
  std::unique_ptr<Container> container(new Container(kind, log::MaskCredentials(url_or_path)));
  std::string address = WithSmallScheme(url_or_path);
  if (kind == InputKind::kFile) {
    if (auto checked = CheckFile(address, container->name_); !checked.ok()) return checked;
    address.insert(0, "file:");  // a colon in the name is no scheme
  }
  container->connect_timeout_ = options.connect_timeout;
  container->read_timeout_ = options.read_timeout;
  container->interrupt_.Arm(
      std::move(stop), kind == InputKind::kFile ? Deadline::max() : After(options.connect_timeout));
  if (auto status = container->Connect(address, options); !status.ok()) return status;
  if (auto status = container->Examine(); !status.ok()) return status;
  return container;
}

absl::Status Container::Connect(const std::string& address, const SourceOptions& options) {
  context_ = avformat_alloc_context();
  if (context_ == nullptr)
    return absl::ResourceExhaustedError(fmt::format("{}: out of memory", name_));
  context_->interrupt_callback = {&Interrupt::Callback, &interrupt_};
  context_->max_streams = limits::kMaxStreams;
  Options settings;
  settings.Set("protocol_whitelist", ProtocolsFor(address));
  settings.Set("format_whitelist", FormatsFor(kind_));
  const AVInputFormat* format = nullptr;
  if (kind_ == InputKind::kNetwork) {
    if (absl::Status known = AwaitHost(address, interrupt_); !known.ok()) {
      return {known.code(), fmt::format("{}: {}", name_, std::string(known.message()))};
    }
    SetNetworkOptions(address, options, settings);
  }
  if (kind_ == InputKind::kCamera) {
    SetCameraOptions(options, settings);
    format = av_find_input_format("v4l2");
    context_->flags |= AVFMT_FLAG_NONBLOCK;  // or a camera that hangs could not be stopped
  }
  const ErrorWatch watch(context_);
  const int error = avformat_open_input(&context_, address.c_str(), format, settings.out());
  if (error < 0) return Failed(error, "cannot open it");  // and FFmpeg has freed the context
  if (!Is(*context_, "gif")) return absl::OkStatus();
  // FFmpeg reads a GIF to its end here, and then once more.
  if (kind_ == InputKind::kFile && watch.errors() > 0) ++gaps_;
  if (kind_ == InputKind::kNetwork && (context_->pb->seekable & AVIO_SEEKABLE_NORMAL) == 0)
    return absl::InvalidArgumentError(
        fmt::format("{}: a GIF, which its server sends as a whole only, without ranges; download "
                    "it and name the file",
                    name_));
  return absl::OkStatus();
}

absl::Status Container::ChooseStream() {
  stream_ = nullptr;
  const int best = av_find_best_stream(context_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    AVStream* stream = context_->streams[i];
    const bool chosen =
        static_cast<int>(i) == best && (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
    stream->discard = chosen ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    if (chosen) stream_ = stream;
  }
  if (stream_ == nullptr) return absl::InvalidArgumentError(fmt::format("{}: has no video", name_));
  const AVCodecParameters& codec = *stream_->codecpar;
  return CheckPictureSize(name_, codec.width, codec.height, MaxPixels(kind_));
}

absl::Status Container::Examine() {
  // A header with the size in it is judged before anything is decoded. Some formats name their
  // streams only later.
  if (context_->nb_streams > 0) {
    if (auto status = ChooseStream();
        !status.ok() && (context_->ctx_flags & AVFMTCTX_NOHEADER) == 0)
      return status;
  }
  if (kind_ != InputKind::kCamera) {  // a camera's driver has said everything
    if (kind_ == InputKind::kNetwork) {
      context_->max_analyze_duration = kLiveAnalysis;
      context_->fps_probe_size = 0;
    }
    std::vector<AVDictionary*> settings(context_->nb_streams,
                                        nullptr);  // for the decoders FFmpeg tries
    for (AVDictionary*& each : settings) av_dict_set_int(&each, "max_pixels", MaxPixels(kind_), 0);
    const ErrorWatch watch(context_);  // it reads ahead
    const int error =
        avformat_find_stream_info(context_, settings.empty() ? nullptr : settings.data());
    for (AVDictionary*& each : settings) av_dict_free(&each);
    if (interrupt_.stopped() || interrupt_.expired() || error < 0)
      return Failed(error, "cannot read it");
    if (kind_ == InputKind::kFile && watch.errors() > 0) ++gaps_;
  }
  live_ = kind_ == InputKind::kCamera || (kind_ == InputKind::kNetwork && IsLive(*context_));
  if (auto status = ChooseStream(); !status.ok()) return status;
  WatchAllStreams();
  connected_ = true;
  return absl::OkStatus();
}

// A Matroska file may say no more than when the longest of its streams ends. Whether it does can
// only be seen with all of them.
void Container::WatchAllStreams() {
  all_streams_ = kind_ == InputKind::kFile && Is(*context_, "matroska") && !duration_us() &&
                 context_->duration != AV_NOPTS_VALUE;
  if (!all_streams_) return;
  for (unsigned i = 0; i < context_->nb_streams; ++i)
    context_->streams[i]->discard = AVDISCARD_DEFAULT;
}

Container::~Container() {
  if (context_ != nullptr) avformat_close_input(&context_);
}

void Container::Arm(std::stop_token stop) {
  interrupt_.Arm(std::move(stop),
                 kind_ == InputKind::kFile ? Deadline::max() : After(read_timeout_));
}

absl::Status Container::Failed(int error, const std::string& doing) const {
  if (interrupt_.stopped()) return absl::CancelledError(fmt::format("{}: stopped", name_));
  if (interrupt_.expired()) {
    const auto waited = connected_ ? read_timeout_ : connect_timeout_;
    return absl::DeadlineExceededError(fmt::format(
        "{}: {} within {} ms", name_, connected_ ? "no frame" : "no answer", waited.count()));
  }
  absl::Status status = kind_ == InputKind::kNetwork ? NetworkError(error, name_, doing)
                                                     : FfmpegError(error, name_, doing);
  const bool cut = kind_ == InputKind::kFile && error == AVERROR_EOF;
  if (!connected_ && (cut || absl::IsInvalidArgument(status))) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} ({}); {}", name_,
                    kind_ == InputKind::kFile ? "not a video that can be read, or incomplete"
                                              : "what is there is not a video that can be read",
                    ErrorText(error),
                    kind_ == InputKind::kFile ? "copy or record it again, or convert it to MP4"
                                              : "check the address"));
  }
  return status;
}

// MPEG-TS gives up on every 64 kB of what is none of its packets, to be asked again.
bool Container::SkipsUnreadable() {
  const std::int64_t position = context_->pb != nullptr ? avio_tell(context_->pb) : -1;
  ++gaps_;
  return std::exchange(stuck_at_, position) != position;
}

void Container::Note(const AVPacket& packet) {
  const AVStream& stream = *context_->streams[packet.stream_index];
  const std::int64_t stamp = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  const bool timed = stamp != AV_NOPTS_VALUE;
  const std::int64_t begin = timed ? av_rescale_q(stamp, stream.time_base, kMicroseconds) : 0;
  if (timed) {
    end_us_ =
        std::max(end_us_, begin + av_rescale_q(packet.duration, stream.time_base, kMicroseconds));
  }
  if (&stream != stream_) return;
  ++packets_;
  last_packet_cut_ = (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
  if (last_packet_cut_) cut_packet_ = packets_;
  gaps_ += last_packet_cut_;
  // Where files were joined end to end, time jumps back, and one of the last packets looks cut.
  const bool joint = timed && begin < begin_us_ - kJoint;
  if (joint && packets_ - std::exchange(cut_packet_, -kJointPackets) < kJointPackets) --gaps_;
  if (timed) begin_us_ = begin;
}

absl::Status Container::Read(AVPacket& packet) {
  while (true) {
    av_packet_unref(&packet);
    const bool file = kind_ == InputKind::kFile;
    const ErrorWatch watch(context_);
    const int error = av_read_frame(context_, &packet);
    if (error == AVERROR(EAGAIN) && !interrupt_.stopped() && !interrupt_.expired()) {
      if (file && !SkipsUnreadable()) return absl::DataLossError("it cannot be read on");
      if (!file) SleepUntil(std::min(After(kCameraPoll), interrupt_.deadline()), interrupt_.stop());
      continue;
    }
    if (error == AVERROR_EOF && !interrupt_.stopped()) {
      end_with_error_ = watch.errors() > 0;
      if (BreaksOff()) return absl::DataLossError("it is incomplete");
      return absl::OutOfRangeError(fmt::format("{}: end", name_));
    }
    if (error < 0) {
      absl::Status status = Failed(error, "cannot read on");
      const bool ended = status.code() == absl::StatusCode::kCancelled ||
                         status.code() == absl::StatusCode::kDeadlineExceeded;
      const bool broken = !live_ && !ended;
      return broken ? absl::DataLossError(ErrorText(error)) : status;
    }
    if (file && watch.errors() > 0) ++gaps_;
    Note(packet);
    if (packet.stream_index == stream_->index) return absl::OkStatus();
  }
}

// Most demuxers call the end of a cut file its end. What the container promised tells the two
// apart, or that the demuxer complained.
bool Container::BreaksOff() const {
  if (live_) return false;
  if (last_packet_cut_ || (kind_ == InputKind::kFile && end_with_error_)) return true;
  if (Is(*context_, "mov")) return packets_ < avformat_index_get_entries_count(stream_);
  if (Is(*context_, "gif")) return packets_ < stream_->nb_frames;
  if (Is(*context_, "avi"))
    return packets_ < stream_->nb_frames * 98 / 100;  // empty chunks are repeated frames
  const auto expected = declared_end_us();
  constexpr std::int64_t kTolerance = 500'000;
  return Is(*context_, "matroska") && expected && end_us_ < *expected - kTolerance;
}

// FFmpeg names the demuxers of single pictures so, and those of many that follow each other without anything between them.
// Cameras send that over other protocols; what http gives in this way is a snapshot.
bool Container::still() const {
  constexpr std::array<std::string_view, 4> kStills = {"jpeg_pipe", "png_pipe", "webp_pipe",
                                                       "bmp_pipe"};
  return kind_ == InputKind::kNetwork && SchemeOf(name_).starts_with("http") &&
         std::ranges::count(kStills, std::string_view(context_->iformat->name)) > 0;
}

// The time base is that of FFmpeg's demuxers of bare video, and of no others.
bool Container::stamped() const {
  constexpr AVRational kBareVideo{1, 1'200'000};
  return (context_->iformat->flags & AVFMT_NOTIMESTAMPS) == 0 && !Is(*context_, "pipe") &&
         av_cmp_q(stream_->time_base, kBareVideo) != 0;
}

AVRational Container::frame_rate() const {
  if (live_ && !stamped()) return {0, 1};
  const AVRational rate =
      stream_->avg_frame_rate.num > 0 ? stream_->avg_frame_rate : stream_->r_frame_rate;
  return rate.num > 0 && rate.den > 0 ? rate : AVRational{0, 1};
}

std::optional<std::int64_t> Container::duration_us() const {
  if (live_) return std::nullopt;
  if (stream_->duration != AV_NOPTS_VALUE)
    return av_rescale_q(stream_->duration, stream_->time_base, kMicroseconds);
  if (const auto tagged = TaggedDuration(*stream_)) return tagged;
  if (context_->nb_streams != 1 || context_->duration == AV_NOPTS_VALUE) return std::nullopt;
  return context_->duration;  // AV_TIME_BASE: microseconds
}

// Of the streams that are read: where the video's own end is not known, those are all.
std::optional<std::int64_t> Container::declared_end_us() const {
  if (const auto own = duration_us()) return own;
  if (!all_streams_) return std::nullopt;
  return context_->duration;
}

std::optional<std::int64_t> Container::frames() const {
  if (live_ || stream_->nb_frames <= 0) return std::nullopt;
  return stream_->nb_frames;
}

}  // namespace vigil::media::internal
