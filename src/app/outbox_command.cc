#include "app/outbox_command.h"

#include <absl/status/status.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include "core/status.h"
#include "core/wall_time.h"
#include "store/outbox_reader.h"

namespace vigil::app {
namespace {

using Json = nlohmann::ordered_json;

int Failed(const absl::Status& status, std::ostream& err) {
  err << "vigil outbox: " << MessageOf(status) << '\n';
  return 1;
}

// Names and reasons come from files and servers; what is not UTF-8 becomes U+FFFD.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// What `read` makes of the outbox. Without one nothing was ever to be done: an answer, not a failure.
template <typename Read>
auto ReadIfThere(const std::filesystem::path& file, Read read)
    -> decltype(read(std::declval<store::OutboxReader&>())) {
  auto reader = store::OutboxReader::Open(file);
  if (reader.ok()) return read(*reader);
  using Rows = typename decltype(read(*reader))::value_type;
  if (absl::IsNotFound(reader.status())) return Rows{};
  return reader.status();
}

Json Describe(const store::ActionState& action) {
  Json json = {{"action", action.action},
               {"due", action.due},
               {"later", action.later},
               {"running", action.running},
               {"collected", action.collected},
               {"delivered", action.delivered},
               {"dead", action.dead}};
  if (!action.last_failure.empty()) json["last_failure"] = action.last_failure;
  return json;
}

Json Describe(const store::DeadLetter& letter) {
  return {{"sequence", letter.sequence},
          {"action", letter.action},
          {"rule", letter.rule},
          {"event_id", letter.event.id},
          {"event_type", events::NameOf(letter.event.type)},
          {"attempts", letter.attempts},
          {"died", ToIso8601(letter.died)},
          {"reason", letter.reason}};
}

template <typename Rows>
Json DescribeAll(const std::vector<Rows>& rows) {
  Json json = Json::array();
  for (const Rows& row : rows) json.push_back(Describe(row));
  return json;
}

// What changes the file needs it alone. A vigil that runs delivers by itself; who wants it sooner has to stop it.
absl::Status Alone(const absl::Status& status, const std::filesystem::path& file,
                   std::string_view verb) {
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(
      fmt::format("outbox {}: another process uses it, and {} needs it alone: stop that process "
                  "first (list and dead work beside it)",
                  file.string(), verb));
}

// Whoever calls for delivery does not want to wait for the hour of the next attempt.
absl::Status TryAllNow(const DeliveryConfig& config) {
  std::error_code ignored;
  if (!std::filesystem::exists(OutboxFile(config), ignored)) return absl::OkStatus();
  auto outbox = store::Outbox::Open(OutboxFile(config), config.outbox);
  return outbox.ok() ? (*outbox)->TryAllNow() : outbox.status();
}

}  // namespace

int ListOutbox(const std::filesystem::path& file, const OutboxArguments& arguments,
               std::ostream& out, std::ostream& err) {
  const auto actions =
      ReadIfThere(file, [](store::OutboxReader& reader) { return reader.Actions(WallNow()); });
  if (!actions.ok()) return Failed(actions.status(), err);
  if (arguments.json) {
    out << Dump({{"file", file.string()}, {"actions", DescribeAll(*actions)}});
    return 0;
  }
  out << file.string() << '\n';
  if (actions->empty()) {
    out << "nothing was to be delivered\n";
    return 0;
  }
  out << fmt::format("{:<24} {:>7} {:>7} {:>7} {:>7} {:>9} {:>5}\n", "action", "due", "later",
                     "running", "digest", "delivered", "dead");
  for (const store::ActionState& action : *actions) {
    out << fmt::format("{:<24} {:>7} {:>7} {:>7} {:>7} {:>9} {:>5}\n", action.action, action.due,
                       action.later, action.running, action.collected, action.delivered,
                       action.dead);
    if (!action.last_failure.empty())
      out << fmt::format("  last failure: {}\n", action.last_failure);
  }
  return 0;
}

int ListDeadLetters(const std::filesystem::path& file, const OutboxArguments& arguments,
                    std::ostream& out, std::ostream& err) {
  const auto letters = ReadIfThere(
      file, [&](store::OutboxReader& reader) { return reader.DeadLetters(arguments.limit); });
  if (!letters.ok()) return Failed(letters.status(), err);
  if (arguments.json) {
    out << Dump({{"file", file.string()}, {"dead", DescribeAll(*letters)}});
    return 0;
  }
  if (letters->empty()) {
    out << "no dead letters\n";
    return 0;
  }
  for (const store::DeadLetter& letter : *letters) {
    out << fmt::format("{:>7}  {}  {}  {} {} ({})\n         {} {}: {}\n", letter.sequence,
                       ToIso8601(letter.died), letter.action, events::NameOf(letter.event.type),
                       letter.event.id, letter.rule, letter.attempts,
                       letter.attempts == 1 ? "attempt" : "attempts", letter.reason);
  }
  out << "`vigil outbox retry NUMBER` or `--all` has them delivered again.\n";
  return 0;
}

int RetryDeadLetters(const std::filesystem::path& file, const store::OutboxOptions& options,
                     const OutboxArguments& arguments, std::ostream& out, std::ostream& err) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))  // opening it would make one
    return Failed(absl::NotFoundError(fmt::format("outbox {}: there is none", file.string())), err);
  const auto outbox = store::Outbox::Open(file, options);
  if (!outbox.ok()) return Failed(Alone(outbox.status(), file, "retry"), err);
  const auto revived = (*outbox)->Revive(arguments.sequence, arguments.action);
  if (!revived.ok()) return Failed(revived.status(), err);
  out << fmt::format("{} to be delivered again, by the next run or `vigil outbox send`\n",
                     *revived);
  return 0;
}

int SendOutbox(const DeliveryConfig& config, std::span<const events::RuleOptions> rules,
               const OutboxArguments& arguments, std::ostream& out, std::ostream& err,
               std::stop_token stop) {
  // With no actions at all, everything that waits would be given up.
  if (rules.empty()) {
    return Failed(absl::InvalidArgumentError("the configuration has no rules (events:); name, with "
                                             "--config, the one that the events came from"),
                  err);
  }
  if (const auto status = TryAllNow(config); !status.ok())
    return Failed(Alone(status, OutboxFile(config), "send"), err);
  auto delivery = EventDelivery::Start(config, rules);
  if (!delivery.ok()) return Failed(Alone(delivery.status(), OutboxFile(config), "send"), err);
  const auto problems = (*delivery)->Finish(After(arguments.timeout), std::move(stop));
  for (const std::string& problem : problems) err << "vigil outbox: " << problem << '\n';
  out << fmt::format("{} delivered\n", (*delivery)->delivered());
  return problems.empty() ? 0 : 1;
}

}  // namespace vigil::app
