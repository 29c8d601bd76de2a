// What `vigil analyze` and `vigil replay` say at their end.
#pragma once

#include <span>
#include <string>

#include "app/analyze_job.h"

namespace vigil::app {

/// A few lines an input, for people. Ends with a line end; empty without reports.
std::string Summary(std::span<const JobReport> reports);

/// The same of `vigil replay`: a report a camera, `frames` counting messages.
std::string ReplaySummary(std::span<const JobReport> reports);

}  // namespace vigil::app
