// What `vigil analyze` and `vigil replay` say at their end.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "app/analyze_job.h"

namespace vigil::app {

/// A few lines an input, for people. Ends with a line end; empty without reports. `not_found`: arguments that stood for
/// no input; they count as failed ones.
std::string Summary(std::span<const JobReport> reports, std::size_t not_found = 0);

/// The same of `vigil replay`: a report a camera, `frames` counting messages.
std::string ReplaySummary(std::span<const JobReport> reports);

}  // namespace vigil::app
