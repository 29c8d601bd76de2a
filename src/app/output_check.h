// Outputs that would destroy an input, or one another, are found before any file is opened.
#pragma once

#include <absl/status/status.h>

#include <filesystem>
#include <set>
#include <span>
#include <string>

#include "media/picture_list.h"

namespace vigil::app {

/// The same text for the same file or folder, by whatever name and link, also for one that is not
/// there yet. Empty for what cannot be overwritten: devices, pipes.
std::string FileIdentity(const std::filesystem::path& path);

/// The identities of pictures and videos; of cameras and addresses none.
std::set<std::string> IdentitiesOf(std::span<const media::Input> inputs);

struct Output {
  std::string flag;  ///< `--json`
  std::string path;  ///< "-": standard output; empty: not asked for
};

/// InvalidArgument names the flag where an output is an input too, or two outputs are one. JSON lines of several kinds
/// may share standard output.
absl::Status CheckOutputs(std::span<const Output> outputs, const std::set<std::string>& inputs);

}  // namespace vigil::app
