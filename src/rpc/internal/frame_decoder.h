// The pictures that clients send: JPEG files or raw pixels, to RGB.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/image.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "rpc/internal/split_message.h"

namespace vigil::rpc::internal {

enum class FrameEncoding : std::uint8_t { kJpeg, kRgb24, kBgr24 };

/// One a worker. One thread at a time.
class FrameDecoder {
 public:
  explicit FrameDecoder(const media::PictureLimits& limits = media::NetworkPictureLimits())
      : limits_(limits) {}

  /// A picture as RGB, valid until the next call and as long as `bytes`: pixels that lie in one piece are not copied,
  /// others once. `size` is of raw pixels; of JPEG, what the header has to say, or {0, 0}.
  /// InvalidArgument: empty, a size that cannot be or does not fit. ResourceExhausted: over a limit. DataLoss:
  /// damaged.
  absl::StatusOr<ImageView> Decode(const FieldBytes& bytes, FrameEncoding encoding, Size size);
  /// The file that the last picture was decoded from, valid as the picture; empty where it was pixels.
  std::span<const std::uint8_t> jpeg() const { return file_; }

 private:
  absl::StatusOr<ImageView> DecodeJpeg(const FieldBytes& bytes, Size size);

  media::PictureLimits limits_;
  media::JpegDecoder jpeg_;
  ImagePool pool_{2};
  Image image_;
  std::vector<std::uint8_t> scratch_;
  std::span<const std::uint8_t> file_;
};

/// One for each worker.
std::vector<FrameDecoder> DecodersOf(int workers, const media::PictureLimits& limits);

/// Whether bytes begin as a JPEG file does.
bool LooksLikeJpeg(const FieldBytes& bytes);

}  // namespace vigil::rpc::internal
