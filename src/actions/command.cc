#include "actions/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "actions/internal/child.h"
#include "actions/internal/event_text.h"
#include "actions/internal/files.h"
#include "actions/internal/text.h"
#include "core/log.h"
#include "core/status.h"
#include "events/rule.h"

namespace vigil::actions {
namespace {

constexpr std::size_t kMaxOutputBytes = 4096;
constexpr std::size_t kMaxArguments = 64;
constexpr int kTryAgain = 75;  // EX_TEMPFAIL of sysexits.h

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

bool IsVariable(std::string_view name) {
  return !name.empty() && (name[0] < '0' || name[0] > '9') && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// One line for the log, whatever the program printed.
std::string Said(const std::string& output) {
  std::string text = internal::CleanText(output);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string(" | ") : std::string(1, c);
  return line.empty() ? line : ": " + line;
}

}  // namespace

absl::Status Validate(const CommandOptions& options) {
  if (!options.enabled) {
    return absl::FailedPreconditionError(
        "command: running programs is switched off; set enabled: true if it is meant");
  }
  if (options.argv.empty() || options.argv.size() > kMaxArguments ||
      std::ranges::any_of(options.argv, HasNul)) {
    return absl::InvalidArgumentError(
        fmt::format("argv: a program and its arguments, at most {}", kMaxArguments));
  }
  const std::string& program = options.argv[0];
  if (!std::filesystem::path(program).is_absolute()) {
    return absl::InvalidArgumentError(
        fmt::format("argv: {}: name the program by its absolute path", program));
  }
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(program, ignored) || ::access(program.c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("argv: {}: no such program, or not executable", program));
  }
  for (const auto& [name, value] : options.environment) {
    if (!IsVariable(name) || HasNul(value)) {
      return absl::InvalidArgumentError(
          fmt::format("environment: {}: no name of a variable", internal::OneLine(name, 64)));
    }
  }
  if (options.timeout < std::chrono::milliseconds(100) || options.timeout > std::chrono::hours(1)) {
    return absl::InvalidArgumentError("timeout: 100ms to 1h");
  }
  if (options.grace.count() < 0 || options.grace > std::chrono::seconds(60)) {
    return absl::InvalidArgumentError("grace: 0s to 60s");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Command>> Command::Create(const CommandOptions& options) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  return std::unique_ptr<Command>(new Command(options));
}

std::vector<std::string> Command::Environment(const Delivery& delivery) const {
  std::vector<std::string> variables;
  for (const char* name : {"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"}) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while actions run.
    if (const char* value = std::getenv(name))
      variables.push_back(fmt::format("{}={}", name, value));
  }
  for (const auto& [name, value] : options_.environment)
    variables.push_back(fmt::format("{}={}", name, value));
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      variables.push_back(fmt::format("VIGIL_EVENT_{}={}", name, internal::OneLine(value, 4096)));
    }
  };
  const events::Event& e = delivery.event;
  add("ID", e.id);
  add("TYPE", events::NameOf(e.type));
  add("TIME", ToIso8601(e.time));
  add("DEVICE", e.device_id);
  add("CAMERA", e.camera_id);
  add("LINE", e.line);
  add("ZONE", e.zone);
  add("DIRECTION", e.direction);
  if (e.track_id) {
    add("TRACK", std::to_string(*e.track_id));
    add("CLASS", e.class_name);
    add("CONFIDENCE", fmt::format("{:.4f}", e.confidence));
  }
  if (e.count) add("COUNT", std::to_string(*e.count));
  if (e.dwell)
    add("DWELL_SECONDS", fmt::format("{:.3f}", static_cast<double>(e.dwell->count()) / 1e6));
  if (e.speed_kmh) add("SPEED_KMH", fmt::format("{:.2f}", *e.speed_kmh));
  add("REASON", e.reason);
  add("RULE", delivery.rule);
  add("SEVERITY", events::NameOf(delivery.severity));
  if (!delivery.pictures.empty()) add("PICTURE", delivery.pictures.front().string());
  add("ATTEMPT", std::to_string(delivery.attempt));
  return variables;
}

absl::Status Command::Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) {
  // Of the time given, `grace` is kept for ending it.
  const Deadline end = std::min(After(options_.timeout), deadline - options_.grace);
  const auto run =
      internal::RunChild(options_.argv, Environment(delivery), internal::EventJson(delivery) + "\n",
                         kMaxOutputBytes, end, options_.grace, stop);
  if (!run.ok()) return internal::WorthRetrying(run.status());
  const std::string& program = options_.argv[0];
  const std::string said = Said(run->output);
  if (run->stopped) return absl::AbortedError(fmt::format("{}: stopped", program));
  if (run->late) {
    return absl::DeadlineExceededError(fmt::format("{}: not done in time, ended{}", program, said));
  }
  if (run->exit_code == 0) {
    if (!said.empty()) log::Info("command {}{}", program, said);
    return absl::OkStatus();
  }
  if (run->exit_code == kTryAgain) {
    return absl::UnavailableError(fmt::format("{}: asks to be tried again (75){}", program, said));
  }
  return absl::FailedPreconditionError(
      run->exit_code < 0 ? fmt::format("{}: ended by signal {}{}", program, run->signal, said)
                         : fmt::format("{}: exit code {}{}", program, run->exit_code, said));
}

}  // namespace vigil::actions
