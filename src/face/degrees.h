// Angles as people read them.
#pragma once

#include <string>

namespace vigil::face {

/// Whole degrees with their sign: "+3°", "-8°"; "0°" has none. "?" for what is no number.
std::string SignedDegrees(float degrees);

}  // namespace vigil::face
