#include "media/internal/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/descriptor.h"
#include "core/file_error.h"
#include "core/status.h"

namespace vigil::media::internal {
namespace {

// Up to `count` bytes; a file that shrinks meanwhile gives fewer.
absl::StatusOr<std::vector<std::uint8_t>> ReadUpTo(int fd, const std::filesystem::path& path,
                                                   std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::read(fd, bytes.data() + done, count - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, path, "cannot be read", FileAccess::kRead);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

// O_NONBLOCK: a named pipe must not make the open wait for a writer.
absl::StatusOr<std::size_t> RegularFileSize(int fd, const std::filesystem::path& path) {
  if (fd < 0) return FileError(errno, path, "cannot be opened", FileAccess::kRead);
  struct stat status {};
  if (::fstat(fd, &status) != 0) return FileError(errno, path, "cannot be read", FileAccess::kRead);
  if (S_ISDIR(status.st_mode))
    return absl::InvalidArgumentError(
        fmt::format("{}: is a folder; name a file in it", path.string()));
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: is no ordinary file; name a file", path.string()));
  }
  return static_cast<std::size_t>(status.st_size);
}

int Open(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

}  // namespace

absl::StatusOr<std::vector<std::uint8_t>> ReadFile(const std::filesystem::path& path,
                                                   std::size_t max_bytes) {
  const Descriptor file(Open(path));
  const auto size = RegularFileSize(file.get(), path);
  if (!size.ok()) return size.status();
  if (*size > max_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("{}: {} bytes are more than the {} that a picture may have; save it smaller",
                    path.string(), *size, max_bytes));
  }
  return ReadUpTo(file.get(), path, *size);
}

absl::StatusOr<std::vector<std::uint8_t>> ReadHead(const std::filesystem::path& path,
                                                   std::size_t count) {
  const Descriptor file(Open(path));
  const auto size = RegularFileSize(file.get(), path);
  if (!size.ok()) return size.status();
  return ReadUpTo(file.get(), path, std::min(count, *size));
}

absl::Status Prefixed(const absl::Status& status, std::string_view prefix) {
  return absl::Status(status.code(), fmt::format("{}: {}", prefix, MessageOf(status)));
}

}  // namespace vigil::media::internal
