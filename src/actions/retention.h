// How long files are kept: by age, by bytes, and as long as the disk has room.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "core/byte_size.h"
#include "core/time.h"
#include "core/wall_time.h"

namespace vigil::actions {

/// Of one kind of files: pictures of events, the spool, recordings.
struct RetentionOptions {
  std::filesystem::path folder;                 ///< all of it, with the folders below
  std::vector<std::string> endings = {".jpg"};  ///< other files are never touched
  std::chrono::hours max_age{24 * 30};          ///< since last written; 0: any
  ByteSize max_bytes = GiB(10);                 ///< together; 0: any
  ByteSize min_free = GiB(1);                   ///< that the disk keeps free; 0: any
};

struct RetentionReport {
  std::int64_t removed_files = 0, removed_bytes = 0;
  std::int64_t kept_files = 0, kept_bytes = 0;
  std::int64_t failed = 0;  ///< could not be removed; the last reason is logged
};

/// InvalidArgument: what does not fit together.
[[nodiscard]] absl::Status Validate(const RetentionOptions& options);

/// Removes the oldest files first, by the time they were last written, until all three rules hold;
/// then folders that it emptied. Links are not followed. Safe from any thread.
class Retention {
 public:
  static absl::StatusOr<std::unique_ptr<Retention>> Create(RetentionOptions options);

  /// Applies the rules; also removes `.part` files, left by writers that ended half-way, after an
  /// hour. Ends early, with what was done, at `stop`. At most 1,000,000 files are looked at.
  RetentionReport Sweep(WallTime now, std::stop_token stop);

  /// Whether so many more bytes can be written and kept. Makes room by a Sweep where there is none,
  /// but looks through the folder again only 10 s after that was in vain.
  /// ResourceExhausted: there is none to be made; nothing should be written then.
  absl::Status MakeRoom(std::int64_t bytes, WallTime now, std::stop_token stop);

  const RetentionOptions& options() const { return options_; }

 private:
  explicit Retention(RetentionOptions options) : options_(std::move(options)) {}
  RetentionReport Sweep(std::int64_t wanted, WallTime now, const std::stop_token& stop);
  absl::StatusOr<std::int64_t> FreeBytes() const;

  const RetentionOptions options_;
  std::mutex mutex_;  // one sweep at a time
  WallTime in_vain_;  // under mutex_: when a sweep made too little room
};

}  // namespace vigil::actions
