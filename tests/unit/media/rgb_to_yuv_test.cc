#include "media/internal/rgb_to_yuv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace vigil::media::internal {
namespace {

struct Planes {
  explicit Planes(Size wanted)
      : y(static_cast<std::size_t>(wanted.width * wanted.height)),
        u(y.size() / 4),
        v(y.size() / 4),
        size(wanted) {}
  MutableYuvPlanes view() {
    return {y.data(),       u.data(),       v.data(),   size.width,
            size.width / 2, size.width / 2, size.width, size.height};
  }
  std::vector<std::uint8_t> y, u, v;
  Size size;
};

TEST(RgbToYuv, IsWithinOneLevelOfTheStandard) {
  RgbToYuv convert;
  double worst = 0;
  for (int r = 0; r < 256; r += 5) {
    for (int g = 0; g < 256; g += 5) {
      for (int b = 0; b < 256; b += 5) {
        const std::uint8_t pixel[3] = {static_cast<std::uint8_t>(r), static_cast<std::uint8_t>(g),
                                       static_cast<std::uint8_t>(b)};
        Planes planes({2, 2});
        convert.Convert({pixel, 1, 1, 3}, planes.view());
        const double luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;  // ITU-R BT.709-6, 3.2 to 3.4
        const double y = 16 + 219.0 / 255 * luma, cb = 128 + 224.0 / 255 * (b - luma) / 1.8556,
                     cr = 128 + 224.0 / 255 * (r - luma) / 1.5748;
        worst = std::max({worst, std::abs(planes.y[3] - y), std::abs(planes.u[0] - cb),
                          std::abs(planes.v[0] - cr)});
      }
    }
  }
  std::printf("worst %.3f levels\n", worst);
  EXPECT_LT(worst, 0.75);
}

TEST(RgbToYuv, GreyHasNoColor) {
  RgbToYuv convert;
  for (int level = 0; level < 256; ++level) {
    const std::uint8_t pixel = static_cast<std::uint8_t>(level);
    Planes planes({2, 2});
    convert.Convert({&pixel, 1, 1, 1, PixelFormat::kGray8}, planes.view());
    EXPECT_EQ(planes.u[0], 128);
    EXPECT_EQ(planes.v[0], 128);
    EXPECT_NEAR(planes.y[0], 16 + 219.0 / 255 * level, 0.51);
  }
}

TEST(RgbToYuv, RepeatsTheLastColumnAndRowOfOddSizes) {
  std::vector<std::uint8_t> grey{10, 20, 30, 40, 50, 60, 70, 80, 90};
  Planes planes({4, 4});
  RgbToYuv().Convert({grey.data(), 3, 3, 3, PixelFormat::kGray8}, planes.view());
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(planes.y[4 * i + 3], planes.y[4 * i + 2]);
    EXPECT_EQ(planes.y[12 + i], planes.y[8 + i]);
  }
}

TEST(RgbToYuv, ChromaIsTheMeanOfFourPixels) {
  const std::uint8_t pixels[12] = {255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // one of four is red
  Planes planes({2, 2});
  RgbToYuv().Convert({pixels, 2, 2, 6}, planes.view());
  EXPECT_NEAR(planes.v[0], 128 + 112.0 / 4, 0.6);
}

}  // namespace
}  // namespace vigil::media::internal
