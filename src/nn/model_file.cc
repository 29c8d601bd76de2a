#include "nn/model_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>
#include <system_error>

#include "core/check.h"
#include "core/descriptor.h"
#include "core/limits.h"

namespace vigil::nn {
namespace {

constexpr std::align_val_t kAlignment{64};

absl::Status CannotOpen(const std::filesystem::path& path, int error) {
  const std::string message = fmt::format("model {}: cannot be read: {}", path.string(),
                                          std::generic_category().message(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

absl::StatusOr<std::size_t> SizeOf(int fd, const std::filesystem::path& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return CannotOpen(path, errno);
  const auto refuse = [&](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("model {}: {}", path.string(), what));
  };
  if (S_ISDIR(info.st_mode)) return refuse("is a folder, not a model file");
  if (!S_ISREG(info.st_mode)) return refuse("is not a regular file");
  if (info.st_size == 0) return refuse("is empty; fetch it again");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > limits::kMaxModelBytes) {
    return refuse(fmt::format("has {} MiB, more than the {} MiB a model may have", size >> 20,
                              limits::kMaxModelBytes >> 20));
  }
  return size;
}

}  // namespace

ModelFile::ModelFile(std::size_t size)
    : data_(static_cast<std::byte*>(::operator new[](size, kAlignment))), size_(size) {}

void ModelFile::Free::operator()(std::byte* data) const { ::operator delete[](data, kAlignment); }

absl::StatusOr<ModelFile> ModelFile::Read(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe that nobody writes must not wait; it changes nothing for a regular
  // file.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return CannotOpen(path, errno);
  const auto size = SizeOf(file.get(), path);
  if (!size.ok()) return size.status();

  ModelFile model(*size);
  for (std::size_t done = 0; done < *size;) {
    const ssize_t got = read(file.get(), model.data_.get() + done, *size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return CannotOpen(path, errno);
    if (got == 0) {
      return absl::UnavailableError(
          fmt::format("model {}: became shorter while it was read; try again", path.string()));
    }
    done += static_cast<std::size_t>(got);
  }
  return model;
}

std::string Sha256(std::span<const std::byte> bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  VIGIL_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  std::string text;
  text.reserve(2 * static_cast<std::size_t>(length));
  for (unsigned int i = 0; i < length; ++i)
    fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
  return text;
}

}  // namespace vigil::nn
