// A header against the limits.
#pragma once

#include <absl/status/status.h>

#include "media/picture.h"

namespace vigil::media::internal {

/// InvalidArgument for nothing at all, ResourceExhausted for too many bytes.
absl::Status CheckBytes(std::size_t bytes, const PictureLimits& limits);

/// ResourceExhausted for a side or a number of pixels over the limits.
absl::Status CheckSize(const PictureInfo& info, const PictureLimits& limits);

}  // namespace vigil::media::internal
