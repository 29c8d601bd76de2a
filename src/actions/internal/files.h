// Files by POSIX calls: appended, written whole, or linked, with errors that name the path.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/descriptor.h"

namespace vigil::actions::internal {

/// vigil::FileError of something that an action writes.
absl::Status FileError(int error, const std::filesystem::path& path, std::string_view what);

/// The same for an action that runs: what is wrong with a disk can be put right by somebody, so all
/// of it is worth another attempt.
absl::Status WorthRetrying(const absl::Status& status);

/// All of `bytes`, or the errno that stopped it; what was written before stays written.
int WriteAll(int fd, std::string_view bytes);

/// The file appears whole or not at all, on the disk and not only in memory when this returns. A
/// file of that name is replaced. Its folder is there.
absl::Status WriteFileWhole(const std::filesystem::path& path, std::string_view bytes);

/// The whole file. InvalidArgument: larger than `max_bytes`, or no regular file.
absl::StatusOr<std::string> ReadFileWhole(const std::filesystem::path& path,
                                          std::int64_t max_bytes);

/// As mkdir -p.
absl::Status MakeFolders(const std::filesystem::path& path);

}  // namespace vigil::actions::internal
