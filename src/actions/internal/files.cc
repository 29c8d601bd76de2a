#include "actions/internal/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <system_error>

#include "core/file_error.h"
#include "core/status.h"

namespace vigil::actions::internal {

absl::Status FileError(int error, const std::filesystem::path& path, std::string_view what) {
  return vigil::FileError(error, path, what, FileAccess::kWrite);
}

absl::Status WorthRetrying(const absl::Status& status) {
  if (status.ok() || absl::IsResourceExhausted(status)) return status;
  return absl::UnavailableError(status.message());
}

int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

absl::Status WriteFileWhole(const std::filesystem::path& path, std::string_view bytes) {
  static std::atomic<unsigned> count = 0;
  const std::filesystem::path temporary =
      path.parent_path() /
      fmt::format(".{}.{}-{}.part", path.filename().string(), ::getpid(), count++);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (!file) return FileError(errno, path, "cannot be written");
  int error = WriteAll(file.get(), bytes);
  if (error == 0 && ::fdatasync(file.get()) != 0) error = errno;
  file.Reset();
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  ::unlink(temporary.c_str());
  return FileError(error, path, "cannot be written");
}

absl::StatusOr<std::string> ReadFileWhole(const std::filesystem::path& path,
                                          std::int64_t max_bytes) {
  // A FIFO of that name must not hold us up.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return FileError(errno, path, "cannot be read");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return FileError(errno, path, "cannot be read");
  if (!S_ISREG(info.st_mode) || info.st_size > max_bytes) {
    return absl::InvalidArgumentError(
        fmt::format("{}: no file, or larger than {} bytes", path.string(), max_bytes));
  }
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, path, "cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

absl::Status MakeFolders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return FileError(error.value(), path, "the folder cannot be made");
  return absl::OkStatus();
}

}  // namespace vigil::actions::internal
