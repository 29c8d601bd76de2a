#pragma once

#include <string>

namespace vigil::app {

/// Version, commit and what the build can do, for `vigil --version`.
std::string VersionText();
/// The version alone: "0.1.0".
std::string VersionNumber();

}  // namespace vigil::app
