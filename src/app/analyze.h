// `vigil analyze INPUT…`: pictures, videos and cameras become results, annotated pictures and
// videos, and a summary.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace vigil::app {

struct AnalyzeArguments {
  std::vector<std::string>
      inputs;              ///< files, folders, patterns, cameras, addresses; none: camera.url
  std::string save;        ///< annotated picture or video; a folder for several inputs; empty: none
  std::string json;        ///< JSON lines; "-": standard output; empty: none
  std::string csv;         ///< the same for rows
  std::string events;      ///< the same for events
  std::string detections;  ///< the same for detection messages, which `vigil replay` reads
  bool display = false;
  bool quiet = false;      ///< no progress, no summary
  bool recursive = false;  ///< folders with their subfolders
};

/// Blocks until every input has ended or the process is told to stop (SIGINT, SIGTERM, SIGHUP). Returns the
/// exit code: 0, 1 if any input or output failed, 2 for arguments that make no sense together, 128
/// + the signal's number if one came before every picture and file was done. Live inputs have no
/// end, so that to stop them is no failure.
int RunAnalyze(const AnalyzeArguments& arguments, const Config& config);

}  // namespace vigil::app
