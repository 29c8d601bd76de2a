#include "objects/internal/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/descriptor.h"

namespace vigil::objects {

absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path,
                                          std::size_t max_bytes) {
  const auto message = [&](std::string_view what) {
    return fmt::format("{}: {}", path.string(), what);
  };
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError(message("no such file"));
    if (errno == EACCES) return absl::PermissionDeniedError(message("may not be read"));
    return absl::InvalidArgumentError(message(std::generic_category().message(errno)));
  }
  struct stat info {};
  if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return absl::InvalidArgumentError(message("is not a file"));
  const auto too_large = [&] {
    return absl::ResourceExhaustedError(message(fmt::format("is larger than {} bytes", max_bytes)));
  };
  if (static_cast<std::size_t>(info.st_size) > max_bytes) return too_large();
  std::string text(static_cast<std::size_t>(info.st_size) + 1, '\0');  // one more: is that the end?
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::InvalidArgumentError(message(std::generic_category().message(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) return too_large();
  text.resize(size);
  return text;
}

}  // namespace vigil::objects
