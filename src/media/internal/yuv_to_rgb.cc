#include "media/internal/yuv_to_rgb.h"

#include <algorithm>
#include <cmath>

namespace vigil::media::internal {
namespace {

constexpr int kBits = 5;        // fractional bits of the 16-bit sums: 546 × 32 < 32768
constexpr int kChromaBits = 8;  // further bits of the chroma factors
constexpr double kOne = 1 << kBits;

std::int16_t Scaled(int product) {
  return static_cast<std::int16_t>((product + (1 << (kChromaBits - 1))) >> kChromaBits);
}

std::uint8_t Level(int sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kBits, 0, 255)); }

}  // namespace

void YuvToRgb::SetColors(const YuvColors& colors) {
  if (ready_ && colors == colors_) return;
  ready_ = true;
  colors_ = colors;
  // ITU-R BT.601 and BT.709: Y spans 219 levels from 16 and chroma 224 about 128, or 255 each in
  // full range.
  const double luma = colors.full_range ? 1.0 : 255.0 / 219.0;
  const double chroma = colors.full_range ? 1.0 : 255.0 / 224.0;
  const double kg = 1 - colors.kr - colors.kb;
  const auto factor = [&](double value) {
    return static_cast<int>(std::lround(value * chroma * kOne * (1 << kChromaBits)));
  };
  // Luma is multiplied as y × 257 (all 16 bits) and the upper half kept.
  terms_.luma = static_cast<std::uint16_t>(std::lround(luma * kOne * 65536 / 257));
  // Rounding to levels, and half of what the cut after the luma product loses.
  terms_.offset =
      static_cast<int>(std::lround(kOne / 2 + 0.5 - (colors.full_range ? 0 : 16 * luma * kOne)));
  terms_.r_v = factor(2 * (1 - colors.kr));
  terms_.b_u = factor(2 * (1 - colors.kb));
  terms_.g_u = factor(-2 * (1 - colors.kb) * colors.kb / kg);
  terms_.g_v = factor(-2 * (1 - colors.kr) * colors.kr / kg);
}

void YuvToRgb::ChromaRow(const YuvPlanes& planes, int row, int width) {
  const std::uint8_t* u = planes.u + row * planes.u_stride;
  const std::uint8_t* v = planes.v + row * planes.v_stride;
  const int samples = (width + planes.shift_x) >> planes.shift_x;
  const int step = planes.chroma_step;
  const Terms t = terms_;
  std::int16_t* red = red_.data();
  std::int16_t* green = green_.data();
  std::int16_t* blue = blue_.data();
  if (planes.shift_x == 0) {
    for (int i = 0; i < samples; ++i) {
      const int cb = u[i * step] - 128, cr = v[i * step] - 128;
      red[i] = static_cast<std::int16_t>(Scaled(t.r_v * cr) + t.offset);
      green[i] = static_cast<std::int16_t>(Scaled(t.g_u * cb + t.g_v * cr) + t.offset);
      blue[i] = static_cast<std::int16_t>(Scaled(t.b_u * cb) + t.offset);
    }
    return;
  }
  for (int i = 0; i < samples; ++i) {
    const int cb = u[i * step] - 128, cr = v[i * step] - 128;
    red[2 * i] = red[2 * i + 1] = static_cast<std::int16_t>(Scaled(t.r_v * cr) + t.offset);
    green[2 * i] = green[2 * i + 1] =
        static_cast<std::int16_t>(Scaled(t.g_u * cb + t.g_v * cr) + t.offset);
    blue[2 * i] = blue[2 * i + 1] = static_cast<std::int16_t>(Scaled(t.b_u * cb) + t.offset);
  }
}

void YuvToRgb::Convert(const YuvPlanes& planes, const YuvColors& colors, MutableImageView rgb) {
  SetColors(colors);
  const std::size_t room =
      static_cast<std::size_t>(rgb.width) + 1;  // an odd width's last chroma sample covers two
  red_.resize(room);
  green_.resize(room);
  blue_.resize(room);
  const std::uint32_t luma = terms_.luma;
  int chroma_row = -1;
  for (int row = 0; row < rgb.height; ++row) {
    if (const int wanted = row >> planes.shift_y; wanted != chroma_row) {
      chroma_row = wanted;
      ChromaRow(planes, wanted, rgb.width);
    }
    const std::uint8_t* y = planes.y + row * planes.y_stride;
    const std::int16_t* red = red_.data();
    const std::int16_t* green = green_.data();
    const std::int16_t* blue = blue_.data();
    std::uint8_t* out = rgb.row(row);
    for (int x = 0; x < rgb.width; ++x) {
      const std::uint16_t wide = static_cast<std::uint16_t>(y[x] * 257);
      const std::int16_t level = static_cast<std::int16_t>((wide * luma) >> 16);
      out[3 * x] = Level(static_cast<std::int16_t>(level + red[x]));
      out[3 * x + 1] = Level(static_cast<std::int16_t>(level + green[x]));
      out[3 * x + 2] = Level(static_cast<std::int16_t>(level + blue[x]));
    }
  }
}

}  // namespace vigil::media::internal
