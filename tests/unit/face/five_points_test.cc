#include "face/internal/five_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vigil::face {
namespace {

void ExpectNear(Point2f point, Point2f expected) {
  EXPECT_NEAR(point.x, expected.x, 1e-4);
  EXPECT_NEAR(point.y, expected.y, 1e-4);
}

TEST(SetKeyPoints, FillsInMouthAndEars) {
  Detection detection;
  SetKeyPoints(detection, {Point2f{10, 20}, {20, 20}, {15, 26}, {12, 31}, {18, 33}});
  ExpectNear(detection.key_points[Detection::kLeftEye], {10, 20});
  ExpectNear(detection.key_points[Detection::kRightEye], {20, 20});
  ExpectNear(detection.key_points[Detection::kNoseTip], {15, 26});
  ExpectNear(detection.key_points[Detection::kMouth], {15, 32});
  ExpectNear(detection.key_points[Detection::kLeftEar], {10 - 7.1F, 23});
  ExpectNear(detection.key_points[Detection::kRightEar], {20 + 7.1F, 23});
}

TEST(SetKeyPoints,
     EarsTurnWithTheHead) {  // a quarter turn clockwise: "below" is now to the image's left
  Detection detection;
  SetKeyPoints(detection, {Point2f{20, 10}, {20, 20}, {14, 15}, {8, 12}, {8, 18}});
  ExpectNear(detection.key_points[Detection::kLeftEar], {17, 10 - 7.1F});
  ExpectNear(detection.key_points[Detection::kRightEar], {17, 20 + 7.1F});
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                kInf = std::numeric_limits<float>::infinity();

struct PlausibleCase {
  const char* name;
  PixelBox box;
  Point2f nose;
  bool expected;
};
class IsPlausibleFor : public testing::TestWithParam<PlausibleCase> {};

TEST_P(IsPlausibleFor, ABox) {
  Detection detection;
  detection.box = GetParam().box;
  detection.key_points[Detection::kNoseTip] = GetParam().nose;
  EXPECT_EQ(IsPlausible(detection, {100, 50}), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Boxes, IsPlausibleFor,
    testing::Values(PlausibleCase{"inside", {10, 10, 20, 20}, {20, 20}, true},
                    PlausibleCase{"over_the_border", {-10, -10, 20, 20}, {-1, -1}, true},
                    PlausibleCase{"outside", {101, 10, 20, 20}, {20, 20}, false},
                    PlausibleCase{"no_width", {10, 10, 0, 20}, {20, 20}, false},
                    PlausibleCase{"negative_height", {10, 10, 20, -1}, {20, 20}, false},
                    PlausibleCase{
                        "larger_than_four_pictures", {-100, -100, 401, 200}, {20, 20}, false},
                    PlausibleCase{"nan_place", {kNan, 10, 20, 20}, {20, 20}, false},
                    PlausibleCase{"infinite_place", {-kInf, 10, 20, 20}, {20, 20}, false},
                    PlausibleCase{"nan_size", {10, 10, kNan, 20}, {20, 20}, false},
                    PlausibleCase{"infinite_size", {10, 10, kInf, 20}, {20, 20}, false},
                    PlausibleCase{"nan_point", {10, 10, 20, 20}, {20, kNan}, false},
                    PlausibleCase{"far_point", {10, 10, 20, 20}, {2000, 20}, false}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::face
