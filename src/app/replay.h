// `vigil replay FILE`: recorded detection messages go through the same code as live ones, and the
// same events come out.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace vigil::app {

struct ReplayArguments {
  std::vector<std::string> inputs;  ///< JSON lines of detection messages; "-": standard input
  std::string events;               ///< JSON lines; "-": standard output; empty: none
  std::string speed =
      "max";           ///< times the recorded pace, such as 1 or 10; "max": as fast as it goes
  bool quiet = false;  ///< no summary
};

/// Every device and camera of the messages has a state of its own, and the scene that `devices`
/// names or the one at the top of the configuration. A line that is no message is refused, counted,
/// and said once a reason; the rest goes on. Returns the exit code: 0; 1 where a file could not be
/// read, an output not be written, or a line was refused; 2 for wrong usage.
int RunReplay(const ReplayArguments& arguments, const Config& config);

}  // namespace vigil::app
