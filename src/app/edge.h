// `vigil edge`: a camera device. Frames go to an inference server; what it sees comes back, and this device looks itself
// where the server does not.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace vigil::app {

struct EdgeArguments {
  std::vector<std::string> inputs;  ///< cameras, addresses, videos; none: camera.url
  std::string save;                 ///< annotated video; a folder for several inputs; empty: none
  std::string json;                 ///< JSON lines; "-": standard output; empty: none
  bool display = false;
  bool quiet = false;  ///< no progress, no summary
};

/// Blocks until every input has ended or the process is told to stop. Returns an ExitCode: 1 if any input or output
/// failed, 2 for arguments that make no sense together. To be stopped is no failure.
int RunEdge(const EdgeArguments& arguments, const Config& config);

}  // namespace vigil::app
