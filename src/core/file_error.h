// What the system says about a file, for people.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace vigil {

enum class FileAccess : std::uint8_t { kRead, kWrite };

/// `errno` as a Status: "path: doing: what the system says; remedy". An input cannot be put elsewhere, an output can.
///
/// NotFound; PermissionDenied; ResourceExhausted: disk, quota, size of a file, or descriptors; InvalidArgument: a path that
/// cannot be one; Unavailable: all else.
[[nodiscard]] absl::Status FileError(int error, const std::filesystem::path& path,
                                     std::string_view doing, FileAccess access);

}  // namespace vigil
