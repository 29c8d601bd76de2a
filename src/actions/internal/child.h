// One program, run to its end.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace vigil::actions::internal {

struct ChildResult {
  bool late = false, stopped = false;  ///< it was ended, and why
  int exit_code = -1;                  ///< -1: a signal ended it
  int signal = 0;
  std::string output;  ///< beginning of stdout and stderr
};

/// Starts `argv` in a process group of its own with `input` as its stdin and nothing else of ours
/// open. At `deadline` or a stop the group gets SIGTERM and, `grace` later, SIGKILL. Processes that
/// it leaves behind when it ends by itself are left alone.
absl::StatusOr<ChildResult> RunChild(const std::vector<std::string>& argv,
                                     const std::vector<std::string>& environment,
                                     std::string_view input, std::size_t max_output,
                                     Deadline deadline, std::chrono::milliseconds grace,
                                     const std::stop_token& stop);

}  // namespace vigil::actions::internal
