// Digests: each covers what was stored since the one before, none of it twice.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "core/log.h"
#include "core/status.h"
#include "events/event_json.h"
#include "store/internal/outbox_impl.h"

namespace vigil::store {

using internal::Statement;
using internal::Transaction;

namespace {

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace

absl::StatusOr<std::optional<WallTime>> Outbox::DigestSince(std::string_view action) {
  std::lock_guard guard(impl_->mutex);
  auto since = impl_->database->Prepare(
      "SELECT coalesce((SELECT iif(upto IS NULL, opened_us, -1) FROM digests WHERE action = ?1), "
      "(SELECT e.stored_us FROM deliveries d JOIN events e USING(sequence) "
      "WHERE d.state = 4 AND d.action = ?1 ORDER BY d.sequence LIMIT 1))");
  if (!since.ok()) return since.status();
  const auto row = since->Start().Text(action).Step();
  if (!row.ok()) return row.status();
  std::optional<WallTime> time;
  if (*row && !since->IsNullAt(0)) {
    const std::int64_t micros = since->IntAt(0);
    time = micros < 0 ? WallTime::min() : WallTime(std::chrono::microseconds(micros));
  }
  since->Done();
  return time;
}

absl::StatusOr<DigestWindow> Outbox::OpenDigest(std::string_view action) {
  std::lock_guard guard(impl_->mutex);
  internal::Database& database = *impl_->database;
  if (const absl::Status sync = impl_->Sync(true); !sync.ok()) return sync;
  Transaction transaction(database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  auto open = database.Prepare(
      "INSERT INTO digests(action, done, upto, opened_us, attempts) VALUES(?1, 0, "
      "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'), ?2, 1) "
      "ON CONFLICT(action) DO UPDATE SET "
      "attempts = iif(upto IS NULL, 1, attempts + 1), "
      "opened_us = iif(upto IS NULL, excluded.opened_us, opened_us), "
      "upto = coalesce(upto, excluded.upto) "
      "RETURNING done, upto, opened_us, attempts");
  if (!open.ok()) return open.status();
  const auto row = open->Start().Text(action).Int(impl_->NowMicros()).Step();
  if (!row.ok()) return row.status();
  DigestWindow window{.action = std::string(action),
                      .after = open->IntAt(0),
                      .upto = open->IntAt(1),
                      .opened = WallTime(std::chrono::microseconds(open->IntAt(2))),
                      .attempt = static_cast<int>(open->IntAt(3))};
  open->Done();
  if (const absl::Status committed = transaction.Commit(); !committed.ok()) return committed;
  return window;
}

absl::StatusOr<std::vector<CollectedEvent>> Outbox::CollectedIn(const DigestWindow& window,
                                                                std::int64_t sequence, int limit) {
  std::lock_guard guard(impl_->mutex);
  Statement& statement = impl_->collected_in;
  statement.Start()
      .Text(window.action)
      .Int(sequence)  // what was given up and revived is older than the window
      .Int(window.upto)
      .Int(std::clamp(limit, 0, kMaxRows));
  std::vector<CollectedEvent> collected;
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    auto event = events::ReadEvent(statement.TextAt(4));
    if (!event.ok()) {
      log::Warning("outbox: stored event {} is in no digest: {}", statement.IntAt(0),
                   MessageOf(event.status()));
      continue;
    }
    const auto severity = std::clamp<std::int64_t>(statement.IntAt(2), 0, 2);
    collected.push_back({statement.IntAt(0), *std::move(event), Lines(statement.TextAt(1)),
                         static_cast<events::Severity>(severity),
                         internal::SplitPaths(statement.TextAt(3))});
  }
  if (!row.ok()) return row.status();
  return collected;
}

absl::StatusOr<std::vector<events::HeldCount>> Outbox::HeldIn(const DigestWindow& window) {
  std::lock_guard guard(impl_->mutex);
  auto statement = impl_->database->Prepare(
      "SELECT rule, type, reason, count(*) FROM held WHERE sequence > ? AND sequence <= ? "
      "GROUP BY rule, type, reason ORDER BY rule, type, reason");
  if (!statement.ok()) return statement.status();
  statement->Start().Int(window.after).Int(window.upto);
  std::vector<events::HeldCount> counts;
  auto row = statement->Step();
  for (; row.ok() && *row; row = statement->Step()) {
    const auto type = events::EventTypeNamed(statement->TextAt(1));
    const auto reason = events::VerdictNamed(statement->TextAt(2));
    if (type && reason)
      counts.push_back({statement->TextAt(0), *type, *reason, statement->IntAt(3)});
  }
  if (!row.ok()) return row.status();
  return counts;
}

absl::Status Outbox::CloseDigest(const DigestWindow& window) {
  std::lock_guard guard(impl_->mutex);
  internal::Database& database = *impl_->database;
  if (const absl::Status sync = impl_->Sync(true); !sync.ok()) return sync;
  Transaction transaction(database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  auto close = database.Prepare(
      "UPDATE digests SET done = ?1, upto = NULL, attempts = 0, refusals = 0, reason = '' "
      "WHERE action = ?2 AND upto = ?1");
  if (!close.ok()) return close.status();
  const absl::Status closed = close->Start().Int(window.upto).Text(window.action).Run();
  if (!closed.ok()) return closed;
  if (database.changes() == 0) {
    return absl::FailedPreconditionError("this digest is not open: it was closed before");
  }
  auto done = database.Prepare(
      "UPDATE deliveries SET state = 2, finished_us = ? "
      "WHERE state = 4 AND action = ? AND sequence <= ?");
  if (!done.ok()) return done.status();
  const absl::Status finished =
      done->Start().Int(impl_->NowMicros()).Text(window.action).Int(window.upto).Run();
  if (!finished.ok()) return finished;
  const std::int64_t delivered = database.changes();
  if (const absl::Status committed = transaction.Commit(); !committed.ok()) return committed;
  impl_->counters.delivered += delivered;
  return absl::OkStatus();
}

absl::StatusOr<DigestFailure> Outbox::FailDigest(const DigestWindow& window, bool for_good,
                                                 std::string_view reason) {
  std::lock_guard guard(impl_->mutex);
  internal::Database& database = *impl_->database;
  const std::string text = internal::ReasonText(reason);
  const RetryPolicy& policy = impl_->options.retry;
  if (const absl::Status sync = impl_->Sync(true); !sync.ok()) return sync;
  Transaction transaction(database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  auto note = database.Prepare(
      "UPDATE digests SET refusals = refusals + ?1, failed_us = ?2, reason = ?3 "
      "WHERE action = ?4 AND upto = ?5 RETURNING refusals, attempts, "
      "(SELECT count(*) FROM deliveries WHERE state = 4 AND action = ?4 AND sequence <= ?5)");
  if (!note.ok()) return note.status();
  const auto row = note->Start()
                       .Int(for_good ? 1 : 0)
                       .Int(impl_->NowMicros())
                       .Text(text)
                       .Text(window.action)
                       .Int(window.upto)
                       .Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::FailedPreconditionError("this digest is not open: it was closed before");
  const std::int64_t refusals = note->IntAt(0);
  const auto attempts = static_cast<int>(note->IntAt(1));
  DigestFailure failure{.events = note->IntAt(2)};
  note->Done();
  failure.given_up = for_good && refusals >= policy.max_failures;
  if (failure.given_up) {
    if (const absl::Status buried = impl_->BuryDigest(window, refusals, text); !buried.ok())
      return buried;
  } else {
    failure.wait = WaitAfter(policy, attempts, std::uniform_real_distribution<>()(impl_->random));
  }
  if (const absl::Status committed = transaction.Commit(); !committed.ok()) return committed;
  if (failure.given_up) impl_->counters.dead += failure.events;
  return failure;
}

// `done` stays: what was held back since then is told in the next one.
absl::Status Outbox::Impl::BuryDigest(const DigestWindow& window, std::int64_t refusals,
                                      std::string_view reason) {
  auto bury = database->Prepare(
      "UPDATE deliveries SET state = 3, attempts = attempts + ?1, failures = ?1, finished_us = ?2, "
      "reason = ?3 WHERE state = 4 AND action = ?4 AND sequence <= ?5");
  if (!bury.ok()) return bury.status();
  const absl::Status buried =
      bury->Start()
          .Int(refusals)
          .Int(NowMicros())
          .Text(fmt::format("given up after {} attempts: {}", refusals, reason))
          .Text(window.action)
          .Int(window.upto)
          .Run();
  if (!buried.ok()) return buried;
  auto end = database->Prepare(
      "UPDATE digests SET upto = NULL, attempts = 0, refusals = 0 WHERE action = ?");
  if (!end.ok()) return end.status();
  return end->Start().Text(window.action).Run();
}

absl::StatusOr<std::int64_t> Outbox::Collected(std::string_view action) {
  std::lock_guard guard(impl_->mutex);
  auto count =
      impl_->database->Prepare("SELECT count(*) FROM deliveries WHERE state = 4 AND action = ?");
  if (!count.ok()) return count.status();
  const auto row = count->Start().Text(action).Step();
  if (!row.ok()) return row.status();
  const std::int64_t events = count->IntAt(0);
  count->Done();
  return events;
}

}  // namespace vigil::store
