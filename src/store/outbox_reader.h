// A look into an outbox, also while another process delivers from it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/wall_time.h"
#include "store/outbox.h"

namespace vigil::store {

namespace internal {
class Database;
}

/// The deliveries of an action, and why the last of those that wait has failed.
struct ActionState {
  std::string action;
  std::int64_t due = 0;        ///< not tried yet, or to be tried again now
  std::int64_t later = 0;      ///< waiting for their next attempt
  std::int64_t running = 0;    ///< begun; in a file that nobody has open: cut off
  std::int64_t collected = 0;  ///< in a digest, or waiting for one
  std::int64_t delivered = 0;
  std::int64_t dead = 0;
  std::string last_failure;  ///< one line; empty: none that still matters
};

/// Changes nothing. One thread at a time; calls are readings of their own. Errors as Outbox's.
class OutboxReader {
 public:
  /// NotFound: there is no file.
  static absl::StatusOr<OutboxReader> Open(const std::filesystem::path& path);
  OutboxReader(OutboxReader&&) noexcept;
  OutboxReader& operator=(OutboxReader&&) noexcept;
  ~OutboxReader();

  /// By action. Reads the whole table of deliveries: not for every second.
  absl::StatusOr<std::vector<ActionState>> Actions(WallTime now);
  /// The latest first, at most `limit` and kMaxRows.
  absl::StatusOr<std::vector<DeadLetter>> DeadLetters(int limit);

 private:
  OutboxReader(std::unique_ptr<internal::Database> database, std::int64_t version);
  std::unique_ptr<internal::Database> database_;
  std::int64_t version_;  // of the file: only its owner brings it to the present one
};

}  // namespace vigil::store
