// Text files of bounded size.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace vigil::objects {

/// The whole of a regular file of at most `max_bytes`. NotFound, PermissionDenied, InvalidArgument
/// (a folder, a pipe), ResourceExhausted; the message begins with the path.
absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace vigil::objects
