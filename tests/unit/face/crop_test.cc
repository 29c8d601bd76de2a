#include "face/crop.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace vigil::face {
namespace {

Image Noise(int width, int height) {
  Image image(width, height, PixelFormat::kRgb8);
  std::mt19937 random(7);
  for (std::size_t i = 0; i < image.bytes(); ++i)
    image.mutable_view().data[i] = static_cast<std::uint8_t>(random());
  return image;
}

// The definition, in double, one sample at a time.
double Reference(ImageView image, double x, double y, int channel, Border border) {
  if (border == Border::kBlack && (x < 0 || y < 0 || x > image.width || y > image.height)) return 0;
  x -= 0.5;
  y -= 0.5;
  const auto at = [&](double px, double py) {
    const int cx = std::clamp(static_cast<int>(px), 0, image.width - 1),
              cy = std::clamp(static_cast<int>(py), 0, image.height - 1);
    return static_cast<double>(image.row(cy)[3 * cx + channel]);
  };
  const double fx = std::floor(x), fy = std::floor(y), right = x - fx, lower = y - fy;
  const double top = at(fx, fy) * (1 - right) + at(fx + 1, fy) * right;
  const double bottom = at(fx, fy + 1) * (1 - right) + at(fx + 1, fy + 1) * right;
  return top * (1 - lower) + bottom * lower;
}

struct CropCase {
  const char* name;
  Size picture;
  RotatedBox region;
};
class Crop : public testing::TestWithParam<CropCase> {};

TEST_P(Crop, EqualsTheDefinition) {
  constexpr int kSize = 32;
  const Image image = Noise(GetParam().picture.width, GetParam().picture.height);
  const RotatedBox& region = GetParam().region;
  std::vector<float> out(kSize * kSize * 3);
  for (const Border border : {Border::kReplicate, Border::kBlack}) {
    CropToTensor(image.view(), region, kSize, border, 1, 0, out);
    int borderline = 0;
    for (int v = 0; v < kSize; ++v) {
      for (int u = 0; u < kSize; ++u) {
        const double s = ((u + 0.5) / kSize - 0.5) * region.width,
                     t = ((v + 0.5) / kSize - 0.5) * region.height;
        const double c = std::cos(region.rotation_rad), n = std::sin(region.rotation_rad);
        const double x = region.center.x + s * c - t * n, y = region.center.y + s * n + t * c;
        for (int channel = 0; channel < 3; ++channel) {
          const double expected = Reference(image.view(), x, y, channel, border);
          const double got = out[static_cast<std::size_t>((v * kSize + u) * 3 + channel)];
          // A sample exactly on the picture's edge may fall on either side in float32.
          const bool on_edge = std::min({std::abs(x), std::abs(y), std::abs(x - image.width()),
                                         std::abs(y - image.height())}) < 1e-3;
          if (on_edge && border == Border::kBlack) {
            ++borderline;
            continue;
          }
          ASSERT_NEAR(got, expected, 0.15) << u << "," << v << " channel " << channel;
        }
      }
    }
    EXPECT_LT(borderline, kSize * kSize);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Crop,
    testing::Values(CropCase{"upright", {100, 80}, {{50, 40}, 40, 40, 0}},
                    CropCase{"turned", {100, 80}, {{50, 40}, 50, 50, 0.7F}},
                    CropCase{"upside_down", {100, 80}, {{50, 40}, 60, 60, 3.1F}},
                    CropCase{"over_the_corner", {100, 80}, {{3, 2}, 60, 60, 0.3F}},
                    CropCase{"bottom_right", {100, 80}, {{99, 79}, 30, 30, 0}},
                    CropCase{"whole_and_more", {64, 48}, {{32, 24}, 64, 64, 0}},
                    CropCase{"shrunk", {1000, 700}, {{500, 350}, 900, 900, -0.2F}},
                    CropCase{"far_outside", {20, 20}, {{-500, 900}, 40, 40, 1}},
                    CropCase{"one_pixel", {1, 1}, {{0.5F, 0.5F}, 3, 3, 0}},
                    CropCase{"two_wide", {2, 50}, {{1, 25}, 10, 10, 0.1F}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Crop, ScalesAndShiftsValues) {
  Image white(16, 16, PixelFormat::kRgb8);
  std::fill_n(white.mutable_view().data, white.bytes(), std::uint8_t{255});
  std::vector<float> out(8 * 8 * 3);
  CropToTensor(white.view(), {{8, 8}, 8, 8, 0}, 8, Border::kBlack, 2.0F / 255, -1, out);
  for (const float value : out) EXPECT_FLOAT_EQ(value, 1);
  CropToTensor(white.view(), {{-100, 8}, 8, 8, 0}, 8, Border::kBlack, 2.0F / 255, -1, out);
  for (const float value : out) EXPECT_FLOAT_EQ(value, -1);
}

// A stride wider than the row must be respected, and nothing behind the last row be read (the sanitizers look).
TEST(Crop, RespectsTheStride) {
  const Image big = Noise(64, 64);
  ImageView part = big.view();
  part.data += 10 * part.stride + 30;
  part.width = part.height = 20;
  std::vector<float> out(20 * 20 * 3);
  CropToTensor(part, {{10, 10}, 20, 20, 0}, 20, Border::kReplicate, 1, 0, out);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 60; ++x)
      ASSERT_NEAR(out[static_cast<std::size_t>(y * 60 + x)], part.row(y)[x], 0.01);
  }
}

}  // namespace
}  // namespace vigil::face
