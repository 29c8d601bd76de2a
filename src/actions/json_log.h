// `json_log`: every event as one line of JSON in a file.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "actions/action.h"
#include "core/byte_size.h"
#include "core/descriptor.h"
#include "core/time_zone.h"
#include "core/wall_time.h"

namespace vigil::actions {

/// When lines are put on the disk itself. Until then they survive the end of the process, but not
/// that of the machine.
enum class Fsync : std::uint8_t {
  kNever,     ///< when the system does: usually within 30 s
  kInterval,  ///< within `fsync_interval` of being written
  kAlways,    ///< before the event counts as logged
};

struct JsonLogOptions {
  std::filesystem::path path = "events.jsonl";  ///< its folder is made where missing
  ByteSize max_bytes = MiB(64);  ///< a file that would grow beyond is rotated; 0: never
  bool daily = true;             ///< … and at midnight of `time_zone`
  std::string time_zone = "local";
  int keep_files = 30;             ///< rotated files kept, the newest; 0: any number
  std::chrono::hours keep_age{0};  ///< rotated files older than this are removed; 0: never
  ByteSize keep_bytes = GiB(1);    ///< of all rotated files together; 0: any number
  Fsync fsync = Fsync::kInterval;
  std::chrono::milliseconds fsync_interval{1000};  ///< 10 ms to 1 h
};

/// InvalidArgument: what does not fit together.
[[nodiscard]] absl::Status Validate(const JsonLogOptions& options);

/// Appends lines; exactly one for an event's id, however often it is run, also across a crash: when
/// the file is opened, a torn last line is removed and the last 10,000 ids of it and its
/// predecessor are read. A line is written whole or not at all, on a full disk too. The file may be
/// moved away by others (logrotate); it is then begun anew.
///
/// Rotated files are `events-20261124T215724Z.jsonl`, by the time of the rotation in UTC. Only
/// files of such names are ever removed. Safe from any thread.
class JsonLog final : public Action {
 public:
  using Now = std::function<WallTime()>;

  /// Errors begin with the path. FailedPrecondition: another process writes that file, or it does
  /// not look like a log. PermissionDenied. ResourceExhausted: no room.
  static absl::StatusOr<std::unique_ptr<JsonLog>> Open(JsonLogOptions options, Now now);
  ~JsonLog() override;

  std::string_view name() const override { return "json_log"; }
  bool repeats_unseen() const override { return true; }
  absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) override;

 private:
  JsonLog(JsonLogOptions options, TimeZone zone, Now now);

  // All below: under mutex_.
  absl::Status OpenFile();
  absl::Status RepairTail();
  absl::Status ReopenIfMoved();
  absl::Status RotateIfDue(std::size_t next_bytes);
  absl::Status Rotate(WallTime now);
  absl::Status Append(const std::string& line);
  absl::Status Flush();
  void Remember(std::string id);
  void RememberIdsOf(const std::filesystem::path& path);
  void RemoveOld(WallTime now);
  std::string DayOf(WallTime time) const;

  void SyncNowAndThen(const std::stop_token& stop);

  const JsonLogOptions options_;
  const TimeZone zone_;
  const Now now_;

  std::mutex mutex_;
  std::condition_variable_any written_;
  Descriptor file_;
  std::int64_t size_ = 0;  // bytes of whole lines; what lies behind is half a line to be cut off
  std::string day_;        // in which the file was written to last
  bool unsynced_ = false;
  std::unordered_set<std::string> known_;
  std::deque<std::string> order_;  // of known_, the oldest first

  std::jthread sync_;  // only with Fsync::kInterval; last, so that it ends first
};

}  // namespace vigil::actions
