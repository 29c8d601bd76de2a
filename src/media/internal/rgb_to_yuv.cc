#include "media/internal/rgb_to_yuv.h"

#include <algorithm>

#include "core/check.h"

namespace vigil::media::internal {
namespace {

// BT.709: Y' = 0.2126 R + 0.7152 G + 0.0722 B over 219 levels from 16; the colour differences over
// 224 about 128.
constexpr int kBits = 14;
constexpr int Fixed(double factor) {
  return static_cast<int>(factor * (1 << kBits) + (factor < 0 ? -0.5 : 0.5));
}
constexpr double kR = 0.2126, kG = 0.7152, kB = 0.0722;
constexpr int kLumaR = Fixed(kR * 219 / 255), kLumaG = Fixed(kG * 219 / 255),
              kLumaB = Fixed(kB * 219 / 255);
constexpr double kBlueScale = 224.0 / 255 / (2 * (1 - kB)),
                 kRedScale = 224.0 / 255 / (2 * (1 - kR));
constexpr int kCbR = Fixed(-kR * kBlueScale), kCbG = Fixed(-kG * kBlueScale),
              kCbB = -kCbR - kCbG;  // grey: exactly 128
constexpr int kCrG = Fixed(-kG * kRedScale), kCrB = Fixed(-kB * kRedScale), kCrR = -kCrG - kCrB;

void LumaRow(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
             int width, std::uint8_t* out) {
  constexpr int kOffset = (16 << kBits) + (1 << (kBits - 1));
  for (int x = 0; x < width; ++x) {
    out[x] = static_cast<std::uint8_t>(
        (kLumaR * red[x] + kLumaG * green[x] + kLumaB * blue[x] + kOffset) >> kBits);
  }
}

}  // namespace

// The channels of row `y`, `width` long: the last pixel once more where the picture is a column
// short.
void RgbToYuv::Split(ImageView image, int y, int width, Row& row) {
  for (auto* channel : {&row.red, &row.green, &row.blue})
    channel->resize(static_cast<std::size_t>(width));
  const std::uint8_t* from = image.row(std::min(y, image.height - 1));
  std::uint8_t* red = row.red.data();
  std::uint8_t* green = row.green.data();
  std::uint8_t* blue = row.blue.data();
  if (image.format == PixelFormat::kGray8) {
    for (std::uint8_t* channel : {red, green, blue}) std::copy_n(from, image.width, channel);
  } else {
    for (int x = 0; x < image.width; ++x) {
      red[x] = from[3 * x];
      green[x] = from[3 * x + 1];
      blue[x] = from[3 * x + 2];
    }
  }
  if (image.width < width) {
    for (std::uint8_t* channel : {red, green, blue}) channel[width - 1] = channel[width - 2];
  }
}

void RgbToYuv::Convert(ImageView image, const MutableYuvPlanes& planes) {
  VIGIL_CHECK(planes.width % 2 == 0 && planes.height % 2 == 0);
  VIGIL_CHECK(image.width + image.width % 2 == planes.width &&
              image.height + image.height % 2 == planes.height);
  constexpr int kShift = kBits + 2;  // four pixels are summed
  constexpr int kOffset = (128 << kShift) + (1 << (kShift - 1));
  for (int y = 0; y < planes.height; y += 2) {
    Split(image, y, planes.width, upper_);
    Split(image, y + 1, planes.width, lower_);
    LumaRow(upper_.red.data(), upper_.green.data(), upper_.blue.data(), planes.width,
            planes.y + y * planes.y_stride);
    LumaRow(lower_.red.data(), lower_.green.data(), lower_.blue.data(), planes.width,
            planes.y + (y + 1) * planes.y_stride);
    const auto sum = [](const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b,
                        std::size_t x) { return a[x] + a[x + 1] + b[x] + b[x + 1]; };
    std::uint8_t* u = planes.u + y / 2 * planes.u_stride;
    std::uint8_t* v = planes.v + y / 2 * planes.v_stride;
    for (std::size_t x = 0; x < static_cast<std::size_t>(planes.width); x += 2) {
      const int red = sum(upper_.red, lower_.red, x), green = sum(upper_.green, lower_.green, x);
      const int blue = sum(upper_.blue, lower_.blue, x);
      u[x / 2] =
          static_cast<std::uint8_t>((kCbR * red + kCbG * green + kCbB * blue + kOffset) >> kShift);
      v[x / 2] =
          static_cast<std::uint8_t>((kCrR * red + kCrG * green + kCrB * blue + kOffset) >> kShift);
    }
  }
}

}  // namespace vigil::media::internal
