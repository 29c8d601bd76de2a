#include "media/internal/ffmpeg.h"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <mutex>

#include "core/log.h"
#include "core/status.h"

namespace vigil::media::internal {
namespace {

thread_local ErrorWatch* watch = nullptr;

void Log(void* source, int level, const char* format, va_list arguments) {
  ErrorWatch::Hear(source, level);
  if (level > AV_LOG_WARNING || !log::Shown(log::Level::kDebug)) return;
  std::array<char, 1024> line;
  int prefix = 1;
  av_log_format_line2(source, level, format, arguments, line.data(), static_cast<int>(line.size()),
                      &prefix);
  std::string_view text(line.data());
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  log::Debug("ffmpeg: {}", log::MaskCredentials(text));
}

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case AVERROR(ENOENT):
    case AVERROR(ENODEV):
    case AVERROR(ENXIO):
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR_STREAM_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case AVERROR(EACCES):
    case AVERROR(EPERM):
    case AVERROR_HTTP_FORBIDDEN:
      return absl::StatusCode::kPermissionDenied;
    case AVERROR_HTTP_UNAUTHORIZED:
      return absl::StatusCode::kUnauthenticated;
    case AVERROR(ENOSPC):
    case AVERROR(EDQUOT):
    case AVERROR(EFBIG):
    case AVERROR(ENOMEM):
      return absl::StatusCode::kResourceExhausted;
    case AVERROR(ETIMEDOUT):
      return absl::StatusCode::kDeadlineExceeded;
    case AVERROR_INVALIDDATA:
    case AVERROR(EINVAL):
    case AVERROR(EISDIR):
    case AVERROR_HTTP_BAD_REQUEST:
      return absl::StatusCode::kInvalidArgument;
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_PROTOCOL_NOT_FOUND:
    case AVERROR_PATCHWELCOME:
      return absl::StatusCode::kUnimplemented;
    default:
      return absl::StatusCode::kUnavailable;  // refused, reset, unreachable, I/O: another try may
                                              // succeed
  }
}

std::string_view NetworkRemedy(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnauthenticated:
      return "check user and password";
    case absl::StatusCode::kPermissionDenied:
      return "check what the user may see";
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kInvalidArgument:
      return "check the address";
    default:
      return "is it running, and can it be reached from here?";
  }
}

}  // namespace

ErrorWatch::ErrorWatch(const void* object) : object_(object) { watch = this; }

ErrorWatch::~ErrorWatch() { watch = nullptr; }

void ErrorWatch::Hear(const void* object, int level) {
  if (watch != nullptr && level <= AV_LOG_ERROR && watch->object_ == object) ++watch->errors_;
}

std::string ErrorText(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

absl::Status FfmpegError(int error, std::string_view name, std::string_view doing) {
  return {CodeOf(error), fmt::format("{}: {}: {}", name, doing, ErrorText(error))};
}

absl::Status NetworkError(int error, std::string_view name, std::string_view doing) {
  const absl::Status status = FfmpegError(error, name, doing);
  return {status.code(), fmt::format("{}; {}", MessageOf(status), NetworkRemedy(status.code()))};
}

void SetUpFfmpeg() {
  static std::once_flag once;
  std::call_once(once, [] {
    av_log_set_callback(Log);
    avdevice_register_all();
    avformat_network_init();
  });
}

}  // namespace vigil::media::internal
