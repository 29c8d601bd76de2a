#include "actions/json_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "actions/internal/event_text.h"
#include "actions/internal/files.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

using internal::FileError;

constexpr std::size_t kRememberedIds = 10'000;
constexpr std::int64_t kTailBytes = 8 << 20;  // enough for that many lines
constexpr int kMaxRotationsASecond = 10'000;
constexpr std::int64_t kLongestLine = 64 << 10;  // ours have one or two KB

WallTime WallTimeOf(const timespec& time) {
  return WallTime(std::chrono::seconds(time.tv_sec) +
                  std::chrono::microseconds(time.tv_nsec / 1000));
}

// The last `max_bytes` of a file.
absl::StatusOr<std::string> ReadTail(int fd, const std::filesystem::path& path, std::int64_t size,
                                     std::int64_t max_bytes) {
  std::string tail(static_cast<std::size_t>(std::min(size, max_bytes)), '\0');
  const std::int64_t from = size - static_cast<std::int64_t>(tail.size());
  std::size_t filled = 0;
  while (filled < tail.size()) {
    const ssize_t got = ::pread(fd, tail.data() + filled, tail.size() - filled,
                                from + static_cast<std::int64_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, path, "cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  tail.resize(filled);
  return tail;
}

// `_` sorts behind the dot of the ending: names sort by time, and within a second by number.
std::string RotatedName(const std::filesystem::path& path, WallTime time, int number) {
  const CivilTime t = TimeZone().At(time);
  return fmt::format("{}-{:04}{:02}{:02}T{:02}{:02}{:02}Z{}{}", path.stem().string(), t.year,
                     t.month, t.day, t.hour, t.minute, t.second,
                     number == 0 ? std::string() : fmt::format("_{:04}", number),
                     path.extension().string());
}

// Whether `name` is one that RotatedName gives.
bool IsRotated(const std::filesystem::path& path, std::string_view name) {
  const std::string stem = path.stem().string() + "-", ending = path.extension().string();
  constexpr std::string_view kShape = "00000000T000000Z";
  if (!name.starts_with(stem) || !name.ends_with(ending)) return false;
  if (name.size() < stem.size() + kShape.size() + ending.size()) return false;
  std::string_view rest = name.substr(stem.size());
  rest.remove_suffix(ending.size());
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !digit(rest[i]) : rest[i] != kShape[i]) return false;
  }
  rest.remove_prefix(kShape.size());
  return rest.empty() ||
         (rest.size() == 5 && rest[0] == '_' && std::ranges::all_of(rest.substr(1), digit));
}

struct RotatedFile {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  WallTime written;
};

// Oldest first: the names sort by time.
std::vector<RotatedFile> RotatedFiles(const std::filesystem::path& path) {
  std::vector<RotatedFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(path.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (!IsRotated(path, it->path().filename().string())) continue;
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    files.push_back({it->path(), info.st_size, WallTimeOf(info.st_mtim)});
  }
  std::ranges::sort(files, {}, &RotatedFile::path);
  return files;
}

// Renames, but never over a file that is there. 0, or errno.
int RenameToNew(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system cannot do that in one step; nobody else makes names like this one.
  if (::access(to.c_str(), F_OK) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

std::string IdOf(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return {};
  const auto id = json.find("id");
  return id != json.end() && id->is_string() ? id->get<std::string>() : std::string();
}

}  // namespace

absl::Status Validate(const JsonLogOptions& options) {
  if (!options.path.has_filename()) {
    return absl::InvalidArgumentError(fmt::format("path: {} names no file", options.path.string()));
  }
  if (options.max_bytes.bytes != 0 && options.max_bytes < KiB(64)) {
    return absl::InvalidArgumentError("max_bytes: at least 64KiB, or 0 for no limit");
  }
  if (options.keep_files < 0 || options.keep_age.count() < 0) {
    return absl::InvalidArgumentError("keep_files and keep_age: not negative");
  }
  if (options.fsync_interval < std::chrono::milliseconds(10) ||
      options.fsync_interval > std::chrono::hours(1)) {
    return absl::InvalidArgumentError("fsync_interval: 10ms to 1h");
  }
  return TimeZone::Load(options.time_zone).status();
}

absl::StatusOr<std::unique_ptr<JsonLog>> JsonLog::Open(JsonLogOptions options, Now now) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  const auto zone = TimeZone::Load(options.time_zone);
  if (!zone.ok()) return zone.status();
  options.path = std::filesystem::absolute(options.path);
  std::unique_ptr<JsonLog> log(new JsonLog(std::move(options), *zone, std::move(now)));
  const std::lock_guard lock(log->mutex_);
  if (auto made = internal::MakeFolders(log->options_.path.parent_path()); !made.ok()) return made;
  if (auto opened = log->OpenFile(); !opened.ok()) return opened;
  log->RemoveOld(log->now_());
  return log;
}

JsonLog::JsonLog(JsonLogOptions options, TimeZone zone, Now now)
    : options_(std::move(options)), zone_(std::move(zone)), now_(std::move(now)) {
  if (options_.fsync == Fsync::kInterval) {
    sync_ = std::jthread([this](const std::stop_token& stop) { SyncNowAndThen(stop); });
  }
}

JsonLog::~JsonLog() {
  sync_ = {};
  const std::lock_guard lock(mutex_);
  if (const auto flushed = Flush(); !flushed.ok()) log::Error("json_log: {}", MessageOf(flushed));
}

absl::Status JsonLog::Run(const Delivery& delivery, Deadline, std::stop_token) {
  const std::string line = internal::EventJson(delivery) + '\n';
  const std::lock_guard lock(mutex_);
  const auto write = [&]() -> absl::Status {
    if (auto open = ReopenIfMoved(); !open.ok()) return open;
    if (!known_.contains(delivery.event.id)) {
      if (auto rotated = RotateIfDue(line.size()); !rotated.ok()) return rotated;
      if (auto appended = Append(line); !appended.ok()) return appended;
      Remember(delivery.event.id);
    }
    // A repetition may be one because this failed before.
    return options_.fsync == Fsync::kAlways ? Flush() : absl::OkStatus();
  };
  return internal::WorthRetrying(write());
}

absl::Status JsonLog::OpenFile() {
  const std::filesystem::path& path = options_.path;
  Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640));
  if (!file) return FileError(errno, path, "cannot be written");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return FileError(errno, path, "cannot be read");
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("{}: is no ordinary file", path.string()));
  }
  // Two writers would each believe that they know which ids are in it.
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{}: another process writes it; give each its own path", path.string()));
  }
  file_ = std::move(file);
  size_ = info.st_size;
  day_ = DayOf(size_ == 0 ? now_() : WallTimeOf(info.st_mtim));
  if (auto repaired = RepairTail(); !repaired.ok()) {
    file_.Reset();
    return repaired;
  }
  // What was written last before a rotation may be repeated too.
  const auto rotated = RotatedFiles(path);
  if (!rotated.empty()) RememberIdsOf(rotated.back().path);
  RememberIdsOf(path);
  return absl::OkStatus();
}

absl::Status JsonLog::RepairTail() {
  const auto tail = ReadTail(file_.get(), options_.path, size_, kLongestLine);
  if (!tail.ok()) return tail.status();
  if (tail->empty() || tail->back() == '\n') return absl::OkStatus();
  // Half a line: its event was never reported as logged, so it comes again.
  const auto end = tail->rfind('\n');
  const auto torn =
      static_cast<std::int64_t>(end == std::string::npos ? tail->size() : tail->size() - end - 1);
  const bool whole_file = end == std::string::npos && torn == size_;
  if ((end == std::string::npos && !whole_file) ||
      (whole_file && tail->front() != '{' && tail->front() != '\0')) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: does not look like an event log; name another file", options_.path.string()));
  }
  if (::ftruncate(file_.get(), size_ - torn) != 0) {
    return FileError(errno, options_.path, "its torn last line cannot be removed");
  }
  size_ -= torn;
  log::Warning("{}: removed {} bytes of a line that was never finished", options_.path.string(),
               torn);
  return absl::OkStatus();
}

absl::Status JsonLog::ReopenIfMoved() {
  struct stat ours {
  }, named{};
  if (file_ && ::fstat(file_.get(), &ours) == 0 && ::stat(options_.path.c_str(), &named) == 0 &&
      ours.st_dev == named.st_dev && ours.st_ino == named.st_ino) {
    return absl::OkStatus();
  }
  if (auto flushed = Flush(); !flushed.ok()) log::Error("json_log: {}", MessageOf(flushed));
  file_.Reset();
  if (auto made = internal::MakeFolders(options_.path.parent_path()); !made.ok()) return made;
  return OpenFile();
}

absl::Status JsonLog::RotateIfDue(std::size_t next_bytes) {
  const WallTime now = now_();
  const std::string today = DayOf(now);
  const bool full = options_.max_bytes.bytes > 0 &&
                    size_ + static_cast<std::int64_t>(next_bytes) > options_.max_bytes.bytes;
  if (size_ > 0 && (full || (options_.daily && today != day_))) {
    if (auto rotated = Rotate(now); !rotated.ok()) return rotated;
  }
  day_ = today;
  return absl::OkStatus();
}

absl::Status JsonLog::Rotate(WallTime now) {
  if (auto flushed = Flush(); !flushed.ok()) return flushed;
  // Behind those of this second that are there, so that the order stays that of the lines.
  const auto files = RotatedFiles(options_.path);
  const auto at = [&](int number) {
    return options_.path.parent_path() / RotatedName(options_.path, now, number);
  };
  int number = 0;
  const bool same_second =
      !files.empty() &&
      files.back().path.string().starts_with((options_.path.parent_path() / at(0).stem()).string());
  while (same_second && number < kMaxRotationsASecond && at(number) <= files.back().path) ++number;
  for (; number < kMaxRotationsASecond; ++number) {
    const int error = RenameToNew(options_.path, at(number));
    if (error == EEXIST) continue;
    if (error != 0) return FileError(error, options_.path, "cannot be rotated");
    file_.Reset();
    const auto opened = OpenFile();
    RemoveOld(now);
    return opened;
  }
  return absl::UnavailableError(
      fmt::format("{}: no name left to rotate it to; is the clock wrong?", options_.path.string()));
}

absl::Status JsonLog::Append(const std::string& line) {
  int error = internal::WriteAll(file_.get(), line);
  if (error == 0) {
    size_ += static_cast<std::int64_t>(line.size());
    unsynced_ = true;
    written_.notify_all();
    return absl::OkStatus();
  }
  // No half line stays. Making a file shorter needs no room; should it fail all the same, opening
  // the file again repairs it.
  if (::ftruncate(file_.get(), size_) != 0) file_.Reset();
  return FileError(error, options_.path, "cannot be written");
}

absl::Status JsonLog::Flush() {
  if (!file_ || !unsynced_) return absl::OkStatus();
  if (::fdatasync(file_.get()) != 0) return FileError(errno, options_.path, "cannot be synced");
  unsynced_ = false;
  return absl::OkStatus();
}

void JsonLog::Remember(std::string id) {
  if (id.empty() || !known_.insert(id).second) return;
  order_.push_back(std::move(id));
  if (order_.size() <= kRememberedIds) return;
  known_.erase(order_.front());
  order_.pop_front();
}

void JsonLog::RememberIdsOf(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) return;
  const auto tail = ReadTail(file.get(), path, info.st_size, kTailBytes);
  if (!tail.ok()) {
    log::Warning("json_log: {}", MessageOf(tail.status()));
    return;
  }
  std::string_view rest = *tail;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    Remember(IdOf(line));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
}

void JsonLog::RemoveOld(WallTime now) {
  auto files = RotatedFiles(options_.path);
  std::int64_t bytes = 0;
  for (const RotatedFile& file : files) bytes += file.bytes;
  std::size_t left = files.size();
  for (const RotatedFile& file : files) {
    const bool many =
        options_.keep_files > 0 && left > static_cast<std::size_t>(options_.keep_files);
    const bool large = options_.keep_bytes.bytes > 0 && bytes > options_.keep_bytes.bytes;
    const bool old = options_.keep_age.count() > 0 && now - file.written > options_.keep_age;
    if (!many && !large && !old) return;
    if (::unlink(file.path.c_str()) != 0) {
      log::Warning("json_log: {}", MessageOf(FileError(errno, file.path, "cannot be removed")));
    }
    bytes -= file.bytes;
    --left;
  }
}

std::string JsonLog::DayOf(WallTime time) const { return DateText(zone_.At(time)); }

void JsonLog::SyncNowAndThen(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Descriptor copy;
    {
      std::unique_lock lock(mutex_);
      if (!written_.wait(lock, stop, [&] { return unsynced_; })) return;
    }
    if (!SleepUntil(After(options_.fsync_interval), stop)) return;  // the destructor syncs
    {
      const std::lock_guard lock(mutex_);
      if (!file_ || !unsynced_) continue;
      copy.Reset(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
      unsynced_ = false;
    }
    // Outside the lock: a slow disk does not hold up those who log.
    if (!copy || ::fdatasync(copy.get()) != 0) {
      log::Error("json_log: {}", MessageOf(FileError(errno, options_.path, "cannot be synced")));
    }
  }
}

}  // namespace vigil::actions
