// Events and what they are to cause, on disk before anything is done about them: what is in here
// survives `kill -9`, and with the default durability a power cut.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/byte_size.h"
#include "core/wall_time.h"
#include "events/event.h"
#include "events/rule.h"
#include "store/retry.h"

namespace vigil::store {

enum class Durability : std::uint8_t {
  kPower,  ///< events and started attempts are on the medium when the call returns (an fsync each)
  kProcess,  ///< in the system's hands: survives the process, not a power cut; never damages the
             ///< file
};

struct OutboxOptions {
  Durability durability = Durability::kPower;
  RetryPolicy retry = {};
  std::chrono::hours max_age{7 * 24};        ///< since stored; then events that are done with go
  std::chrono::hours max_dead_age{30 * 24};  ///< how long dead letters and their events are kept
  std::int64_t max_events = 1'000'000;       ///< oldest that are done with go first; at least 1000
  ByteSize max_bytes =
      MiB(256);  ///< of the file, never exceeded; at least 1 MiB. Its log adds about 8 MiB
  ByteSize min_free = MiB(16);         ///< of the file system; with less it is not opened
  std::uint64_t seed = 1;              ///< of the spread of retries
  std::function<WallTime()> now = {};  ///< empty: the system's clock
};

/// Ranges of the options. InvalidArgument names the field.
[[nodiscard]] absl::Status Validate(const OutboxOptions& options);

/// An action that an event is to cause.
struct PendingAction {
  std::string action;  ///< `json_log`, `webhook:ops`
  std::string rule;    ///< of several: see EntryOf
  events::Severity severity = events::Severity::kInfo;
  std::vector<std::filesystem::path> pictures;  ///< at most kMaxPictures
  bool collect = false;                         ///< is not run but waits for a digest (OpenDigest)
};

struct HeldBack {
  std::string rule;
  events::Verdict reason = events::Verdict::kCooldown;
};

struct OutboxEntry {
  events::Event event;
  std::vector<PendingAction> actions;  ///< one of a name; a second of the same name is passed over
  std::vector<HeldBack> held;
};

/// What the rules decided, as an entry. An action that several rules ask for is due once: with the
/// names of all of them, joined by ", ", and the highest severity. `email_digest` is collected, and counts rule by rule:
/// the names of its rules are joined by line breaks.
[[nodiscard]] OutboxEntry EntryOf(events::Event event, std::span<const events::Decision> decisions,
                                  std::span<const std::filesystem::path> pictures = {});

/// State of whoever makes the events, stored together with them.
struct StateBlob {
  std::string key;
  std::string value;
};

struct Appended {
  std::size_t added = 0;
  std::size_t rejected = 0;  ///< events that could not be read back: each is logged
  std::size_t repeated = 0;  ///< events whose id was there already; nothing came of them
  std::int64_t last_sequence = 0;
};

/// An attempt that was written down as begun.
struct Claimed {
  std::int64_t sequence = 0;
  std::string action;
  events::Event event;
  std::string rule;
  events::Severity severity = events::Severity::kInfo;
  std::vector<std::filesystem::path> pictures;
  int attempt = 1;
  bool last_attempt = false;  ///< a failure that might pass makes it a dead letter all the same
};

enum class Outcome : std::uint8_t {
  kDone,
  kRetry,     ///< failed, worth another attempt; a dead letter after RetryPolicy::max_failures
  kDead,      ///< failed for good
  kNotBegun,  ///< claimed but not run
  kCutOff,    ///< begun and ended by ourselves: due again as before, and no failure
};

struct Finished {
  std::int64_t sequence = 0;
  std::string action;
  Outcome outcome = Outcome::kDone;
  std::string reason;  ///< of a failure; one line, credentials of URLs are masked
  /// Of kRetry: not before so long, even where the policy would try sooner.
  std::chrono::milliseconds at_least{0};
};

struct StoredEvent {
  std::int64_t sequence = 0;  ///< rises with every event stored, has gaps, is never used again
  events::Event event;
};

struct StoredId {
  std::int64_t sequence = 0;
  std::string event_id;
};

struct DeadLetter {
  std::int64_t sequence = 0;
  std::string action;
  std::string rule;
  events::Event event;
  int attempts = 0;
  WallTime died;
  std::string reason;
};

/// One digest: what was collected and not told yet, up to and with `upto`; of what was held back, that after `after`.
struct DigestWindow {
  std::string action;  ///< whose digest: `email_digest`, `email_digest:night`
  std::int64_t after = 0;
  std::int64_t upto = 0;
  WallTime opened;  ///< when the digest was first attempted
  int attempt = 1;  ///< above 1: the same digest was begun before, and may have been sent
};

/// A digest that failed.
struct DigestFailure {
  bool given_up = false;    ///< its events are dead letters now
  std::int64_t events = 0;  ///< in it
  /// How long to wait before it is tried again; 0 where it was given up.
  std::chrono::milliseconds wait{0};
};

struct CollectedEvent {
  std::int64_t sequence = 0;
  events::Event event;
  std::vector<std::string> rules;  ///< that asked for it; at least one
  events::Severity severity = events::Severity::kInfo;
  std::vector<std::filesystem::path> pictures;
};

struct Garbage {
  std::int64_t events = 0;   ///< removed
  std::int64_t dropped = 0;  ///< of their deliveries, those that were still to be done: lost
};

struct Waiting {
  std::string action;
  std::int64_t due = 0;    ///< not tried yet, or to be tried again now
  std::int64_t later = 0;  ///< waiting for their next attempt
  std::int64_t running = 0;
};

/// Since it was opened.
struct OutboxCounters {
  std::int64_t events = 0, repeated = 0, rejected = 0, held = 0;
  std::int64_t delivered = 0, retried = 0, dead = 0, interrupted = 0, dropped = 0;
};

inline constexpr std::size_t kMaxPictures = 48;  ///< two, and 20 each from before and after
inline constexpr int kMaxRows = 10'000;          ///< that one call returns

/// A SQLite file in WAL mode. Safe from any thread; calls wait for one another. Errors are one line
/// that names the file and the remedy; after one, nothing of the call has happened, and it may be
/// made again (ResourceExhausted: once there is space).
class Outbox {
 public:
  /// Opens, or makes and readies, the file. Attempts that the end of the last process cut off are
  /// due again. Unavailable: another process has it; FailedPrecondition: a newer version wrote it;
  /// DataLoss: it is no outbox; ResourceExhausted: no space.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(const std::filesystem::path& path,
                                                      const OutboxOptions& options = {});
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox();

  /// Stores events, their actions, what rules held back, and states: all of it or nothing. An event
  /// whose id is known is passed over whole. Many at once cost one fsync.
  absl::StatusOr<Appended> Append(std::span<const OutboxEntry> entries,
                                  std::span<const StateBlob> states = {});
  /// Empty text: none. NotFound is no error here: a new file has no states.
  absl::StatusOr<std::string> LoadState(std::string_view key);

  /// Begins attempts at up to `limit` due deliveries of an action, in the order of their events;
  /// retries that are due take at most half. Attempts are counted before they are made, so after a
  /// crash the next one is known to be perhaps a repetition; a delivery that was cut off so is
  /// claimed alone. Nothing is claimed twice before it is finished.
  absl::StatusOr<std::vector<Claimed>> Claim(std::string_view action, int limit);
  absl::Status Finish(std::span<const Finished> finished);
  /// How long until the action's next delivery is due, not above 0 if one is; none: none waits.
  absl::StatusOr<std::optional<std::chrono::microseconds>> DueIn(std::string_view action);
  /// Whether anything waits or runs. Costs the same however much it is.
  absl::StatusOr<bool> AnyWaiting();
  /// What is not finished, by action.
  absl::StatusOr<std::vector<Waiting>> WaitingActions();
  /// What waits for its next attempt is due at once: of an action (empty: of all).
  absl::Status TryAllNow(std::string_view action = {});
  /// All waiting deliveries of the action become dead letters.
  absl::StatusOr<std::int64_t> GiveUp(std::string_view action, std::string_view reason);

  /// In the order in which they were stored, at most `limit` and kMaxRows.
  absl::StatusOr<std::vector<StoredEvent>> EventsAfter(std::int64_t sequence, int limit);
  absl::StatusOr<std::int64_t> LastSequence();

  /// The latest first.
  absl::StatusOr<std::vector<DeadLetter>> DeadLetters(int limit);
  /// Has dead letters delivered again, their failures forgotten: of an event (0: of all), of an
  /// action (empty: of all). Those of a digest are collected for the next one. How many; NotFound if there is none.
  absl::StatusOr<std::int64_t> Revive(std::int64_t sequence, std::string_view action);

  /// Since when the action's next digest collects: when its last one was begun; before the first, when the oldest event
  /// that waits for it was stored. None: nothing waits, and there was none. WallTime::min(): one was begun and never
  /// delivered.
  absl::StatusOr<std::optional<WallTime>> DigestSince(std::string_view action);
  /// Begins a digest over all that was stored since the action's last one. If one was begun and not
  /// closed, it is that one again, with the same events: so its mail can have the same Message-ID.
  absl::StatusOr<DigestWindow> OpenDigest(std::string_view action);
  /// What was collected in it, after `sequence`, at most `limit` and kMaxRows.
  absl::StatusOr<std::vector<CollectedEvent>> CollectedIn(const DigestWindow& window,
                                                          std::int64_t sequence, int limit);
  /// What rules held back in it.
  absl::StatusOr<std::vector<events::HeldCount>> HeldIn(const DigestWindow& window);
  /// It was delivered: the next one begins after it.
  absl::Status CloseDigest(const DigestWindow& window);
  /// It was not: the reason is kept until one is delivered. One that was refused `for_good`
  /// RetryPolicy::max_failures times is given up: its events become dead letters with that reason, what was held back in
  /// it is told in the next one, and that one begins anew. What may pass is never given up, as nothing else waits for it.
  absl::StatusOr<DigestFailure> FailDigest(const DigestWindow& window, bool for_good,
                                           std::string_view reason);
  /// How many events wait for the action's digest, or are in one that was begun.
  absl::StatusOr<std::int64_t> Collected(std::string_view action);

  /// Events whose pictures nobody needs any more, at most `limit` and kMaxRows: all deliveries that
  /// have them were made. (Dead letters keep theirs: they may be delivered after all.)
  absl::StatusOr<std::vector<StoredId>> DoneWithPictures(int limit);
  /// They were removed.
  absl::Status ForgetPictures(std::span<const StoredId> events);

  /// Removes what age, number and size do not allow, in small steps, of what is done with. (Where
  /// Append finds the size limit reached and nothing is done with, the oldest of the rest goes, is
  /// counted as dropped, and logged.)
  absl::StatusOr<Garbage> CollectGarbage();

  OutboxCounters counters() const;
  /// Of the file and its log.
  std::int64_t bytes() const;

 private:
  class Impl;
  explicit Outbox(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::store
