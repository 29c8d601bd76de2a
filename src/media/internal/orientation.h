// Pictures that were stored lying on a side.
#pragma once

#include <cstdint>
#include <span>

#include "core/image.h"

namespace vigil::media::internal {

/// The EXIF orientation (1 to 8, 1: upright) of an MP4 display matrix: nine numbers, of which 0, 1,
/// 3, 4 are a, b, c, d of (x, y) → (a x + c y, b x + d y) in 16.16 fixed point. Turns that are not
/// by quarters become the nearest quarter. Source: ISO/IEC 14496-12, 8.3.2.
int OrientationOf(std::span<const std::int32_t, 9> matrix);

/// Orientations 5 to 8 swap width and height.
constexpr bool Sideways(int orientation) { return orientation >= 5 && orientation <= 8; }

/// Writes the upright picture of a stored RGB one. `upright` has the size of `stored`, swapped if
/// Sideways(). `orientation` 2 to 8.
void TurnInto(ImageView stored, int orientation, MutableImageView upright);

}  // namespace vigil::media::internal
