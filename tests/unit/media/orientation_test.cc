#include "media/internal/orientation.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace vigil::media::internal {
namespace {

// Stored: three wide, two high, the red channel counts
//   0 1 2
//   3 4 5
// What an upright picture of each EXIF orientation reads, row by row (EXIF 2.32, 4.6.4 A: 6 is "the
// 0th row is the right-hand side, the 0th column the top", shown by a quarter turn clockwise).
struct TurnCase {
  int orientation;
  std::array<std::int32_t, 4> matrix;  // a, b, c, d of the MP4 matrix
  std::array<int, 6> upright;
};
class Orientation : public testing::TestWithParam<TurnCase> {};

TEST_P(Orientation, TurnsEveryPixelToItsPlace) {
  std::array<std::uint8_t, 18> stored{}, upright{};
  for (std::size_t i = 0; i < 6; ++i)
    stored[3 * i] = static_cast<std::uint8_t>(i), stored[3 * i + 2] = 9;
  const bool sideways = Sideways(GetParam().orientation);
  const int width = sideways ? 2 : 3, height = sideways ? 3 : 2;
  TurnInto({stored.data(), 3, 2, 9}, GetParam().orientation,
           {upright.data(), width, height, 3 * width});
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(upright[3 * i], GetParam().upright[i]) << "pixel " << i;
    EXPECT_EQ(upright[3 * i + 2], 9);
  }
}

TEST_P(Orientation, IsReadFromTheDisplayMatrix) {
  const auto [a, b, c, d] = GetParam().matrix;
  const std::array<std::int32_t, 9> matrix{a << 16, b << 16,   0, c * 65536, d * 65536,
                                           0,       640 << 16, 0, 1 << 30};
  EXPECT_EQ(OrientationOf(matrix), GetParam().orientation);
}
INSTANTIATE_TEST_SUITE_P(Exif, Orientation,
                         testing::Values(TurnCase{2, {-1, 0, 0, 1}, {2, 1, 0, 5, 4, 3}},
                                         TurnCase{3, {-1, 0, 0, -1}, {5, 4, 3, 2, 1, 0}},
                                         TurnCase{4, {1, 0, 0, -1}, {3, 4, 5, 0, 1, 2}},
                                         TurnCase{5, {0, 1, 1, 0}, {0, 3, 1, 4, 2, 5}},
                                         TurnCase{6, {0, 1, -1, 0}, {3, 0, 4, 1, 5, 2}},
                                         TurnCase{7, {0, -1, -1, 0}, {5, 2, 4, 1, 3, 0}},
                                         TurnCase{8, {0, -1, 1, 0}, {2, 5, 1, 4, 0, 3}}),
                         [](const auto& test) { return std::to_string(test.param.orientation); });

TEST(OrientationOf, UprightAndSlightlyTurnedAreUpright) {
  EXPECT_EQ(OrientationOf(std::array<std::int32_t, 9>{65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30}), 1);
  EXPECT_EQ(
      OrientationOf(std::array<std::int32_t, 9>{64540, 11380, 0, -11380, 64540, 0, 0, 0, 1 << 30}),
      1);  // 10°
  EXPECT_EQ(OrientationOf(std::array<std::int32_t, 9>{}), 1);
}

}  // namespace
}  // namespace vigil::media::internal
