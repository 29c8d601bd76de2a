#include "core/image.h"

#include <gtest/gtest.h>

namespace vigil {
namespace {

TEST(ImagePool, GivesTheSameMemoryAgain) {
  ImagePool pool;
  const std::uint8_t* first = pool.Acquire(64, 48, PixelFormat::kRgb8).view().data;
  EXPECT_EQ(pool.Acquire(64, 48, PixelFormat::kRgb8).view().data, first);
}

TEST(ImagePool, ImagesOutliveThePool) {
  Image kept;
  {
    ImagePool pool;
    kept = pool.Acquire(8, 8, PixelFormat::kGray8);
  }
  kept.mutable_view().row(7)[7] = 1;
  EXPECT_EQ(kept.view().row(7)[7], 1);
}

TEST(ImagePool, FollowsAChangeOfSize) {
  ImagePool pool;
  { auto small = pool.Acquire(8, 8, PixelFormat::kRgb8); }
  const Image large = pool.Acquire(80, 80, PixelFormat::kRgb8);
  EXPECT_EQ(large.bytes(), 80U * 80U * 3U);
}

TEST(Image, CloneIsIndependent) {
  Image image(4, 2, PixelFormat::kGray8);
  image.mutable_view().row(1)[3] = 7;
  const Image copy = image.Clone();
  image.mutable_view().row(1)[3] = 9;
  EXPECT_EQ(copy.view().row(1)[3], 7);
}

TEST(Image, MovedFromIsEmpty) {
  Image image(4, 2, PixelFormat::kGray8);
  const Image other = std::move(image);
  EXPECT_TRUE(image.empty());  // NOLINT(bugprone-use-after-move): the point of the test
  EXPECT_EQ(image.width(), 0);
  EXPECT_EQ(other.width(), 4);
}

}  // namespace
}  // namespace vigil
