// Files that appear whole or not at all.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <filesystem>
#include <span>

namespace vigil::media::internal {

/// Writes `bytes` under a temporary name in the same folder, then renames it to `path`. Nothing is
/// left after an error.
absl::Status WriteFileWhole(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

}  // namespace vigil::media::internal
