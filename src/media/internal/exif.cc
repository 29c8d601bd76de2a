#include "media/internal/exif.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vigil::media::internal {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShort = 3;

// Transposes in squares, so that both pictures stay in the cache. `flip_x`, `flip_y` mirror the
// stored picture first.
void Transpose(ImageView from, MutableImageView to, bool flip_x, bool flip_y) {
  constexpr int kSquare = 32;
  const int channels = Channels(from.format);
  for (int top = 0; top < to.height; top += kSquare) {
    for (int left = 0; left < to.width; left += kSquare) {
      for (int y = top; y < std::min(top + kSquare, to.height); ++y) {
        const int from_x = flip_x ? from.width - 1 - y : y;
        std::uint8_t* out = to.row(y) + left * channels;
        for (int x = left; x < std::min(left + kSquare, to.width); ++x, out += channels) {
          const int from_y = flip_y ? from.height - 1 - x : x;
          std::memcpy(out, from.row(from_y) + from_x * channels,
                      static_cast<std::size_t>(channels));
        }
      }
    }
  }
}

void MirrorRows(MutableImageView image) {
  const int channels = Channels(image.format);
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* left = image.row(y);
    std::uint8_t* right = left + (image.width - 1) * channels;
    for (; left < right; left += channels, right -= channels) {
      std::swap_ranges(left, left + channels, right);
    }
  }
}

void TurnUpsideDown(MutableImageView image) {
  const std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(image.width) * Channels(image.format);
  for (int y = 0; y < image.height / 2; ++y) {
    std::swap_ranges(image.row(y), image.row(y) + bytes, image.row(image.height - 1 - y));
  }
}

}  // namespace

int ExifOrientation(Bytes exif) {
  if (HasText(exif, 0, std::string_view("Exif\0\0", 6))) exif = Slice(exif, 6);
  const bool little = HasText(exif, 0, std::string_view("II*\0", 4));
  if (!little && !HasText(exif, 0, std::string_view("MM\0*", 4))) return 1;
  const auto u16 = [&](std::size_t at) { return little ? Le16(exif, at) : Be16(exif, at); };
  const std::size_t directory = little ? Le32(exif, 4) : Be32(exif, 4);
  const std::size_t entries = u16(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;  // tag, type, count, value
    if (entry + 12 > exif.size()) return 1;
    if (u16(entry) != kOrientationTag || u16(entry + 2) != kShort) continue;
    const auto value = static_cast<int>(u16(entry + 8));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

// EXIF names which side of the scene the stored row 0 and column 0 are: 2 = top right, 3 = bottom
// right, 4 = bottom left, 5 = left top, 6 = right top, 7 = right bottom, 8 = left bottom.
Image TurnUpright(Image stored, int orientation) {
  if (orientation < 2 || orientation > 8 || stored.empty()) return stored;
  if (orientation <= 4) {
    if (orientation != 4) MirrorRows(stored.mutable_view());
    if (orientation != 2) TurnUpsideDown(stored.mutable_view());
    return stored;
  }
  Image upright(stored.height(), stored.width(), stored.format());
  const bool flip_x = orientation == 7 || orientation == 8;
  const bool flip_y = orientation == 6 || orientation == 7;
  Transpose(stored.view(), upright.mutable_view(), flip_x, flip_y);
  return upright;
}

}  // namespace vigil::media::internal
