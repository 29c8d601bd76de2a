#include "face/crop.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#ifdef __x86_64__
#include <immintrin.h>
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

// The samples [first, last) of one row of the tensor, at (x0 + u * dx, y0 + u * dy); all of their pixels lie inside, with
// the room that the 8-byte loads need.
struct InsideRun {
  float x0, y0, dx, dy;
  int first, last;
  float scale, offset;
};

void Put(Lanes value, float scale, float offset, float* target) {
  value = value * scale + offset;
  std::memcpy(target, &value, 3 * sizeof(float));
}

void SampleInside(ImageView image, const InsideRun& run, float* row) {
  for (int u = run.first; u < run.last; ++u) {
    const float x = run.x0 + static_cast<float>(u) * run.dx;
    const float y = run.y0 + static_cast<float>(u) * run.dy;
    const int left = static_cast<int>(x), top = static_cast<int>(y);
    const std::uint8_t* pixel = image.row(top) + 3 * left;
    const auto [top_left, top_right] = PairAt(pixel);
    const auto [bottom_left, bottom_right] = PairAt(pixel + image.stride);
    Put(Mix(top_left, top_right, bottom_left, bottom_right, x - static_cast<float>(left),
            y - static_cast<float>(top)),
        run.scale, run.offset, row + 3 * u);
  }
}

#ifdef __x86_64__

// One colour lane of two samples in a register: red, green, blue, nothing, and the same of the second.
// `low` and `high` are the 8 bytes of a row at the one sample and at the other.
struct Columns {
  __m256 left, right;
};

[[gnu::target("avx2")]] inline Columns ColumnsAt(const std::uint8_t* low,
                                                 const std::uint8_t* high) {
  std::int64_t low_bytes = 0, high_bytes = 0;
  std::memcpy(&low_bytes, low, sizeof low_bytes);
  std::memcpy(&high_bytes, high, sizeof high_bytes);
  const __m128i both = _mm_set_epi64x(high_bytes, low_bytes);
  const __m128i left = _mm_setr_epi8(0, 1, 2, -1, 8, 9, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m128i right = _mm_setr_epi8(3, 4, 5, -1, 11, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_shuffle_epi8(both, left))),
          _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_shuffle_epi8(both, right)))};
}

// The same sums in the same order as SampleInside, hence the same bits, eight samples a turn: a crop is half of what a
// followed face costs outside its network. Returns the first sample that is left to do; at least one is, because each
// store writes a lane too much.
[[gnu::target("avx2")]] int SampleInsideAvx2(ImageView image, const InsideRun& run, float* row) {
  const __m256 steps = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256 scale = _mm256_set1_ps(run.scale), offset = _mm256_set1_ps(run.offset);
  const __m256i stride = _mm256_set1_epi32(static_cast<int>(image.stride));
  int u = run.first;
  for (; u + 8 < run.last; u += 8) {
    const __m256 at = _mm256_add_ps(_mm256_set1_ps(static_cast<float>(u)), steps);
    const __m256 x =
        _mm256_add_ps(_mm256_set1_ps(run.x0), _mm256_mul_ps(at, _mm256_set1_ps(run.dx)));
    const __m256 y =
        _mm256_add_ps(_mm256_set1_ps(run.y0), _mm256_mul_ps(at, _mm256_set1_ps(run.dy)));
    const __m256i left = _mm256_cvttps_epi32(x), top = _mm256_cvttps_epi32(y);
    const __m256 right_share = _mm256_sub_ps(x, _mm256_cvtepi32_ps(left));
    const __m256 lower_share = _mm256_sub_ps(y, _mm256_cvtepi32_ps(top));
    alignas(32) int pixels[8];
    const __m256i thrice = _mm256_add_epi32(left, _mm256_add_epi32(left, left));
    _mm256_store_si256(reinterpret_cast<__m256i*>(pixels),
                       _mm256_add_epi32(_mm256_mullo_epi32(top, stride), thrice));
    for (int k = 0; k < 8; k += 2) {
      const std::uint8_t* low = image.data + pixels[k];
      const std::uint8_t* high = image.data + pixels[k + 1];
      const Columns upper = ColumnsAt(low, high);
      const Columns lower = ColumnsAt(low + image.stride, high + image.stride);
      const __m256i samples = _mm256_setr_epi32(k, k, k, k, k + 1, k + 1, k + 1, k + 1);
      const __m256 right = _mm256_permutevar8x32_ps(right_share, samples);
      const __m256 down = _mm256_permutevar8x32_ps(lower_share, samples);
      const __m256 a =
          _mm256_add_ps(upper.left, _mm256_mul_ps(right, _mm256_sub_ps(upper.right, upper.left)));
      const __m256 b =
          _mm256_add_ps(lower.left, _mm256_mul_ps(right, _mm256_sub_ps(lower.right, lower.left)));
      const __m256 mixed = _mm256_add_ps(a, _mm256_mul_ps(down, _mm256_sub_ps(b, a)));
      const __m256 value = _mm256_add_ps(_mm256_mul_ps(mixed, scale), offset);
      float* target = row + 3 * (u + k);
      _mm_storeu_ps(target, _mm256_castps256_ps128(value));
      _mm_storeu_ps(target + 3, _mm256_extractf128_ps(value, 1));
    }
  }
  return u;
}

#endif

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
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  // Its offsets are 32-bit.
  const bool avx2 = has_avx2 && std::abs(image.stride) <= INT32_MAX / image.height;
#endif

  for (int v = 0; v < size; ++v) {
    float* row =
        out.data() + std::size_t{3} * static_cast<std::size_t>(size) * static_cast<std::size_t>(v);
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
      float* target = row + 3 * u;
      const float x = x0 + static_cast<float>(u) * dx, y = y0 + static_cast<float>(u) * dy;
      const bool outside = x + 0.5F < 0 || x + 0.5F > width || y + 0.5F < 0 || y + 0.5F > height;
      if (border == Border::kBlack && outside) return Put(Lanes{}, scale, offset, target);
      // Far outside, only the clamped pixel matters: keep the integers small.
      const float near_x = std::clamp(x, -2.0F, width + 1),
                  near_y = std::clamp(y, -2.0F, height + 1);
      const float floor_x = std::floor(near_x), floor_y = std::floor(near_y);
      const int left = static_cast<int>(floor_x), top = static_cast<int>(floor_y);
      Put(Mix(PixelAt(image, left, top), PixelAt(image, left + 1, top),
              PixelAt(image, left, top + 1), PixelAt(image, left + 1, top + 1), near_x - floor_x,
              near_y - floor_y),
          scale, offset, target);
    };

    for (int u = 0; u < first; ++u) slow(u);
    InsideRun run{x0, y0, dx, dy, first, last, scale, offset};
#ifdef __x86_64__
    if (avx2) run.first = SampleInsideAvx2(image, run, row);
#endif
    SampleInside(image, run, row);
    for (int u = last; u < size; ++u) slow(u);
  }
}

}  // namespace vigil::face
