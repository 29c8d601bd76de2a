// PNG, WebP and BMP by FFmpeg's decoders.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "media/picture.h"

struct AVFrame;

namespace vigil::media::internal {

/// Decodes one still picture as stored. `info` is its header, already checked against the limits: a
/// decoder that finds more pixels than it says is stopped. `bytes` is one complete file.
absl::StatusOr<Image> DecodeWithFfmpeg(const PictureInfo& info, std::vector<std::uint8_t> bytes);

/// The pixels of a decoded frame as RGB, transparency composited over black unless `ignore_alpha`.
/// Empty for a pixel format that none of the three decoders gives.
Image ToRgb(const AVFrame& frame, bool ignore_alpha);

}  // namespace vigil::media::internal
