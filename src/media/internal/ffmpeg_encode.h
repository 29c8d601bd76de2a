// PNG, BMP and WebP by FFmpeg's encoders.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "media/picture.h"

namespace vigil::media::internal {

/// One picture, RGB or grey. `quality` 1 to 100 is WebP's.
absl::StatusOr<std::vector<std::uint8_t>> EncodeWithFfmpeg(PictureType type, ImageView image,
                                                           int quality);

}  // namespace vigil::media::internal
