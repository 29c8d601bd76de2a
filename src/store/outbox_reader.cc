#include "store/outbox_reader.h"

#include <map>
#include <utility>

#include "store/internal/outbox_impl.h"

namespace vigil::store {

OutboxReader::OutboxReader(std::unique_ptr<internal::Database> database, std::int64_t version)
    : database_(std::move(database)), version_(version) {}
OutboxReader::OutboxReader(OutboxReader&&) noexcept = default;
OutboxReader& OutboxReader::operator=(OutboxReader&&) noexcept = default;
OutboxReader::~OutboxReader() = default;

absl::StatusOr<OutboxReader> OutboxReader::Open(const std::filesystem::path& path) {
  auto database = internal::Database::OpenToRead(path);
  if (!database.ok()) return database.status();
  const auto version = internal::VersionOf(**database);
  if (!version.ok()) return version.status();
  if (*version == 0) return absl::NotFoundError("outbox " + path.string() + ": is empty");
  return OutboxReader(*std::move(database), *version);
}

absl::StatusOr<std::vector<ActionState>> OutboxReader::Actions(WallTime now) {
  // With one max(), SQLite takes the bare column from the row that has it.
  const std::string deliveries =
      "SELECT action, state, state = 0 AND due_us > ?, count(*), reason, "
      "max(CASE WHEN reason = '' OR state = 2 THEN 0 ELSE finished_us END) AS latest "
      "FROM deliveries GROUP BY 1, 2, 3";
  const std::string digests =
      version_ < internal::kDigestReasons
          ? ""
          : " UNION ALL SELECT action, 4, 0, 0, reason, failed_us FROM digests WHERE reason <> ''";
  auto statement = database_->Prepare(deliveries + digests + " ORDER BY latest");
  if (!statement.ok()) return statement.status();
  statement->Start().Int(now.time_since_epoch().count());
  std::map<std::string, ActionState> actions;
  auto row = statement->Step();
  for (; row.ok() && *row; row = statement->Step()) {
    ActionState& action = actions[statement->TextAt(0)];
    const std::int64_t count = statement->IntAt(3);
    if (statement->IntAt(5) > 0) action.last_failure = statement->TextAt(4);
    switch (statement->IntAt(1)) {
      case internal::kPending:
        (statement->IntAt(2) != 0 ? action.later : action.due) += count;
        break;
      case internal::kRunning:
        action.running += count;
        break;
      case internal::kDelivered:
        action.delivered += count;
        break;
      case internal::kDeadLetter:
        action.dead += count;
        break;
      default:
        action.collected += count;
    }
  }
  if (!row.ok()) return row.status();
  std::vector<ActionState> all;
  all.reserve(actions.size());
  for (auto& [name, action] : actions) {
    action.action = name;
    all.push_back(std::move(action));
  }
  return all;
}

absl::StatusOr<std::vector<DeadLetter>> OutboxReader::DeadLetters(int limit) {
  return internal::DeadLettersIn(*database_, limit);
}

}  // namespace vigil::store
