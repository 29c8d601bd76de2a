#include "media/internal/orientation.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/check.h"

namespace vigil::media::internal {

int OrientationOf(std::span<const std::int32_t, 9> matrix) {
  const std::int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  if (std::abs(a) + std::abs(d) >= std::abs(b) + std::abs(c)) {
    if (a >= 0) return d >= 0 ? 1 : 4;
    return d >= 0 ? 2 : 3;
  }
  if (b >= 0) return c >= 0 ? 5 : 6;
  return c >= 0 ? 8 : 7;
}

void TurnInto(ImageView stored, int orientation, MutableImageView upright) {
  VIGIL_CHECK(stored.format == PixelFormat::kRgb8 && upright.format == PixelFormat::kRgb8);
  const bool sideways = Sideways(orientation);
  VIGIL_CHECK(upright.width == (sideways ? stored.height : stored.width));
  VIGIL_CHECK(upright.height == (sideways ? stored.width : stored.height));
  // The stored position of the first upright pixel, and how far one step right or down in the
  // upright picture moves.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const std::uint8_t* first = stored.row(from_bottom ? stored.height - 1 : 0) +
                              (from_right ? std::ptrdiff_t{3} * (stored.width - 1) : 0);
  const std::ptrdiff_t along = from_right ? -3 : 3,
                       across = from_bottom ? -stored.stride : stored.stride;
  const std::ptrdiff_t right = sideways ? across : along, down = sideways ? along : across;
  constexpr int kTile = 32;  // both sides of a tile stay in the first cache
  for (int top = 0; top < upright.height; top += kTile) {
    for (int left = 0; left < upright.width; left += kTile) {
      const int bottom = std::min(top + kTile, upright.height),
                end = std::min(left + kTile, upright.width);
      for (int y = top; y < bottom; ++y) {
        const std::uint8_t* from = first + y * down + left * right;
        std::uint8_t* to = upright.row(y) + std::ptrdiff_t{3} * left;
        for (int x = left; x < end; ++x, from += right, to += 3) std::memcpy(to, from, 3);
      }
    }
  }
}

}  // namespace vigil::media::internal
