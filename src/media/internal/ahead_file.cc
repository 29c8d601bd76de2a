#include "media/internal/ahead_file.h"

extern "C" {
#include <libavutil/error.h>
#include <libavutil/mem.h>
}

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/file_error.h"
#include "media/internal/read_file.h"

namespace vigil::media::internal {
namespace {

constexpr int kBuffer = 64 << 10;
constexpr std::int64_t kStep = 4 << 20;  // space is taken in pieces: one call in many frames

std::int64_t LimitOfFileSizes() {
  rlimit limit{};
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kMost;
  return static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, kMost));
}

bool IsFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

absl::StatusOr<std::unique_ptr<AheadFile>> AheadFile::Create(const std::filesystem::path& path,
                                                             const std::filesystem::path& shown) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return FileError(errno, shown, "cannot write there", FileAccess::kWrite);
  std::unique_ptr<AheadFile> file(new AheadFile(fd));
  if (file->io_ == nullptr)
    return FileError(ENOMEM, shown, "cannot write there", FileAccess::kWrite);
  return file;
}

AheadFile::AheadFile(int fd) : fd_(fd), limit_(LimitOfFileSizes()) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBuffer));
  if (buffer != nullptr)
    io_ = avio_alloc_context(buffer, kBuffer, /*write_flag=*/1, this, nullptr, &Write, &Seek);
  if (io_ == nullptr) av_free(buffer);
}

AheadFile::~AheadFile() { (void)Close(); }

bool AheadFile::Reserve(std::int64_t bytes) {
  if (!can_reserve_) return true;
  const std::int64_t needed = avio_tell(io_) + bytes;
  if (needed > limit_) return false;
  if (needed <= reserved_) return true;
  for (const std::int64_t end : {std::min(needed + kStep, limit_), needed}) {
    if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, end) == 0) {
      reserved_ = end;
      return true;
    }
    if (IsFull(errno)) continue;
    can_reserve_ = false;
    return true;
  }
  return false;
}

int AheadFile::Close() {
  if (fd_ < 0) return 0;
  int error = 0;
  if (io_ != nullptr) {
    avio_flush(io_);
    error = io_->error;
    av_freep(&io_->buffer);
    avio_context_free(&io_);
  }
  if (reserved_ > size_ && ::ftruncate(fd_, size_) != 0 && error >= 0) error = AVERROR(errno);
  if (::close(fd_) != 0 && error >= 0) error = AVERROR(errno);
  fd_ = -1;
  return error;
}

int AheadFile::Write(void* self, std::uint8_t* data, int size) {
  auto& file = *static_cast<AheadFile*>(self);
  for (int written = 0; written < size;) {
    const ssize_t got = ::pwrite(file.fd_, data + written, static_cast<std::size_t>(size - written),
                                 file.position_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return AVERROR(errno);
    written += static_cast<int>(got);
    file.position_ += got;
    file.size_ = std::max(file.size_, file.position_);
  }
  return size;
}

std::int64_t AheadFile::Seek(void* self, std::int64_t offset, int whence) {
  auto& file = *static_cast<AheadFile*>(self);
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return file.size_;
    case SEEK_SET:
      return file.position_ = offset;
    case SEEK_CUR:
      return file.position_ += offset;
    case SEEK_END:
      return file.position_ = file.size_ + offset;
    default:
      return AVERROR(EINVAL);
  }
}

}  // namespace vigil::media::internal
