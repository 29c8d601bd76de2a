#include "nn/model_download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "core/file_error.h"
#include "core/limits.h"
#include "core/status.h"
#include "nn/internal/http_get.h"
#include "nn/model_file.h"

namespace vigil::nn {
namespace {

namespace fs = std::filesystem;

/// `<file>.part`, locked while it is open, so that two pulls do not write into one.
class PartFile {
 public:
  static absl::StatusOr<PartFile> Open(const fs::path& path) {
    // O_NONBLOCK: a pipe of that name must not make us wait.
    PartFile part(path,
                  open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
    if (part.fd_ < 0) return FileError(errno, path, "cannot be written", FileAccess::kWrite);
    if (flock(part.fd_, LOCK_EX | LOCK_NB) != 0) {
      return absl::AbortedError(
          fmt::format("{}: another pull is writing it; wait for that one", path.string()));
    }
    struct stat info {};
    if (fstat(part.fd_, &info) != 0 || !S_ISREG(info.st_mode))
      return absl::InvalidArgumentError(fmt::format("{}: is not a regular file", path.string()));
    part.size_ = static_cast<std::size_t>(info.st_size);
    return part;
  }
  PartFile(PartFile&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile() {
    if (fd_ >= 0) close(fd_);
  }

  std::size_t size() const { return size_; }
  const fs::path& path() const { return path_; }

  absl::Status CutTo(std::size_t size) {
    if (ftruncate(fd_, static_cast<off_t>(size)) != 0 ||
        lseek(fd_, static_cast<off_t>(size), SEEK_SET) < 0)
      return Failed();
    size_ = size;
    return absl::OkStatus();
  }
  absl::Status Append(std::span<const char> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed();
      size_ += static_cast<std::size_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return absl::OkStatus();
  }
  absl::Status MoveTo(const fs::path& path) {
    if (fsync(fd_) != 0 || rename(path_.c_str(), path.c_str()) != 0) return Failed();
    return absl::OkStatus();
  }
  void Remove() { unlink(path_.c_str()); }

 private:
  PartFile(fs::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  absl::Status Failed() const {
    return FileError(errno, path_, "cannot be written", FileAccess::kWrite);
  }

  fs::path path_;
  int fd_;
  std::size_t size_ = 0;
};

std::string UrlOf(const KnownModel& model, const DownloadOptions& options) {
  if (options.from.empty()) return std::string(model.url);
  if (options.from.ends_with(fmt::format("/{}", model.file))) return options.from;
  return options.from + (options.from.ends_with('/') ? "" : "/") + std::string(model.file);
}

// Fills the part, from what it holds on; `resumed_at`: where the server really began.
absl::Status Fill(const KnownModel& model, const std::string& url, const DownloadOptions& options,
                  PartFile& part, std::size_t& resumed_at, const std::stop_token& stop) {
  const auto report = [&] {
    if (options.progress) options.progress(part.size(), model.bytes);
  };
  return Get({.url = url,
              .offset = part.size(),
              .total = model.bytes,
              .connect_timeout = options.connect_timeout,
              .stall_timeout = options.stall_timeout,
              .begin =
                  [&](std::size_t from) {
                    resumed_at = from;
                    auto status = part.CutTo(from);
                    report();
                    return status;
                  },
              .write =
                  [&](std::span<const char> bytes) {
                    auto status = part.Append(bytes);
                    report();
                    return status;
                  }},
             stop);
}

absl::Status CheckHash(const KnownModel& model, const fs::path& path) {
  const auto file = ModelFile::Read(path);
  if (!file.ok()) return file.status();
  const std::string hash = Sha256(file->bytes());
  if (hash == model.sha256) return absl::OkStatus();
  return absl::DataLossError(fmt::format("wrong SHA-256: expected {}, got {}", model.sha256, hash));
}

// What a repeat would do is part of the message.
absl::Status Explain(const KnownModel& model, const std::string& url, const PartFile& part,
                     const absl::Status& status) {
  std::string text = fmt::format("model {}: {}", model.name, MessageOf(status));
  if (status.code() == absl::StatusCode::kDataLoss) {
    text += fmt::format("; removed ({})", url);
  } else if (part.size() > 0) {
    text += fmt::format("; {} of {} bytes are kept, repeat the command to go on ({})", part.size(),
                        model.bytes, url);
  } else {
    text += fmt::format(" ({})", url);
  }
  return absl::Status(status.code(), text);
}

absl::Status CheckArguments(const KnownModel& model, const std::string& url) {
  if (model.url.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: is installed by set-up; run `make setup`", model.name));
  }
  if (model.bytes == 0 || model.bytes > limits::kMaxModelBytes) {
    return absl::InvalidArgumentError(
        fmt::format("model {}: {} bytes are more than a model may have", model.name, model.bytes));
  }
  return CheckUrl(url);
}

}  // namespace

absl::StatusOr<PullOutcome> PullModel(const KnownModel& model, const fs::path& dir,
                                      const DownloadOptions& options, std::stop_token stop) {
  const std::string url = UrlOf(model, options);
  if (auto status = CheckArguments(model, url); !status.ok()) return status;
  if (VerifyModel(model, dir).ok()) return PullOutcome::kAlreadyThere;
  auto part = PartFile::Open(dir / (std::string(model.file) + ".part"));
  if (!part.ok()) {
    return absl::Status(part.status().code(),
                        fmt::format("model {}: {}", model.name, MessageOf(part.status())));
  }
  absl::Status status;
  if (part->size() > model.bytes) status = part->CutTo(0);
  std::size_t resumed_at = part->size();
  // A part that is damaged, of another version, or that the server cannot go on with leads nowhere:
  // then once from the beginning.
  for (bool again = true; again && status.ok();) {
    again = false;
    resumed_at = part->size();
    if (part->size() < model.bytes) status = Fill(model, url, options, *part, resumed_at, stop);
    if (status.ok()) status = CheckHash(model, part->path());
    if (resumed_at > 0 && (absl::IsDataLoss(status) || absl::IsOutOfRange(status))) {
      again = true;
      status = part->CutTo(0);
    }
  }
  if (status.ok()) status = part->MoveTo(dir / model.file);
  if (!status.ok()) {
    if (absl::IsDataLoss(status) || part->size() == 0) part->Remove();
    return Explain(model, url, *part, status);
  }
  return resumed_at > 0 ? PullOutcome::kResumed : PullOutcome::kDownloaded;
}

}  // namespace vigil::nn
