// Files and what the system says about them, as Status.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace vigil::media::internal {

/// The whole of a regular file. ResourceExhausted above `max_bytes`, before memory is taken.
absl::StatusOr<std::vector<std::uint8_t>> ReadFile(const std::filesystem::path& path,
                                                   std::size_t max_bytes);

/// The first bytes of a regular file, at most `count`.
absl::StatusOr<std::vector<std::uint8_t>> ReadHead(const std::filesystem::path& path,
                                                   std::size_t count);

/// An error with `prefix: ` before its message.
absl::Status Prefixed(const absl::Status& status, std::string_view prefix);

}  // namespace vigil::media::internal
