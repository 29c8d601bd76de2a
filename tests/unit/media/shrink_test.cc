#include "media/shrink.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "test_video.h"

namespace vigil::media {
namespace {

TEST(ShrunkSize, KeepsTheAspectAndNeverEnlarges) {
  EXPECT_EQ(ShrunkSize({1920, 1080}, 640), (Size{640, 360}));
  EXPECT_EQ(ShrunkSize({1080, 1920}, 640), (Size{360, 640}));
  EXPECT_EQ(ShrunkSize({640, 480}, 640), (Size{640, 480}));
  EXPECT_EQ(ShrunkSize({320, 240}, 640), (Size{320, 240}));
  EXPECT_EQ(ShrunkSize({1920, 1080}, 0), (Size{1920, 1080}));
  EXPECT_EQ(ShrunkSize({8000, 2}, 640), (Size{640, 1}));
}

// A new pixel is the mean of those it covers: here of squares that are all of one colour.
TEST(Shrinker, NewPixelsAreMeansOfTheArea) {
  constexpr Size kSmall{123, 45};
  constexpr int kTimes = 4;
  Image image(kSmall.width * kTimes, kSmall.height * kTimes, PixelFormat::kRgb8);
  const auto value = [](int x, int y, int c) { return (40 * x + 70 * y + 90 * c) % 256; };
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      for (int c = 0; c < 3; ++c)
        image.mutable_view().row(y)[3 * x + c] =
            static_cast<std::uint8_t>(value(x / kTimes, y / kTimes, c));
    }
  }
  Shrinker shrinker;
  for (int i = 0; i < 2; ++i) {
    const auto small = shrinker.Shrink(image.view(), kSmall);
    ASSERT_TRUE(small.ok()) << small.status();
    ASSERT_EQ(small->size(), kSmall);
    EXPECT_EQ(small->stride, 3 * kSmall.width) << "packed, as raw frames are sent";
    for (int y = 0; y < kSmall.height; ++y) {
      for (int x = 0; x < kSmall.width; ++x) {
        for (int c = 0; c < 3; ++c)
          ASSERT_LE(std::abs(small->row(y)[3 * x + c] - value(x, y, c)), 3)
              << x << "," << y << " " << c;
      }
    }
  }
}

TEST(Shrinker, RefusesToEnlarge) {
  Shrinker shrinker;
  const Image image = test::PlainPicture({64, 48}, 10, 20, 30);
  EXPECT_TRUE(shrinker.Shrink(image.view(), {64, 48}).ok());
  EXPECT_FALSE(shrinker.Shrink(image.view(), {65, 48}).ok());
  EXPECT_FALSE(shrinker.Shrink(image.view(), {0, 48}).ok());
}

}  // namespace
}  // namespace vigil::media
