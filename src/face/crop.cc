#include "face/crop.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

#include "core/check.h"

namespace vigil::face {
namespace {

// Four lanes: red, green, blue, and one that is not used. GCC and Clang turn these into SSE or NEON.
using Lanes = float __attribute__((vector_size(16)));
#ifndef __SSE4_1__
using Bytes4 = std::uint8_t __attribute__((vector_size(4)));
#endif

// GCC 12 converts bytes to floats one by one, hence the instruction by name where there is one.
Lanes Widen(std::uint32_t rgbx) {
#ifdef __SSE4_1__
  return _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(static_cast<int>(rgbx))));
#else
  Bytes4 bytes;
  std::memcpy(&bytes, &rgbx, sizeof bytes);
  return __builtin_convertvector(bytes, Lanes);
#endif
}

Lanes PixelAt(ImageView image, int x, int y) {
  const std::uint8_t* p =
      image.row(std::clamp(y, 0, image.height - 1)) + 3 * std::clamp(x, 0, image.width - 1);
  return Lanes{static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]), 0};
}

// Two pixels of a row, side by side, from one 8-byte load. Needs 8 readable bytes at the first: x <= width - 3.
std::pair<Lanes, Lanes> PairAt(const std::uint8_t* first) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, first, sizeof bytes);
  return {Widen(static_cast<std::uint32_t>(bytes)), Widen(static_cast<std::uint32_t>(bytes >> 24))};
}

Lanes Mix(Lanes top_left, Lanes top_right, Lanes bottom_left, Lanes bottom_right, float right,
          float lower) {
  const Lanes top = top_left + right * (top_right - top_left);
  const Lanes bottom = bottom_left + right * (bottom_right - bottom_left);
  return top + lower * (bottom - top);
}

// Narrows [first, last) to the u for which low <= start + u * step <= high.
void Narrow(double start, double step, double low, double high, int& first, int& last) {
  double from = first, to = last;
  if (std::abs(step) > 1e-12) {
    from = ((step > 0 ? low : high) - start) / step;
    to = ((step > 0 ? high : low) - start) / step;
  } else if (start < low || start > high) {
    to = from;
  }
  if (high < low) to = from;
  // A sample of margin on both sides: float32 rounds differently from this double.
  const int limit = last;
  first = static_cast<int>(
      std::clamp(std::ceil(from) + 1, static_cast<double>(first), static_cast<double>(limit)));
  last = static_cast<int>(
      std::clamp(std::floor(to), static_cast<double>(first), static_cast<double>(limit)));
}

}  // namespace

void CropToTensor(ImageView image, const RotatedBox& region, int size, Border border, float scale,
                  float offset, std::span<float> out) {
  VIGIL_CHECK(!image.empty() && image.format == PixelFormat::kRgb8);
  VIGIL_CHECK(out.size() >= static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3);
  const float c = std::cos(region.rotation_rad), s = std::sin(region.rotation_rad);
  const float step = 1.0F / static_cast<float>(size);
  // Along a row of the tensor the sample moves by (dx, dy).
  const float dx = c * region.width * step, dy = s * region.width * step;
  const auto width = static_cast<float>(image.width), height = static_cast<float>(image.height);
  float* target = out.data();

  const auto put = [&](Lanes value) {
    value = value * scale + offset;
    std::memcpy(target, &value, 3 * sizeof(float));
    target += 3;
  };

  for (int v = 0; v < size; ++v) {
    const float t = (static_cast<float>(v) + 0.5F) * step - 0.5F;
    // The row's first sample, in pixel indices: the centre of the first pixel is 0.
    const float x0 =
        region.center.x - 0.5F * c * region.width - t * region.height * s + 0.5F * dx - 0.5F;
    const float y0 =
        region.center.y - 0.5F * s * region.width + t * region.height * c + 0.5F * dy - 0.5F;

    // Samples whose four pixels all lie inside, with the 8-byte loads' room, take the fast path.
    int first = 0, last = size;
    Narrow(x0, dx, 0, width - 4, first, last);
    Narrow(y0, dy, 0, height - 3, first, last);

    const auto slow = [&](int u) {
      const float x = x0 + static_cast<float>(u) * dx, y = y0 + static_cast<float>(u) * dy;
      const bool outside = x + 0.5F < 0 || x + 0.5F > width || y + 0.5F < 0 || y + 0.5F > height;
      if (border == Border::kBlack && outside) return put(Lanes{});
      // Far outside, only the clamped pixel matters: keep the integers small.
      const float near_x = std::clamp(x, -2.0F, width + 1),
                  near_y = std::clamp(y, -2.0F, height + 1);
      const float floor_x = std::floor(near_x), floor_y = std::floor(near_y);
      const int left = static_cast<int>(floor_x), top = static_cast<int>(floor_y);
      put(Mix(PixelAt(image, left, top), PixelAt(image, left + 1, top),
              PixelAt(image, left, top + 1), PixelAt(image, left + 1, top + 1), near_x - floor_x,
              near_y - floor_y));
    };

    for (int u = 0; u < first; ++u) slow(u);
    for (int u = first; u < last; ++u) {
      const float x = x0 + static_cast<float>(u) * dx, y = y0 + static_cast<float>(u) * dy;
      const int left = static_cast<int>(x), top = static_cast<int>(y);
      const std::uint8_t* pixel = image.row(top) + 3 * left;
      const auto [top_left, top_right] = PairAt(pixel);
      const auto [bottom_left, bottom_right] = PairAt(pixel + image.stride);
      put(Mix(top_left, top_right, bottom_left, bottom_right, x - static_cast<float>(left),
              y - static_cast<float>(top)));
    }
    for (int u = last; u < size; ++u) slow(u);
  }
}

}  // namespace vigil::face
