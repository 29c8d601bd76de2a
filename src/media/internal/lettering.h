// Letters for media/canvas.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "media/internal/coverage.h"

namespace vigil::media::internal {

inline constexpr float kDescent = 7.0F / 21;  ///< of letters like g, in heights of capitals

/// How far a line of text goes, with capitals `height` pixels high; of more than 256 bytes, the
/// first 256.
float WidthOfText(std::string_view text, float height);

/// Covers a line of text whose first letter stands on `base`. Strokes are an eighth of the capitals'
/// height, at least 1.1 pixels; small letters are placed to a quarter of a pixel. `fine` is memory
/// for that.
void CoverText(const Coverage& cover, Point2f base, std::string_view text, float height,
               std::vector<std::uint8_t>& fine);

}  // namespace vigil::media::internal
