// vigil test-notify: whether alerts would arrive, found out before they are needed.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/command.h"
#include "actions/digest.h"
#include "actions/email_immediate.h"
#include "actions/frame_capture.h"
#include "actions/json_log.h"
#include "actions/smtp.h"
#include "actions/webhook.h"

namespace vigil::app {

/// One way out of the program, by the name that the configuration gives it. `open` makes it ready;
/// what it returns, with all that it needs, lives as long as its owner.
struct NotifyPath {
  std::string name;
  std::function<absl::StatusOr<std::shared_ptr<actions::Action>>()> open;
  std::string where{};  ///< the file or folder that gets it; empty: it leaves the machine
};

// A path for each kind of action, from its options.
NotifyPath JsonLogPath(std::string name, actions::JsonLogOptions options);
NotifyPath EmailPath(std::string name, actions::SmtpOptions smtp,
                     actions::EmailImmediateOptions options);
NotifyPath DigestPath(std::string name, actions::SmtpOptions smtp, actions::DigestOptions options);
NotifyPath CapturePath(std::string name, actions::FrameCaptureOptions options);
NotifyPath WebhookPath(std::string name, actions::WebhookOptions options);
NotifyPath CommandPath(std::string name, actions::CommandOptions options);

struct TestNotifyArguments {
  std::vector<std::string> names;    ///< the paths to try; empty: all
  std::chrono::seconds timeout{30};  ///< for each
};

/// Sends one event, plainly marked as a test, with a picture drawn for it, through each path, one
/// after the other; a line for each on `out`: `webhook: ok (0.2 s)`, `json_log: ok, events.jsonl (0.0 s)`, or what failed and what to do.
/// Returns the exit code: 0, or 1 where one failed, there are none, or a stop was asked for; 2
/// where a name is not that of a path.
int TestNotify(const std::vector<NotifyPath>& paths, const TestNotifyArguments& arguments,
               std::stop_token stop, std::ostream& out, std::ostream& err);

}  // namespace vigil::app
