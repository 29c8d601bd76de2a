// What an event can cause: a line in a log, a mail, a request to a web hook.
#pragma once

#include <absl/status/status.h>

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "events/event.h"

namespace vigil::actions {

/// An event on its way to one action. Lives in the outbox, so all of it survives the process.
struct Delivery {
  events::Event event;
  std::string rule;  ///< the name of the rule that matched
  events::Severity severity = events::Severity::kInfo;
  std::vector<std::filesystem::path>
      pictures;     ///< spooled JPEG files, the annotated one first; may be empty
  int attempt = 1;  ///< counts from 1; above it, an earlier attempt may have had its effect
};

/// Whether a failure may pass, so that the same is worth another attempt; any other error is final.
[[nodiscard]] inline bool IsWorthAnother(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status) || absl::IsResourceExhausted(status);
}

/// Run may be called again for the same delivery (after a failure, or when the process ended before
/// the outcome was written down); implementations make a repetition harmless, by the event's id,
/// where their medium allows it.
class Action {
 public:
  virtual ~Action() = default;

  /// As rules name it: `json_log`, `email_immediate` …
  virtual std::string_view name() const = 0;

  /// Whether nobody sees it run twice for one delivery. Outcomes are then written down in groups, which is cheaper; else
  /// each before the next delivery is begun, so that a crash repeats one at most.
  virtual bool repeats_unseen() const { return false; }

  /// Returns by `deadline`, and soon once `stop` is asked for. Errors: see IsWorthAnother.
  virtual absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace vigil::actions
