#include "store/outbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/limits.h"
#include "core/log.h"
#include "core/status.h"
#include "events/event_json.h"
#include "store/internal/outbox_impl.h"

namespace vigil::store {
namespace {

using internal::Database;
using internal::Statement;
using internal::Transaction;

constexpr std::int64_t kPageBytes = 4096;

absl::Status CheckSpace(const std::filesystem::path& path, ByteSize min_free) {
  std::error_code error;
  const auto space = std::filesystem::space(std::filesystem::absolute(path).parent_path(), error);
  if (error || space.available >= static_cast<std::uintmax_t>(min_free.bytes)) {
    return absl::OkStatus();  // a folder that is not there is told when the file is made
  }
  return absl::ResourceExhaustedError(fmt::format(
      "outbox {}: its file system has {} left, {} are wanted; free some", path.string(),
      FormatByteSize({static_cast<std::int64_t>(space.available)}), FormatByteSize(min_free)));
}

std::string StoredPictures(const PendingAction& action) {
  return internal::JoinPaths(
      std::span(action.pictures).first(std::min(action.pictures.size(), kMaxPictures)));
}

}  // namespace

absl::Status Validate(const OutboxOptions& options) {
  const auto wrong = [](const char* what) { return absl::InvalidArgumentError(what); };
  const RetryPolicy& retry = options.retry;
  if (options.max_bytes < MiB(1)) return wrong("max_bytes: at least 1MiB are needed");
  if (options.min_free.bytes < 0) return wrong("min_free: is negative");
  if (options.max_events < 1000) return wrong("max_events: at least 1000 are needed");
  if (options.max_age.count() <= 0) return wrong("max_age: at least 1h is needed");
  if (options.max_dead_age.count() <= 0) return wrong("max_dead_age: at least 1h is needed");
  if (retry.first.count() <= 0) return wrong("retry.first: must be above 0");
  if (retry.longest < retry.first) return wrong("retry.longest: is below retry.first");
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) return wrong("retry.jitter: is not within 0 to 1");
  if (retry.max_failures < 1) return wrong("retry.max_failures: must be above 0");
  if (retry.max_interruptions < 1) return wrong("retry.max_interruptions: must be above 0");
  return absl::OkStatus();
}

OutboxEntry EntryOf(events::Event event, std::span<const events::Decision> decisions,
                    std::span<const std::filesystem::path> pictures) {
  OutboxEntry entry{.event = std::move(event), .actions = {}, .held = {}};
  for (const events::Decision& decision : decisions) {
    if (decision.verdict != events::Verdict::kDeliver) {
      entry.held.push_back({decision.rule, decision.verdict});
      continue;
    }
    for (const std::string& action : decision.actions) {
      const auto same = std::ranges::find(entry.actions, action, &PendingAction::action);
      if (same != entry.actions.end()) {
        same->rule += (same->collect ? "\n" : ", ") + decision.rule;
        same->severity = std::max(same->severity, decision.severity);
      } else {
        entry.actions.push_back({action,
                                 decision.rule,
                                 decision.severity,
                                 {pictures.begin(), pictures.end()},
                                 action.starts_with("email_digest")});
      }
    }
  }
  return entry;
}

absl::StatusOr<FileLock> FileLock::Take(const std::filesystem::path& path) {
  const std::string name = path.string() + ".lock";
  const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return absl::PermissionDeniedError(
        fmt::format("outbox {}: {}; the folder must exist and be writable for this user", name,
                    std::generic_category().message(errno)));
  }
  FileLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(fmt::format(
        "outbox {}: another process uses it; stop that one, or name another folder (state_dir)",
        path.string()));
  }
  return lock;
}

FileLock::~FileLock() {
  if (file_ >= 0) close(file_);
}

std::string internal::JoinPaths(std::span<const std::filesystem::path> paths) {
  std::string text;
  for (const auto& path : paths) text += path.string() + '\n';
  return text;
}

std::vector<std::filesystem::path> internal::SplitPaths(std::string_view text) {
  std::vector<std::filesystem::path> paths;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    paths.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return paths;
}

Outbox::Impl::Impl(OutboxOptions given, FileLock held, std::unique_ptr<Database> opened)
    : options(std::move(given)),
      lock(std::move(held)),
      database(std::move(opened)),
      random(options.seed) {}

std::int64_t Outbox::Impl::NowMicros() const {
  const auto now = options.now ? options.now() : WallNow();
  return now.time_since_epoch().count();
}

absl::Status Outbox::Impl::Sync(bool full) {
  full = full && options.durability == Durability::kPower;
  if (full == syncs) return absl::OkStatus();
  syncs = full;
  return database->Execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

absl::Status Outbox::Impl::Prepare() {
  const std::string row =
      "SELECT d.sequence, d.action, d.rule, d.severity, d.pictures, d.attempts, d.interruptions, "
      "e.body, d.failures FROM deliveries d JOIN events e USING(sequence) WHERE d.state = 0 AND "
      "d.action = ? ";
  const std::string one = " WHERE sequence = ? AND action = ? AND state = 1";
  const std::string finished =
      "UPDATE deliveries SET interruptions = 0, finished_us = ?, reason = ?, ";
  // What keeps an event: something still to do, or a dead letter that is not old yet.
  const std::string garbage_of =
      "SELECT sequence FROM events e WHERE sequence <= ?1 AND (stored_us < ?2 OR ?3) AND NOT "
      "EXISTS "
      "(SELECT 1 FROM deliveries d WHERE d.sequence = e.sequence AND (d.state IN (0, 1, 4) OR "
      "(d.state = 3 AND d.finished_us >= ?4))) ORDER BY sequence LIMIT ?5";
  const std::array<std::pair<Statement*, std::string>, 27> all = {{
      {&insert_event, "INSERT OR IGNORE INTO events(id, stored_us, body) VALUES(?, ?, ?)"},
      {&insert_delivery,
       "INSERT OR IGNORE INTO deliveries(sequence, action, rule, severity, pictures, state) "
       "VALUES(?, ?, ?, ?, ?, ?)"},
      {&insert_held, "INSERT OR IGNORE INTO held(sequence, rule, type, reason) VALUES(?, ?, ?, ?)"},
      {&put_state, "INSERT OR REPLACE INTO state(key, value) VALUES(?, ?)"},
      {&get_state, "SELECT value FROM state WHERE key = ?"},
      {&pictures_again,
       "UPDATE deliveries SET pictures = ?1 WHERE pictures = '' AND state = 2 AND action = ?2 AND "
       "sequence = (SELECT sequence FROM events WHERE id = ?3)"},
      {&pictures_done,
       "SELECT d.sequence, e.id FROM deliveries d INDEXED BY deliveries_pictures JOIN events e "
       "USING(sequence) WHERE d.pictures <> '' GROUP BY d.sequence HAVING min(d.state) = 2 AND "
       "max(d.state) = 2 LIMIT ?"},
      {&pictures_gone, "UPDATE deliveries SET pictures = '' WHERE sequence = ?"},
      {&claim_retries,
       row + "AND d.due_us > 0 AND d.due_us <= ? ORDER BY d.due_us, d.sequence LIMIT ?"},
      {&claim_fresh, row + "AND d.due_us = 0 ORDER BY d.sequence LIMIT ?"},
      {&begin,
       "UPDATE deliveries SET state = 1, attempts = attempts + 1 WHERE sequence = ? AND action = "
       "?"},
      {&done, finished + "state = 2" + one},
      {&not_begun, "UPDATE deliveries SET state = 0, attempts = attempts - 1" + one},
      {&cut_off, "UPDATE deliveries SET state = 0" + one},
      {&failures, "SELECT failures FROM deliveries" + one},
      {&retry, finished + "state = 0, failures = failures + 1, due_us = ?" + one},
      {&dead, finished + "state = 3, failures = failures + 1" + one},
      {&next_due, "SELECT min(due_us) FROM deliveries WHERE state = 0 AND action = ?"},
      {&events_after,
       "SELECT sequence, body FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"},
      {&collected_in,
       "SELECT d.sequence, d.rule, d.severity, d.pictures, e.body FROM deliveries d JOIN events e "
       "USING(sequence) WHERE d.state = 4 AND d.action = ? AND d.sequence > ? AND d.sequence <= ? "
       "ORDER BY d.sequence LIMIT ?"},
      {&garbage, garbage_of},
      {&garbage_forced, "SELECT sequence FROM events ORDER BY sequence LIMIT ?"},
      {&undone, "SELECT count(*) FROM deliveries WHERE sequence = ? AND state IN (0, 1, 4)"},
      {&drop_deliveries, "DELETE FROM deliveries WHERE sequence = ?"},
      {&drop_held, "DELETE FROM held WHERE sequence = ?"},
      {&drop_event, "DELETE FROM events WHERE sequence = ?"},
      {&any_waiting,
       "SELECT EXISTS(SELECT 1 FROM deliveries INDEXED BY deliveries_pending WHERE state = 0) OR "
       "EXISTS(SELECT 1 FROM deliveries INDEXED BY deliveries_running WHERE state = 1)"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database->Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status Outbox::Impl::Recover() {
  const std::int64_t now = NowMicros();
  const std::int64_t longest =
      std::chrono::duration_cast<std::chrono::microseconds>(2 * options.retry.longest).count();
  Transaction transaction(*database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  const int most = options.retry.max_interruptions;
  // The third: the clock was set back, so what waits would wait for hours more.
  const absl::Status recovered = database->Execute(fmt::format(
      "UPDATE deliveries SET state = 3, finished_us = {0}, interruptions = interruptions + 1, "
      "reason = 'the process ended {1} times while it ran' "
      "WHERE state = 1 AND interruptions + 1 >= {1};"
      "UPDATE deliveries SET state = 0, due_us = 0, interruptions = interruptions + 1 "
      "WHERE state = 1;"
      "UPDATE deliveries SET due_us = {0} WHERE state = 0 AND due_us > {2};"
      "INSERT OR REPLACE INTO state(key, value) VALUES('outbox.opened', CAST({0} AS BLOB));",
      now, most, now + longest));
  if (!recovered.ok()) return recovered;
  const auto interrupted =
      database->Number("SELECT count(*) FROM deliveries WHERE state = 0 AND interruptions > 0");
  if (!interrupted.ok()) return interrupted.status();
  counters.interrupted = *interrupted;
  return transaction.Commit();
}

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(const std::filesystem::path& path,
                                                     const OutboxOptions& options) {
  if (const absl::Status valid = Validate(options); !valid.ok()) return valid;
  auto lock = FileLock::Take(path);
  if (!lock.ok()) return lock.status();
  if (const absl::Status space = CheckSpace(path, options.min_free); !space.ok()) return space;
  auto database = Database::Open(path);
  if (!database.ok()) return database.status();
  auto impl = std::make_unique<Impl>(options, *std::move(lock), *std::move(database));
  // auto_vacuum can be chosen only before there is a table.
  const std::string settings = fmt::format(
      "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
      "PRAGMA journal_size_limit=8388608; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
      "PRAGMA max_page_count={};",
      options.max_bytes.bytes / kPageBytes);
  if (const absl::Status set = impl->database->Execute(settings); !set.ok()) return set;
  if (const absl::Status made = internal::Migrate(*impl->database); !made.ok()) return made;
  if (const absl::Status ready = impl->Prepare(); !ready.ok()) return ready;
  if (const absl::Status sync = impl->Sync(true); !sync.ok()) return sync;
  if (const absl::Status recovered = impl->Recover(); !recovered.ok()) return recovered;
  return std::unique_ptr<Outbox>(new Outbox(std::move(impl)));
}

Outbox::Outbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Outbox::~Outbox() = default;

absl::Status Outbox::Impl::AddActions(const OutboxEntry& entry, std::int64_t sequence) {
  for (const PendingAction& action : entry.actions) {
    const std::string pictures = StoredPictures(action);
    const absl::Status added = insert_delivery.Start()
                                   .Int(sequence)
                                   .Text(action.action)
                                   .Text(action.rule)
                                   .Int(static_cast<int>(action.severity))
                                   .Text(pictures)
                                   .Int(action.collect ? internal::kCollected : internal::kPending)
                                   .Run();
    if (!added.ok()) return added;
  }
  for (const HeldBack& held : entry.held) {
    const absl::Status added = insert_held.Start()
                                   .Int(sequence)
                                   .Text(held.rule)
                                   .Text(events::NameOf(entry.event.type))
                                   .Text(events::NameOf(held.reason))
                                   .Run();
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

// Those of a repeated event were spooled once more: whoever is done with them is done again.
absl::Status Outbox::Impl::NotePictures(const OutboxEntry& entry) {
  for (const PendingAction& action : entry.actions) {
    if (action.pictures.empty()) continue;
    const absl::Status noted = pictures_again.Start()
                                   .Text(StoredPictures(action))
                                   .Text(action.action)
                                   .Text(entry.event.id)
                                   .Run();
    if (!noted.ok()) return noted;
  }
  return absl::OkStatus();
}

absl::StatusOr<Appended> Outbox::Impl::Append(std::span<const OutboxEntry> entries,
                                              const std::vector<std::string>& bodies,
                                              std::span<const StateBlob> states) {
  Appended appended;
  std::int64_t held = 0;
  if (const absl::Status sync = Sync(true); !sync.ok()) return sync;
  Transaction transaction(*database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  const std::int64_t now = NowMicros();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (bodies[i].empty()) {
      ++appended.rejected;
      continue;
    }
    const absl::Status added =
        insert_event.Start().Text(entries[i].event.id).Int(now).Text(bodies[i]).Run();
    if (!added.ok()) return added;
    if (database->changes() == 0) {
      ++appended.repeated;
      if (const absl::Status noted = NotePictures(entries[i]); !noted.ok()) return noted;
      continue;
    }
    ++appended.added;
    appended.last_sequence = database->last_row();
    held += static_cast<std::int64_t>(entries[i].held.size());
    if (const absl::Status more = AddActions(entries[i], appended.last_sequence); !more.ok())
      return more;
  }
  for (const StateBlob& state : states) {
    const absl::Status put = put_state.Start().Text(state.key).Blob(state.value).Run();
    if (!put.ok()) return put;
  }
  if (const absl::Status done_all = transaction.Commit(); !done_all.ok()) return done_all;
  counters.events += static_cast<std::int64_t>(appended.added);
  counters.repeated += static_cast<std::int64_t>(appended.repeated);
  counters.rejected += static_cast<std::int64_t>(appended.rejected);
  counters.held += held;
  return appended;
}

absl::StatusOr<Appended> Outbox::Append(std::span<const OutboxEntry> entries,
                                        std::span<const StateBlob> states) {
  std::vector<std::string> bodies;
  bodies.reserve(entries.size());
  for (const OutboxEntry& entry : entries) {
    bodies.push_back(events::EventJson(entry.event));
    // What cannot be read back could never be delivered.
    if (const auto readable = events::ReadEvent(bodies.back()); !readable.ok()) {
      log::Warning("outbox: an event is not kept: {}", MessageOf(readable.status()));
      bodies.back().clear();
    }
  }
  for (const StateBlob& state : states) {
    if (state.value.size() > limits::kMaxStateBytes) {
      return absl::InvalidArgumentError(
          fmt::format("outbox: the state of {} has {} bytes; at most {}", state.key,
                      state.value.size(), limits::kMaxStateBytes));
    }
  }
  std::lock_guard guard(impl_->mutex);
  for (;;) {
    auto appended = impl_->Append(entries, bodies, states);
    if (!absl::IsResourceExhausted(appended.status())) return appended;
    // Perhaps it is not the disk but our own limit, and something can go.
    const auto removed = impl_->RemoveSome(true);
    if (!removed.ok() || removed->events == 0) return appended;
  }
}

absl::StatusOr<std::string> Outbox::LoadState(std::string_view key) {
  std::lock_guard guard(impl_->mutex);
  const auto row = impl_->get_state.Start().Text(key).Step();
  if (!row.ok()) return row.status();
  std::string value = *row ? impl_->get_state.TextAt(0) : std::string();
  impl_->get_state.Done();
  return value;
}

absl::StatusOr<std::optional<std::chrono::microseconds>> Outbox::DueIn(std::string_view action) {
  std::lock_guard guard(impl_->mutex);
  const auto row = impl_->next_due.Start().Text(action).Step();
  if (!row.ok()) return row.status();
  std::optional<std::chrono::microseconds> due;
  if (*row && !impl_->next_due.IsNullAt(0)) {
    due = std::chrono::microseconds(impl_->next_due.IntAt(0) - impl_->NowMicros());
  }
  impl_->next_due.Done();
  return due;
}

absl::StatusOr<bool> Outbox::AnyWaiting() {
  std::lock_guard guard(impl_->mutex);
  const auto row = impl_->any_waiting.Start().Step();
  if (!row.ok()) return row.status();
  const bool any = impl_->any_waiting.IntAt(0) != 0;
  impl_->any_waiting.Done();
  return any;
}

OutboxCounters Outbox::counters() const {
  std::lock_guard guard(impl_->mutex);
  return impl_->counters;
}

std::int64_t Outbox::bytes() const {
  std::int64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(impl_->database->path().string() + suffix, error);
    if (!error) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

}  // namespace vigil::store
