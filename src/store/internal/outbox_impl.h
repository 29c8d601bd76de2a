// What the parts of the outbox share.
#pragma once

#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "store/internal/database.h"
#include "store/internal/schema.h"
#include "store/outbox.h"

namespace vigil::store {

/// A file that only one process may have, for as long as this lives.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

class Outbox::Impl {
 public:
  Impl(OutboxOptions given, FileLock held, std::unique_ptr<internal::Database> opened);

  absl::Status Prepare();
  /// What the last process left behind; also shows that the file can be written.
  absl::Status Recover();

  // All below: under mutex.
  absl::StatusOr<Appended> Append(std::span<const OutboxEntry> entries,
                                  const std::vector<std::string>& bodies,
                                  std::span<const StateBlob> states);
  absl::StatusOr<std::vector<Claimed>> Claim(std::string_view action, int limit);
  absl::Status Finish(std::span<const Finished> finished);
  /// `forced`: also of what is still to be done, if nothing else can make room.
  absl::StatusOr<Garbage> RemoveSome(bool forced);
  absl::Status BuryDigest(const DigestWindow& window, std::int64_t refusals,
                          std::string_view reason);

  /// Whether the next transactions wait for the medium. Only outside of a transaction.
  absl::Status Sync(bool full);
  std::int64_t NowMicros() const;

  const OutboxOptions options;
  const FileLock lock;
  const std::unique_ptr<internal::Database> database;
  mutable std::mutex mutex;
  // All below: under mutex.
  OutboxCounters counters;
  std::mt19937_64 random;
  bool syncs = false;
  Clock::time_point quiet_until{};  // of drops in the log
  std::int64_t untold_drops = 0;
  internal::Statement insert_event, insert_delivery, insert_held, put_state, get_state;
  internal::Statement pictures_again, pictures_done, pictures_gone;
  internal::Statement claim_retries, claim_fresh, begin, done, not_begun, cut_off, failures, retry,
      dead;
  internal::Statement next_due, any_waiting, events_after, collected_in;
  internal::Statement garbage, garbage_forced, undone, drop_deliveries, drop_held, drop_event;

 private:
  struct Row {
    Claimed claimed;
    std::string body;
    bool interrupted = false;
  };
  void TellDropped(std::int64_t dropped);
  absl::Status NotePictures(const OutboxEntry& entry);
  absl::Status AddActions(const OutboxEntry& entry, std::int64_t sequence);
  absl::Status ReadRows(internal::Statement& statement, std::vector<Row>& rows);
  absl::Status FinishOne(const Finished& finished, OutboxCounters& counts);
  absl::Status Bury(std::int64_t sequence, std::string_view action, std::string_view reason);
};

namespace internal {
/// One line of bounded length that gives no password away.
std::string ReasonText(std::string_view text);
/// The latest first, at most `limit` and kMaxRows.
absl::StatusOr<std::vector<DeadLetter>> DeadLettersIn(Database& database, int limit);
std::string JoinPaths(std::span<const std::filesystem::path> paths);
std::vector<std::filesystem::path> SplitPaths(std::string_view text);
}  // namespace internal

}  // namespace vigil::store
