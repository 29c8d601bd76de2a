#include "face/region.h"

#include <gtest/gtest.h>

#include <numbers>
#include <vector>

#include "face/face_finder.h"

namespace vigil::face {
namespace {

TEST(Region, FromADetectionIsSquareLevelAndHalfAsLargeAgain) {
  Detection d;
  d.box = {100, 200, 40, 60};
  d.key_points[Detection::kLeftEye] = {110, 220};
  d.key_points[Detection::kRightEye] = {130, 240};
  const RotatedBox region = RegionFromDetection(d);
  EXPECT_EQ(region.center, (Point2f{120, 230}));
  EXPECT_FLOAT_EQ(region.width, 90);
  EXPECT_FLOAT_EQ(region.height, 90);
  EXPECT_NEAR(region.rotation_rad, std::numbers::pi / 4, 1e-6);
}

TEST(Region, FromLandmarksUsesTheirBoundingBox) {
  std::vector<Point3f> points(kMeshPoints, Point3f{50, 50, 0});
  points[33] = {40, 60, 0};
  points[263] = {60, 60, 0};
  points[0] = {50, 20, 0};
  const RotatedBox region = RegionFromLandmarks(points);
  EXPECT_EQ(region.center, (Point2f{50, 40}));
  EXPECT_FLOAT_EQ(region.width, 60);
  EXPECT_FLOAT_EQ(region.rotation_rad, 0);
}

// Every face of a tenth of a tile's side lies whole in some tile of its size.
TEST(TilePyramid, CoversThePictureHalfOverlapped) {
  for (const Size picture :
       {Size{1024, 768}, Size{500, 375}, Size{360, 480}, Size{4000, 3000}, Size{640, 360}}) {
    const auto tiles = TilePyramid(picture, 3, 120);
    ASSERT_FALSE(tiles.empty());
    const float side = tiles[0].width;
    for (int x = 0; x + side / 2 <= static_cast<float>(picture.width); x += 7) {
      for (int y = 0; y + side / 2 <= static_cast<float>(picture.height); y += 7) {
        const PixelBox face{static_cast<float>(x), static_cast<float>(y), side / 2 - 1,
                            side / 2 - 1};
        const bool whole = std::ranges::any_of(tiles, [&](const PixelBox& t) {
          return t.width == side && t.x <= face.x && t.y <= face.y && t.right() >= face.right() &&
                 t.bottom() >= face.bottom();
        });
        ASSERT_TRUE(whole) << picture.width << "x" << picture.height << " at " << x << "," << y;
      }
    }
  }
}

TEST(TilePyramid, SmallPicturesHaveNoTiles) {
  EXPECT_TRUE(TilePyramid({200, 200}, 3, 120).empty());
  EXPECT_TRUE(TilePyramid({2000, 2000}, 0, 120).empty());
}

TEST(TilePyramid, NumberOfTilesIsBounded) {
  EXPECT_LE(TilePyramid({8192, 8192}, 3, 120).size(), 300U);
}

}  // namespace
}  // namespace vigil::face
