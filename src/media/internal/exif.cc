#include "media/internal/exif.h"

#include "media/internal/orientation.h"

namespace vigil::media::internal {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShort = 3;

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

Image TurnUpright(Image stored, int orientation) {
  if (orientation < 2 || orientation > 8 || stored.empty()) return stored;
  Image upright = Sideways(orientation) ? Image(stored.height(), stored.width(), stored.format())
                                        : Image(stored.width(), stored.height(), stored.format());
  TurnInto(stored.view(), orientation, upright.mutable_view());
  return upright;
}

}  // namespace vigil::media::internal
