// `vigil stage NAME` and `vigil orchestrate`: the face pipeline as services.
#pragma once

#include <string>

#include "app/config.h"
#include "face/stage_set.h"

namespace vigil::app {

/// Where a stage listens unless it is told otherwise: 127.0.0.1 and its port, 50052 to 50057.
std::string StageAddress(face::Stage stage);

/// Serve until SIGINT or SIGTERM. Return an ExitCode.
int RunStage(face::Stage stage, const Config& config);
int RunOrchestrate(const Config& config);

}  // namespace vigil::app
