// Packets in, pictures out (libavcodec).
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "media/internal/ffmpeg.h"

namespace vigil::media::internal {

struct DecoderOptions {
  int threads = 1;
  bool low_delay = false;       ///< hold no picture back; for live sources
  std::int64_t max_pixels = 0;  ///< larger pictures are an error before memory is taken
};

class VideoDecoder {
 public:
  /// Unimplemented: this FFmpeg cannot decode it. `name` begins the messages.
  static absl::StatusOr<std::unique_ptr<VideoDecoder>> Open(const std::string& name,
                                                            const AVStream& stream,
                                                            const DecoderOptions& options);

  enum class Result { kPicture, kNeedsPacket, kEnd };
  /// The next picture in order of presentation into `picture`.
  Result Receive(AVFrame& picture);
  /// Only after kNeedsPacket.
  void Send(const AVPacket& packet);
  /// No packets will follow: what is held back comes out, then kEnd.
  void Drain();

  /// Packets that could not be decoded and pictures with damage.
  std::uint64_t corrupt() const { return corrupt_; }
  /// Of these, since the first key picture: a recording of a running stream begins in the middle
  /// of something, which is no damage. Packets that gave no picture, and pictures with damage.
  std::uint64_t lost() const { return lost_; }
  std::uint64_t blemished() const { return blemished_; }
  /// The packets up to the last one gave nothing but errors.
  bool broken() const { return broken_; }

 private:
  explicit VideoDecoder(FfmpegPtr<AVCodecContext> context) : context_(std::move(context)) {}
  void CountError();
  void CountBlemish(const AVFrame& picture);

  FfmpegPtr<AVCodecContext> context_;
  std::uint64_t corrupt_ = 0, lost_ = 0, blemished_ = 0;
  bool begun_ = false;                       // a key packet came
  std::int64_t first_key_ = AV_NOPTS_VALUE;  // its time of presentation
  bool broken_ = false;
  bool packet_failed_ = false;  // an error came since the last Send()
};

}  // namespace vigil::media::internal
