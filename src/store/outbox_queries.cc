// Looking into the outbox: what waits, what died, and catching up.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/log.h"
#include "core/status.h"
#include "events/event_json.h"
#include "store/internal/outbox_impl.h"

namespace vigil::store {
namespace {

using internal::Statement;

// A body that cannot be read is told, and passed over: one damaged row must not hide the others.
std::optional<events::Event> Read(std::int64_t sequence, const std::string& body) {
  auto event = events::ReadEvent(body);
  if (event.ok()) return *std::move(event);
  log::Warning("outbox: stored event {} is passed over: {}", sequence, MessageOf(event.status()));
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::vector<Waiting>> Outbox::WaitingActions() {
  std::lock_guard guard(impl_->mutex);
  auto statement = impl_->database->Prepare(
      "SELECT action, count(*), 0, 0 FROM deliveries WHERE state = 0 AND due_us <= ?1 GROUP BY "
      "action "
      "UNION ALL SELECT action, 0, count(*), 0 FROM deliveries WHERE state = 0 AND due_us > ?1 "
      "GROUP BY action "
      "UNION ALL SELECT action, 0, 0, count(*) FROM deliveries WHERE state = 1 GROUP BY action");
  if (!statement.ok()) return statement.status();
  statement->Start().Int(impl_->NowMicros());
  std::map<std::string, Waiting> actions;
  auto row = statement->Step();
  for (; row.ok() && *row; row = statement->Step()) {
    Waiting& waiting = actions[statement->TextAt(0)];
    waiting.due += statement->IntAt(1);
    waiting.later += statement->IntAt(2);
    waiting.running += statement->IntAt(3);
  }
  if (!row.ok()) return row.status();
  std::vector<Waiting> all;
  for (auto& [action, waiting] : actions) {
    waiting.action = action;
    all.push_back(std::move(waiting));
  }
  return all;
}

absl::Status Outbox::TryAllNow(std::string_view action) {
  std::lock_guard guard(impl_->mutex);
  auto statement = impl_->database->Prepare(
      "UPDATE deliveries SET due_us = ?1 WHERE state = 0 AND due_us > ?1 AND (?2 = '' OR action = "
      "?2)");
  if (!statement.ok()) return statement.status();
  return statement->Start().Int(impl_->NowMicros()).Text(action).Run();
}

absl::StatusOr<std::int64_t> Outbox::GiveUp(std::string_view action, std::string_view reason) {
  std::lock_guard guard(impl_->mutex);
  auto statement = impl_->database->Prepare(
      "UPDATE deliveries SET state = 3, finished_us = ?, reason = ? WHERE state = 0 AND action = "
      "?");
  if (!statement.ok()) return statement.status();
  const absl::Status done =
      statement->Start().Int(impl_->NowMicros()).Text(reason).Text(action).Run();
  if (!done.ok()) return done;
  impl_->counters.dead += impl_->database->changes();
  return impl_->database->changes();
}

absl::StatusOr<std::vector<StoredEvent>> Outbox::EventsAfter(std::int64_t sequence, int limit) {
  std::lock_guard guard(impl_->mutex);
  Statement& statement = impl_->events_after;
  statement.Start().Int(sequence).Int(std::clamp(limit, 0, kMaxRows));
  std::vector<StoredEvent> events;
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) {
    if (auto event = Read(statement.IntAt(0), statement.TextAt(1))) {
      events.push_back({statement.IntAt(0), *std::move(event)});
    }
  }
  if (!row.ok()) return row.status();
  return events;
}

absl::StatusOr<std::int64_t> Outbox::LastSequence() {
  std::lock_guard guard(impl_->mutex);
  return impl_->database->Number("SELECT max(seq) FROM sqlite_sequence WHERE name = 'events'");
}

absl::StatusOr<std::vector<DeadLetter>> internal::DeadLettersIn(Database& database, int limit) {
  auto statement = database.Prepare(
      "SELECT d.sequence, d.action, d.rule, d.attempts, d.finished_us, d.reason, e.body "
      "FROM deliveries d JOIN events e USING(sequence) WHERE d.state = 3 "
      "ORDER BY d.finished_us DESC, d.sequence DESC LIMIT ?");
  if (!statement.ok()) return statement.status();
  statement->Start().Int(std::clamp(limit, 0, kMaxRows));
  std::vector<DeadLetter> letters;
  auto row = statement->Step();
  for (; row.ok() && *row; row = statement->Step()) {
    DeadLetter& letter = letters.emplace_back();
    letter.sequence = statement->IntAt(0);
    letter.action = statement->TextAt(1);
    letter.rule = statement->TextAt(2);
    letter.attempts = static_cast<int>(statement->IntAt(3));
    letter.died = WallTime(std::chrono::microseconds(statement->IntAt(4)));
    letter.reason = statement->TextAt(5);
    // One that died of its event's damage is shown without it.
    letter.event = events::ReadEvent(statement->TextAt(6)).value_or(events::Event{});
  }
  if (!row.ok()) return row.status();
  return letters;
}

absl::StatusOr<std::vector<DeadLetter>> Outbox::DeadLetters(int limit) {
  std::lock_guard guard(impl_->mutex);
  return internal::DeadLettersIn(*impl_->database, limit);
}

absl::StatusOr<std::int64_t> Outbox::Revive(std::int64_t sequence, std::string_view action) {
  std::lock_guard guard(impl_->mutex);
  auto statement = impl_->database->Prepare(
      "UPDATE deliveries SET state = iif(action IN (SELECT action FROM digests), 4, 0), due_us = "
      "0, "
      "failures = 0, interruptions = 0 "
      "WHERE state = 3 AND (?1 = 0 OR sequence = ?1) AND (?2 = '' OR action = ?2)");
  if (!statement.ok()) return statement.status();
  const absl::Status done = statement->Start().Int(sequence).Text(action).Run();
  if (!done.ok()) return done;
  if (impl_->database->changes() > 0) return impl_->database->changes();
  return absl::NotFoundError(fmt::format("outbox {}: no dead letter{}{}",
                                         impl_->database->path().string(),
                                         sequence == 0 ? "" : fmt::format(" {}", sequence),
                                         action.empty() ? "" : fmt::format(" of {}", action)));
}

}  // namespace vigil::store
