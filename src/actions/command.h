// `command`: a program is run for each event. Off unless switched on.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"

namespace vigil::actions {

struct CommandOptions {
  bool enabled = false;
  std::vector<std::string> argv;  ///< the program's absolute path, then its arguments as they are:
                                  ///< there is no shell, and nothing is put into them
  std::map<std::string, std::string> environment;  ///< set for it as well
  std::chrono::milliseconds timeout{10'000};  ///< then SIGTERM to its process group; 100 ms to 1 h
  std::chrono::milliseconds grace{2'000};     ///< … and SIGKILL; 0 to 60 s
};

/// InvalidArgument; FailedPrecondition: not switched on, or no such program.
[[nodiscard]] absl::Status Validate(const CommandOptions& options);

/// The event's JSON is on the program's stdin, its fields in VIGIL_EVENT_ID, _TYPE, _TIME, _DEVICE,
/// _CAMERA, _LINE, _ZONE, _DIRECTION, _TRACK, _CLASS, _CONFIDENCE, _COUNT, _DWELL_SECONDS,
/// _SPEED_KMH, _REASON, _RULE, _SEVERITY, _PICTURE (the first) and _ATTEMPT, where the event has
/// them. Of our own environment it gets PATH, HOME, USER, LANG, LC_ALL, TZ and TMPDIR; secrets stay
/// here. Of what it prints, 4 KiB are logged. Safe from any thread.
///
/// The program has to make repetitions harmless itself, by VIGIL_EVENT_ID.
class Command final : public Action {
 public:
  static absl::StatusOr<std::unique_ptr<Command>> Create(const CommandOptions& options);

  std::string_view name() const override { return "command"; }

  /// OK: exit code 0. Unavailable: 75 (EX_TEMPFAIL), or no process could be started now.
  /// DeadlineExceeded: it took too long and was ended. Aborted: ended for a stop.
  /// FailedPrecondition: any other exit code, or a signal that was not ours.
  absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) override;

 private:
  explicit Command(const CommandOptions& options) : options_(options) {}
  std::vector<std::string> Environment(const Delivery& delivery) const;

  const CommandOptions options_;
};

}  // namespace vigil::actions
