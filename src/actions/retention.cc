#include "actions/retention.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "actions/internal/files.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

constexpr std::size_t kMaxFiles = 1'000'000;

struct KeptFile {
  std::filesystem::path path;
  WallTime written;
  std::int64_t bytes = 0;  // on the disk
  bool half = false;       // its writer has not finished it
};

bool EndsWithAny(const std::string& name, const std::vector<std::string>& endings) {
  return std::ranges::any_of(endings,
                             [&](const std::string& ending) { return name.ends_with(ending); });
}

// Oldest first; among equals by name, so that a sweep is the same each time.
std::vector<KeptFile> Files(const RetentionOptions& options, const std::stop_token& stop) {
  std::vector<KeptFile> files;
  std::error_code error;
  constexpr auto kSkip = std::filesystem::directory_options::skip_permission_denied;
  for (std::filesystem::recursive_directory_iterator it(options.folder, kSkip, error), end;
       !error && it != end && files.size() < kMaxFiles && !stop.stop_requested();
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool half = name.ends_with(".part");
    if (!half && !EndsWithAny(name, options.endings)) continue;
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    files.push_back({it->path(),
                     WallTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                              std::chrono::microseconds(info.st_mtim.tv_nsec / 1000)),
                     info.st_blocks * 512, half});
  }
  std::ranges::sort(files, [](const KeptFile& a, const KeptFile& b) {
    return a.written != b.written ? a.written < b.written : a.path < b.path;
  });
  return files;
}

// Folders that are empty now, up to the root, which stays.
void RemoveEmpty(const std::set<std::filesystem::path>& folders,
                 const std::filesystem::path& root) {
  for (std::filesystem::path folder : folders) {
    while (folder != root && folder.string().size() > root.string().size() &&
           ::rmdir(folder.c_str()) == 0) {
      folder = folder.parent_path();
    }
  }
}

}  // namespace

absl::Status Validate(const RetentionOptions& options) {
  if (options.folder.empty() || options.folder == options.folder.root_path()) {
    return absl::InvalidArgumentError("folder: a folder of its own");
  }
  if (options.endings.empty() || std::ranges::any_of(options.endings, [](const auto& ending) {
        return ending.size() < 2 || ending[0] != '.';
      })) {
    return absl::InvalidArgumentError("endings: such as .jpg");
  }
  if (options.max_age.count() < 0) return absl::InvalidArgumentError("max_age: not negative");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Retention>> Retention::Create(RetentionOptions options) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  options.folder = std::filesystem::absolute(options.folder).lexically_normal();
  if (!options.folder.has_filename()) options.folder = options.folder.parent_path();
  if (const auto made = internal::MakeFolders(options.folder); !made.ok()) return made;
  return std::unique_ptr<Retention>(new Retention(std::move(options)));
}

absl::StatusOr<std::int64_t> Retention::FreeBytes() const {
  struct statvfs info {};
  if (::statvfs(options_.folder.c_str(), &info) != 0) {
    return internal::FileError(errno, options_.folder, "its free space is not known");
  }
  return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

RetentionReport Retention::Sweep(WallTime now, std::stop_token stop) { return Sweep(0, now, stop); }

RetentionReport Retention::Sweep(std::int64_t wanted, WallTime now, const std::stop_token& stop) {
  const std::lock_guard lock(mutex_);
  RetentionReport report;
  const auto files = Files(options_, stop);
  for (const KeptFile& file : files) report.kept_bytes += file.bytes;
  report.kept_files = static_cast<std::int64_t>(files.size());
  const auto free = FreeBytes();
  // How much the rules on room ask for; they are met by removing, which adds to what is free.
  std::int64_t missing = 0;
  if (free.ok() && options_.min_free.bytes > 0) {
    missing = options_.min_free.bytes + wanted - *free;
  }
  if (options_.max_bytes.bytes > 0) {
    missing = std::max(missing, report.kept_bytes + wanted - options_.max_bytes.bytes);
  }
  std::set<std::filesystem::path> touched;
  absl::Status problem;
  for (const KeptFile& file : files) {
    if (stop.stop_requested()) break;
    const bool old = options_.max_age.count() > 0 && now - file.written > options_.max_age;
    const bool abandoned = file.half && now - file.written > std::chrono::hours(1);
    const bool room = missing > report.removed_bytes && !file.half;
    if (!old && !abandoned && !room) continue;
    if (::unlink(file.path.c_str()) != 0) {
      ++report.failed;
      problem = internal::FileError(errno, file.path, "cannot be removed");
      continue;
    }
    ++report.removed_files;
    report.removed_bytes += file.bytes;
    touched.insert(file.path.parent_path());
  }
  report.kept_files -= report.removed_files;
  report.kept_bytes -= report.removed_bytes;
  RemoveEmpty(touched, options_.folder);
  if (!problem.ok()) log::Warning("retention: {}", MessageOf(problem));
  return report;
}

absl::Status Retention::MakeRoom(std::int64_t bytes, WallTime now, std::stop_token stop) {
  const auto enough = [&]() -> absl::StatusOr<bool> {
    const auto free = FreeBytes();
    if (!free.ok()) return free.status();
    return *free - bytes >= options_.min_free.bytes;
  };
  if (options_.max_bytes.bytes > 0 && bytes > options_.max_bytes.bytes) {
    return absl::ResourceExhaustedError(fmt::format(
        "{}: {} bytes are more than max_bytes allows in all", options_.folder.string(), bytes));
  }
  auto room = enough();
  if (!room.ok()) return room.status();
  if (*room) return absl::OkStatus();
  const auto lately = [&] {
    const std::lock_guard lock(mutex_);
    return now >= in_vain_ && now - in_vain_ < std::chrono::seconds(10);
  };
  if (!lately()) {
    Sweep(bytes, now, stop);
    room = enough();
    if (!room.ok()) return room.status();
    if (*room) return absl::OkStatus();
    const std::lock_guard lock(mutex_);
    in_vain_ = now;
  }
  if (options_.min_free.bytes == 0) {
    return absl::ResourceExhaustedError(fmt::format(
        "{}: the disk is full; make room, or set min_free, which removes what is oldest",
        options_.folder.string()));
  }
  return absl::ResourceExhaustedError(fmt::format(
      "{}: the disk has less than {} free and nothing left here to remove; make room, or lower "
      "min_free",
      options_.folder.string(), FormatByteSize(options_.min_free)));
}

}  // namespace vigil::actions
