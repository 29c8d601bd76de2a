// Pictures to files.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/image.h"

namespace vigil::media {

struct WriteOptions {
  int quality = 92;  ///< JPEG and WebP, 1 to 100
};

/// Whether WritePicture knows the name's ending: .jpg .jpeg .png .webp .bmp, in any case.
bool CanWritePicture(const std::filesystem::path& path);

/// Writes a picture (RGB or grey) in the format that the name's ending says. The file appears whole
/// or not at all: it is written beside its name and then renamed, replacing what was there.
///
/// Errors begin with the path. InvalidArgument: unknown ending, empty or oversized picture.
/// NotFound: no such folder. PermissionDenied. ResourceExhausted: no room. Safe from any thread.
absl::Status WritePicture(const std::filesystem::path& path, ImageView image,
                          const WriteOptions& options = {});

/// The bytes that WritePicture would write for a name of that ending (`.png`, `.jpg` …): for
/// pictures that go into mails and messages. Errors as above, without a path.
absl::StatusOr<std::string> EncodePicture(std::string_view ending, ImageView image,
                                          const WriteOptions& options = {});

}  // namespace vigil::media
