#pragma once

#include <string>

namespace vigil::app {

/// Version, commit and what the build can do, for `vigil --version`.
std::string VersionText();

}  // namespace vigil::app
