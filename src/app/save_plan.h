// Where the annotated result of each input goes.
#pragma once

#include <absl/status/statusor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "media/picture_list.h"

namespace vigil::app {

/// Whether what is behind an address of http may be a picture: only its answer tells.
enum class Snapshots { kNo, kMayBe };

/// One path for each input, in their order; empty ones where `save` is. A single input is saved under the very name that
/// is given; several, or a name that is a folder or ends in '/', go into that folder (made if need be) under their own
/// names, with "-2", "-3" … where two are called alike. In a folder that inputs are from, they are called
/// `x.annotated.jpg`. No path is that of an input.
///
/// InvalidArgument where the name's ending cannot hold the input, is that of a file though there are several inputs, or
/// is an input's; PermissionDenied … where the folder cannot be made.
absl::StatusOr<std::vector<std::filesystem::path>> PlanSaves(
    const std::string& save, const std::vector<media::Input>& inputs,
    Snapshots snapshots = Snapshots::kMayBe);

}  // namespace vigil::app
