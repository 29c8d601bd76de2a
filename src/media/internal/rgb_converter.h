// A decoded picture as an upright RGB image.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/image.h"
#include "media/internal/ffmpeg.h"
#include "media/internal/yuv_to_rgb.h"

namespace vigil::media::internal {

/// The colours a decoded picture says it has. Where it says nothing: BT.709 for pictures wider than
/// 1279 or higher than 576, else BT.601, as players assume; full range only where it is marked.
YuvColors ColorsOf(const AVFrame& picture);

/// 8-bit planar YUV, what cameras and H.264 give, is converted by YuvToRgb; everything else (10
/// bits, palettes, packed and RGB formats) by libswscale at its exact setting. One user at a time.
class RgbConverter {
 public:
  /// `orientation`: EXIF, 1 to 8. The image's memory is of `pool`. Errors do not name the source.
  absl::StatusOr<Image> Convert(const AVFrame& picture, int orientation, ImagePool& pool);

 private:
  absl::Status Scale(const AVFrame& picture, MutableImageView rgb);

  YuvToRgb yuv_;
  FfmpegPtr<SwsContext> sws_;
  std::vector<std::uint8_t> rows_;  // what libswscale writes: it may write past a row's end
};

}  // namespace vigil::media::internal
