// Attempts at deliveries: claimed, and what came of them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "core/log.h"
#include "core/status.h"
#include "events/event_json.h"
#include "store/internal/outbox_impl.h"

namespace vigil::store {
namespace {

using internal::Statement;
using internal::Transaction;

constexpr std::size_t kMaxReasonBytes = 500;

}  // namespace

std::string internal::ReasonText(std::string_view text) {
  std::string reason = log::MaskCredentials(text.substr(0, 4 * kMaxReasonBytes));
  reason.resize(std::min(reason.size(), kMaxReasonBytes));
  std::ranges::replace_if(
      reason, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return reason;
}

absl::Status Outbox::Impl::ReadRows(Statement& statement, std::vector<Row>& rows) {
  auto more = statement.Step();
  for (; more.ok() && *more; more = statement.Step()) {
    Row& row = rows.emplace_back();
    row.claimed.sequence = statement.IntAt(0);
    row.claimed.action = statement.TextAt(1);
    row.claimed.rule = statement.TextAt(2);
    row.claimed.severity =
        static_cast<events::Severity>(std::clamp<std::int64_t>(statement.IntAt(3), 0, 2));
    row.claimed.pictures = internal::SplitPaths(statement.TextAt(4));
    row.claimed.attempt = static_cast<int>(statement.IntAt(5)) + 1;
    row.interrupted = statement.IntAt(6) > 0;
    row.body = statement.TextAt(7);
    row.claimed.last_attempt = statement.IntAt(8) + 1 >= options.retry.max_failures;
  }
  return more.status();
}

absl::Status Outbox::Impl::Bury(std::int64_t sequence, std::string_view action,
                                std::string_view reason) {
  const std::string text = internal::ReasonText(reason);
  return dead.Start().Int(NowMicros()).Text(text).Int(sequence).Text(action).Run();
}

absl::StatusOr<std::vector<Claimed>> Outbox::Impl::Claim(std::string_view action, int limit) {
  std::vector<Row> rows;
  claim_retries.Start().Text(action).Int(NowMicros()).Int(std::max(1, limit / 2));
  if (const absl::Status read = ReadRows(claim_retries, rows); !read.ok()) return read;
  claim_fresh.Start().Text(action).Int(limit - static_cast<int>(rows.size()));
  if (const absl::Status read = ReadRows(claim_fresh, rows); !read.ok()) return read;
  std::vector<Claimed> claimed;
  if (rows.empty()) return claimed;
  std::ranges::sort(rows, {}, [](const Row& row) { return row.claimed.sequence; });
  // What the end of a process cut off may be what ended it: others must not share the blame.
  const auto suspect = std::ranges::find(rows, true, &Row::interrupted);
  if (suspect == rows.begin()) {
    rows.resize(1);
  } else {
    rows.erase(suspect, rows.end());
  }
  if (const absl::Status sync = Sync(true); !sync.ok()) return sync;
  Transaction transaction(*database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  for (Row& row : rows) {
    Claimed& one = row.claimed;
    const absl::Status started = begin.Start().Int(one.sequence).Text(one.action).Run();
    if (!started.ok()) return started;
    auto event = events::ReadEvent(row.body);
    if (event.ok()) {
      one.event = *std::move(event);
      claimed.push_back(std::move(one));
      continue;
    }
    const absl::Status buried = Bury(one.sequence, one.action, MessageOf(event.status()));
    if (!buried.ok()) return buried;
  }
  if (const absl::Status committed = transaction.Commit(); !committed.ok()) return committed;
  counters.dead += static_cast<std::int64_t>(rows.size() - claimed.size());
  return claimed;
}

absl::StatusOr<std::vector<Claimed>> Outbox::Claim(std::string_view action, int limit) {
  std::lock_guard guard(impl_->mutex);
  return impl_->Claim(action, std::clamp(limit, 1, kMaxRows));
}

absl::Status Outbox::Impl::FinishOne(const Finished& one, OutboxCounters& counts) {
  const std::int64_t now = NowMicros();
  const std::string reason = internal::ReasonText(one.reason);
  switch (one.outcome) {
    case Outcome::kNotBegun:
      return not_begun.Start().Int(one.sequence).Text(one.action).Run();
    case Outcome::kCutOff:
      return cut_off.Start().Int(one.sequence).Text(one.action).Run();
    case Outcome::kDone:
      ++counts.delivered;
      return done.Start().Int(now).Text("").Int(one.sequence).Text(one.action).Run();
    case Outcome::kDead:
      ++counts.dead;
      return Bury(one.sequence, one.action, reason);
    case Outcome::kRetry:
      break;
  }
  const auto row = failures.Start().Int(one.sequence).Text(one.action).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::OkStatus();  // removed meanwhile, for want of space
  const int failed = static_cast<int>(failures.IntAt(0)) + 1;
  failures.Done();
  if (failed >= options.retry.max_failures) {
    ++counts.dead;
    return Bury(one.sequence, one.action,
                fmt::format("given up after {} attempts: {}", failed, reason));
  }
  ++counts.retried;
  const std::chrono::microseconds wait = std::max(
      one.at_least, WaitAfter(options.retry, failed, std::uniform_real_distribution<>()(random)));
  return retry.Start()
      .Int(now)
      .Text(reason)
      .Int(std::max<std::int64_t>(1, now + wait.count()))
      .Int(one.sequence)
      .Text(one.action)
      .Run();
}

absl::Status Outbox::Impl::Finish(std::span<const Finished> finished) {
  // Without a sync: what a power cut takes back here is an attempt that is known to have begun.
  if (const absl::Status sync = Sync(false); !sync.ok()) return sync;
  OutboxCounters counts = counters;
  Transaction transaction(*database);
  if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
  for (const Finished& one : finished) {
    if (const absl::Status status = FinishOne(one, counts); !status.ok()) return status;
  }
  if (const absl::Status committed = transaction.Commit(); !committed.ok()) return committed;
  counters = counts;
  return absl::OkStatus();
}

absl::Status Outbox::Finish(std::span<const Finished> finished) {
  if (finished.empty()) return absl::OkStatus();
  std::lock_guard guard(impl_->mutex);
  return impl_->Finish(finished);
}

}  // namespace vigil::store
