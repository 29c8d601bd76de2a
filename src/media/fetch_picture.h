// Pictures behind an address.
#pragma once

#include <absl/status/statusor.h>

#include <stop_token>
#include <string>

#include "core/image.h"
#include "media/picture.h"
#include "media/source.h"

namespace vigil::media {

/// DecodePicture of what an http or https address gives; no more than the limits' `max_bytes` are
/// taken, of which the defaults are those for what strangers send. Errors begin with the address,
/// its credentials masked: DecodePicture's; those of OpenVideo where it cannot be reached within
/// `source.connect_timeout`, or is silent for `source.read_timeout`; Cancelled.
absl::StatusOr<Image> FetchPicture(const std::string& address, const SourceOptions& source,
                                   std::stop_token stop,
                                   const DecodeOptions& options = {NetworkPictureLimits(), {}});

}  // namespace vigil::media
