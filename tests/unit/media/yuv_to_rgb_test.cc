#include "media/internal/yuv_to_rgb.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

namespace vigil::media::internal {
namespace {

// The standards' equations in real numbers (ITU-R BT.601-7, BT.709-6, BT.2020-2).
std::array<double, 3> Exact(int y, int u, int v, const YuvColors& colors) {
  const double luma = colors.full_range ? y : (y - 16) * 255.0 / 219.0;
  const double scale = colors.full_range ? 1.0 : 255.0 / 224.0;
  const double cb = (u - 128) * scale, cr = (v - 128) * scale, kg = 1 - colors.kr - colors.kb;
  return {
      luma + 2 * (1 - colors.kr) * cr,
      luma - 2 * (1 - colors.kb) * colors.kb / kg * cb - 2 * (1 - colors.kr) * colors.kr / kg * cr,
      luma + 2 * (1 - colors.kb) * cb};
}

struct ColorCase {
  const char* name;
  YuvColors colors;
};
class YuvColorsTest : public testing::TestWithParam<ColorCase> {};

TEST_P(YuvColorsTest, IsWithinOneLevelOfTheStandard) {
  YuvToRgb convert;
  double worst = 0, sum = 0;
  int count = 0;
  for (int y = 0; y < 256; y += 3) {
    for (int u = 0; u < 256; u += 5) {
      for (int v = 0; v < 256; v += 5) {
        const std::array<std::uint8_t, 1> luma{static_cast<std::uint8_t>(y)},
            cb{static_cast<std::uint8_t>(u)}, cr{static_cast<std::uint8_t>(v)};
        std::array<std::uint8_t, 3> rgb{};
        convert.Convert({luma.data(), cb.data(), cr.data(), 1, 1, 1}, GetParam().colors,
                        {rgb.data(), 1, 1, 3});
        const auto exact = Exact(y, u, v, GetParam().colors);
        for (std::size_t i = 0; i < 3; ++i) {
          const double error = rgb[i] - std::clamp(exact[i], 0.0, 255.0);
          worst = std::max(worst, std::abs(error));
          sum += error;
          ++count;
        }
      }
    }
  }
  std::printf("%s: worst %.3f, mean %.3f levels\n", GetParam().name, worst, sum / count);
  EXPECT_LT(worst, 0.75);
  EXPECT_LT(std::abs(sum / count), 0.1);
}
INSTANTIATE_TEST_SUITE_P(All, YuvColorsTest,
                         testing::Values(ColorCase{"bt601", {0.299, 0.114, false}},
                                         ColorCase{"bt601_full", {0.299, 0.114, true}},
                                         ColorCase{"bt709", {0.2126, 0.0722, false}},
                                         ColorCase{"bt709_full", {0.2126, 0.0722, true}},
                                         ColorCase{"bt2020", {0.2627, 0.0593, false}}),
                         [](const auto& test) { return std::string(test.param.name); });

struct LayoutCase {
  const char* name;
  int shift_x, shift_y, step;
};
class YuvLayout : public testing::TestWithParam<LayoutCase> {};

// Every pixel of a picture with an odd width and height takes the luma and chroma that lie over it.
TEST_P(YuvLayout, EachPixelTakesItsOwnSamples) {
  constexpr int kWidth = 37, kHeight = 5, kStride = 48;
  const auto [name, shift_x, shift_y, step] = GetParam();
  std::array<std::uint8_t, kStride * kHeight> y{};
  std::array<std::uint8_t, 2 * kStride * kHeight> u{}, v{};
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<std::uint8_t>(16 + i * 7 % 220);
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] = static_cast<std::uint8_t>(16 + i * 13 % 220);
    v[i] = static_cast<std::uint8_t>(16 + i * 29 % 220);
  }
  const YuvColors colors;
  std::array<std::uint8_t, 3 * kWidth * kHeight> rgb{};
  YuvToRgb convert;
  convert.Convert(
      {y.data(), u.data(), v.data(), kStride, 2 * kStride, 2 * kStride, step, shift_x, shift_y},
      colors, {rgb.data(), kWidth, kHeight, 3 * kWidth});
  for (int row = 0; row < kHeight; ++row) {
    for (int x = 0; x < kWidth; ++x) {
      const std::size_t chroma =
          static_cast<std::size_t>((row >> shift_y) * 2 * kStride + (x >> shift_x) * step);
      const auto exact =
          Exact(y[static_cast<std::size_t>(row * kStride + x)], u[chroma], v[chroma], colors);
      for (int i = 0; i < 3; ++i) {
        EXPECT_NEAR(rgb[static_cast<std::size_t>(3 * (row * kWidth + x) + i)],
                    std::clamp(exact[static_cast<std::size_t>(i)], 0.0, 255.0), 0.75)
            << "at " << x << ", " << row;
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, YuvLayout,
                         testing::Values(LayoutCase{"yuv420", 1, 1, 1},
                                         LayoutCase{"yuv422", 1, 0, 1},
                                         LayoutCase{"yuv444", 0, 0, 1},
                                         LayoutCase{"nv12", 1, 1, 2}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::media::internal
