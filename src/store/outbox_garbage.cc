// What keeps the outbox small: age, number, and size of the file.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/log.h"
#include "store/internal/outbox_impl.h"

namespace vigil::store {
namespace {

using internal::Database;
using internal::Statement;

constexpr int kStep = 500;  // events at a time: others get their turn between

// Pages with something in them, in bytes.
absl::StatusOr<std::int64_t> UsedBytes(Database& database) {
  const auto pages = database.Number("PRAGMA page_count");
  if (!pages.ok()) return pages;
  const auto unused = database.Number("PRAGMA freelist_count");
  if (!unused.ok()) return unused;
  const auto size = database.Number("PRAGMA page_size");
  if (!size.ok()) return size;
  return (*pages - *unused) * *size;
}

absl::StatusOr<std::vector<std::int64_t>> Sequences(Statement& statement) {
  std::vector<std::int64_t> sequences;
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step()) sequences.push_back(statement.IntAt(0));
  if (!row.ok()) return row.status();
  return sequences;
}

}  // namespace

absl::StatusOr<Garbage> Outbox::Impl::RemoveSome(bool forced) {
  using std::chrono::microseconds;
  const auto micros = [](std::chrono::hours span) { return microseconds(span).count(); };
  const std::int64_t now = NowMicros(), max_bytes = options.max_bytes.bytes;
  const auto used = UsedBytes(*database);
  if (!used.ok()) return used.status();
  const auto count = database->Number("SELECT count(*) FROM events");
  if (!count.ok()) return count.status();
  // What a digest has not told yet stays, unless nobody has asked for that digest for a long time.
  const auto fence = database->Number(
      fmt::format("SELECT coalesce(min(done), {}) FROM digests WHERE opened_us >= {}",
                  std::numeric_limits<std::int64_t>::max(), now - micros(options.max_age)));
  if (!fence.ok()) return fence.status();
  const bool too_large = *used > max_bytes / 5 * 4, too_many = *count > options.max_events;
  std::int64_t limit = kStep;
  if (too_many && !too_large) limit = std::min(limit, *count - options.max_events);
  garbage.Start()
      .Int(*fence)
      .Int(now - micros(options.max_age))
      .Int(too_large || too_many ? 1 : 0)
      .Int(now - micros(options.max_dead_age))
      .Int(limit);
  auto sequences = Sequences(garbage);
  if (!sequences.ok()) return sequences.status();
  if (sequences->empty() && forced && too_large) {
    sequences = Sequences(garbage_forced.Start().Int(kStep / 10));
    if (!sequences.ok()) return sequences.status();
  }
  if (sequences->empty()) return Garbage{};

  Garbage removed;
  if (const absl::Status sync = Sync(false); !sync.ok()) return sync;
  internal::Transaction transaction(*database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  for (const std::int64_t sequence : *sequences) {
    const auto row = undone.Start().Int(sequence).Step();
    if (!row.ok()) return row.status();
    removed.dropped += undone.IntAt(0);
    undone.Done();
    for (Statement* drop : {&drop_deliveries, &drop_held, &drop_event}) {
      if (const absl::Status done_one = drop->Start().Int(sequence).Run(); !done_one.ok())
        return done_one;
    }
    ++removed.events;
  }
  if (const absl::Status committed = transaction.Commit(); !committed.ok()) return committed;
  counters.dropped += removed.dropped;
  TellDropped(removed.dropped);
  return removed;
}

// At most a line a second.
void Outbox::Impl::TellDropped(std::int64_t dropped) {
  untold_drops += dropped;
  if (untold_drops == 0 || Clock::now() < quiet_until) return;
  log::Warning(
      "outbox {}: {} deliveries that were still to be done were dropped, the oldest first: it has "
      "its largest size, {}; raise it, or find out why nothing is delivered",
      database->path().string(), untold_drops, FormatByteSize(options.max_bytes));
  untold_drops = 0;
  quiet_until = After(std::chrono::seconds(1));
}

absl::StatusOr<Garbage> Outbox::CollectGarbage() {
  Garbage total;
  for (bool more = true; more;) {
    std::lock_guard guard(impl_->mutex);
    const auto step = impl_->RemoveSome(false);
    if (!step.ok()) return step.status();
    total.events += step->events;
    total.dropped += step->dropped;
    more = step->events > 0;
  }
  std::lock_guard guard(impl_->mutex);
  // Gives free pages back to the file system, a few megabytes at a time.
  const absl::Status shrunk = impl_->database->Execute("PRAGMA incremental_vacuum(1000)");
  if (!shrunk.ok()) return shrunk;
  return total;
}

absl::StatusOr<std::vector<StoredId>> Outbox::DoneWithPictures(int limit) {
  std::lock_guard guard(impl_->mutex);
  Statement& statement = impl_->pictures_done;
  statement.Start().Int(std::clamp(limit, 0, kMaxRows));
  std::vector<StoredId> events;
  auto row = statement.Step();
  for (; row.ok() && *row; row = statement.Step())
    events.push_back({statement.IntAt(0), statement.TextAt(1)});
  if (!row.ok()) return row.status();
  return events;
}

absl::Status Outbox::ForgetPictures(std::span<const StoredId> events) {
  if (events.empty()) return absl::OkStatus();
  std::lock_guard guard(impl_->mutex);
  // Without a sync: what a power cut takes back here is done once more.
  if (const absl::Status sync = impl_->Sync(false); !sync.ok()) return sync;
  internal::Transaction transaction(*impl_->database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  for (const StoredId& event : events) {
    const absl::Status gone = impl_->pictures_gone.Start().Int(event.sequence).Run();
    if (!gone.ok()) return gone;
  }
  return transaction.Commit();
}

}  // namespace vigil::store
