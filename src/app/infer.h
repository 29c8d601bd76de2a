// `vigil infer`: faces and objects for others, over gRPC.
#pragma once

#include "app/config.h"

namespace vigil::app {

/// Serves until it is told to stop. Returns an ExitCode.
int RunInfer(const Config& config);

}  // namespace vigil::app
