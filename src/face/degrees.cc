#include "face/degrees.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vigil::face {

std::string SignedDegrees(float degrees) {
  if (!std::isfinite(degrees)) return "?";
  // Through a whole number: there is no -0 among them.
  const long whole = std::lround(std::clamp(degrees, -9999.0F, 9999.0F));
  return whole == 0 ? "0°" : fmt::format("{:+d}°", whole);
}

}  // namespace vigil::face
