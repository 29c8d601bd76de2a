// What `vigil analyze` says at its end.
#pragma once

#include <span>
#include <string>

#include "app/analyze_job.h"

namespace vigil::app {

/// A few lines an input, for people. Ends with a line end; empty without reports.
std::string Summary(std::span<const JobReport> reports);

}  // namespace vigil::app
