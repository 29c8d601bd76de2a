#include "store/internal/schema.h"

#include <fmt/format.h>

#include <array>

namespace vigil::store::internal {
namespace {

constexpr std::int64_t kApplicationId = 0x56474F42;  // "VGOB"

// Step i makes version i + 1. A step that was released is never changed; changes are further steps.
//
// The partial indexes hold only what is still to be done, so that claiming costs the same however
// much history there is. due_us is 0 until the first failure: fresh deliveries come in the order of
// their events and before anything that waits.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE events(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  stored_us INTEGER NOT NULL,
  body TEXT NOT NULL) STRICT;
CREATE TABLE deliveries(
  sequence INTEGER NOT NULL,
  action TEXT NOT NULL,
  rule TEXT NOT NULL,
  severity INTEGER NOT NULL,
  pictures TEXT NOT NULL,
  state INTEGER NOT NULL,
  due_us INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  interruptions INTEGER NOT NULL DEFAULT 0,
  finished_us INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(sequence, action)) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries(action, due_us, sequence) WHERE state = 0;
CREATE INDEX deliveries_running ON deliveries(action) WHERE state = 1;
CREATE INDEX deliveries_dead ON deliveries(finished_us) WHERE state = 3;
CREATE INDEX deliveries_collected ON deliveries(action, sequence) WHERE state = 4;
CREATE TABLE held(
  sequence INTEGER NOT NULL,
  rule TEXT NOT NULL,
  type TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY(sequence, rule)) STRICT, WITHOUT ROWID;
CREATE TABLE digests(
  action TEXT PRIMARY KEY,
  done INTEGER NOT NULL,
  upto INTEGER,
  opened_us INTEGER NOT NULL,
  attempts INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE state(
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL) STRICT, WITHOUT ROWID;
)sql",
    // What still has pictures in the spool; they are forgotten once those are removed.
    R"sql(
CREATE INDEX deliveries_pictures ON deliveries(sequence, state) WHERE pictures <> '';
)sql",
    // Of the last attempt at a digest that failed, and how often it was refused for good.
    R"sql(
ALTER TABLE digests ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE digests ADD COLUMN failed_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE digests ADD COLUMN reason TEXT NOT NULL DEFAULT '';
)sql",
};

}  // namespace

absl::StatusOr<std::int64_t> VersionOf(Database& database) {
  const auto application = database.Number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const auto version = database.Number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto tables = database.Number("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  if (*application != kApplicationId && (*application != 0 || *tables != 0)) {
    return absl::DataLossError(
        fmt::format("outbox {}: this is another program's database; name another file",
                    database.path().string()));
  }
  if (*version > static_cast<std::int64_t>(kSteps.size())) {
    return absl::FailedPreconditionError(
        fmt::format("outbox {}: written by a newer version (schema {}, this one knows {}); use "
                    "that version, or "
                    "name another file",
                    database.path().string(), *version, kSteps.size()));
  }
  return *version;
}

absl::Status Migrate(Database& database) {
  const auto version = VersionOf(database);
  if (!version.ok()) return version.status();
  for (auto step = static_cast<std::size_t>(*version); step < kSteps.size(); ++step) {
    Transaction transaction(database);
    if (const absl::Status begun = transaction.Begin(); !begun.ok()) return begun;
    const absl::Status made =
        database.Execute(fmt::format("{} PRAGMA application_id={}; PRAGMA user_version={};",
                                     kSteps[step], kApplicationId, step + 1));
    if (!made.ok()) return made;
    if (const absl::Status done = transaction.Commit(); !done.ok()) return done;
  }
  return absl::OkStatus();
}

}  // namespace vigil::store::internal
