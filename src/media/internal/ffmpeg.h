// FFmpeg's C types with owners, its errors as Status, its log as ours.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <absl/status/status.h>

#include <memory>
#include <string>
#include <string_view>

namespace vigil::media::internal {

struct FfmpegDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
template <typename T>
using FfmpegPtr = std::unique_ptr<T, FfmpegDeleter>;

/// A list of named options, as most of FFmpeg's calls take them.
class Options {
 public:
  Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { av_dict_free(&dictionary_); }
  void Set(const char* key, const std::string& value) {
    av_dict_set(&dictionary_, key, value.c_str(), 0);
  }
  void Set(const char* key, std::int64_t value) { av_dict_set_int(&dictionary_, key, value, 0); }
  /// For the callee, which takes out what it knows.
  AVDictionary** out() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

inline constexpr AVRational kMicroseconds{1, 1'000'000};

/// FFmpeg's words for an error number.
std::string ErrorText(int error);

/// Counts the errors that one of FFmpeg's objects logs on this thread while it lives: demuxers skip
/// what they cannot read, and many tell it nowhere else. At most one a thread.
class ErrorWatch {
 public:
  explicit ErrorWatch(const void* object);
  ~ErrorWatch();
  ErrorWatch(const ErrorWatch&) = delete;
  ErrorWatch& operator=(const ErrorWatch&) = delete;

  int errors() const { return errors_; }
  /// A line of FFmpeg's log, of any object.
  static void Hear(const void* object, int level);

 private:
  const void* const object_;
  int errors_ = 0;
};

/// `error` about the thing called `name`, with the code that says what a caller can do about it.
absl::Status FfmpegError(int error, std::string_view name, std::string_view doing);
/// The same of an address, with what to do about it.
absl::Status NetworkError(int error, std::string_view name, std::string_view doing);

/// Devices are registered, and FFmpeg's messages go to our log (level debug, credentials masked).
/// Cheap to repeat.
void SetUpFfmpeg();

}  // namespace vigil::media::internal
