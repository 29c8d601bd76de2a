#include "media/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "core/limits.h"
#include "picture_samples.h"

namespace vigil::media {
namespace {

constexpr std::uint8_t kWhite = 255;

Image White(int width, int height, PixelFormat format = PixelFormat::kGray8) {
  Image image(width, height, format);
  std::fill_n(image.mutable_view().data, image.bytes(), kWhite);
  return image;
}

PrivacyMask Mask(std::vector<MaskPolygon> polygons) {
  auto mask = PrivacyMask::Create(std::move(polygons));
  EXPECT_TRUE(mask.ok()) << mask.status();
  return *std::move(mask);
}

std::vector<std::string> Drawn(PrivacyMask mask, int width, int height) {
  Image image = White(width, height);
  mask.Apply(image.mutable_view());
  std::vector<std::string> rows;
  for (int y = 0; y < height; ++y) {
    std::string row;
    for (int x = 0; x < width; ++x) row += image.view().row(y)[x] == 0 ? '#' : '.';
    rows.push_back(row);
  }
  return rows;
}

struct ShapeCase {
  const char* name;
  std::vector<MaskPolygon> polygons;
  std::vector<std::string> expected;
};
class Shapes : public testing::TestWithParam<ShapeCase> {};

TEST_P(Shapes, AreCovered) {
  const auto& expected = GetParam().expected;
  EXPECT_EQ(Drawn(Mask(GetParam().polygons), static_cast<int>(expected[0].size()),
                  static_cast<int>(expected.size())),
            expected);
}
INSTANTIATE_TEST_SUITE_P(
    Mask, Shapes,
    testing::Values(
        ShapeCase{"none", {}, {"....", "...."}},
        ShapeCase{"whole", {{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, {"####", "####"}},
        ShapeCase{"aligned_edges_hide_the_inside_only",
                  {{{0.25F, 0.25F}, {0.75F, 0.25F}, {0.75F, 0.75F}, {0.25F, 0.75F}}},
                  {"....", ".##.", ".##.", "...."}},
        ShapeCase{"a_little_of_a_pixel_hides_it",
                  {{{0.24F, 0.24F}, {0.76F, 0.24F}, {0.76F, 0.76F}, {0.24F, 0.76F}}},
                  {"####", "####", "####", "####"}},
        ShapeCase{"inside_one_pixel",
                  {{{0.55F, 0.55F}, {0.6F, 0.55F}, {0.58F, 0.6F}}},
                  {"....", "....", "..#.", "...."}},
        ShapeCase{"cut_at_the_frame",
                  {{{-5, -5}, {0.5F, -5}, {0.5F, 0.5F}, {-5, 0.5F}}},
                  {"##..", "##..", "....", "...."}},
        ShapeCase{"far_outside", {{{1e30F, 2}, {3e30F, 2}, {2e30F, 1e30F}}}, {"....", "...."}},
        ShapeCase{"the_frame_inside_the_polygon",
                  {{{-1e30F, -1e30F}, {1e30F, -1e30F}, {1e30F, 1e30F}, {-1e30F, 1e30F}}},
                  {"####", "####"}},
        ShapeCase{"any_direction", {{{0, 1}, {1, 1}, {1, 0}, {0, 0}}}, {"####", "####"}},
        ShapeCase{"two_polygons",
                  {{{0, 0}, {0.25F, 0}, {0.25F, 1}, {0, 1}},
                   {{0.5F, 0}, {0.75F, 0}, {0.75F, 1}, {0.5F, 1}}},
                  {"#.#.", "#.#."}},
        // Even-odd counting would leave the pentagon in the middle of the star open.
        ShapeCase{"star_has_no_hole",
                  {{{0.5F, 0}, {0.8F, 1}, {0, 0.4F}, {1, 0.4F}, {0.2F, 1}}},
                  {"....##....", "....##....", "....##....", "...####...", "##########",
                   ".########.", "..######..", "..######..", "..######..", "..##..##.."}},
        ShapeCase{"bow_tie",
                  {{{0, 0}, {1, 1}, {1, 0}, {0, 1}}},
                  {"#....#", "##..##", "######", "######", "##..##", "#....#"}}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

// Points inside the polygon by another method (the angle it winds around them), five by five in
// each pixel and almost at its borders: the pixel of every one that is inside must be black.
double Winding(const MaskPolygon& polygon, double x, double y, double width, double height) {
  double turn = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point2f a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    const double ax = a.x * width - x, ay = a.y * height - y, bx = b.x * width - x,
                 by = b.y * height - y;
    turn += std::atan2(ax * by - ay * bx, ax * bx + ay * by);
  }
  return turn / (2 * 3.14159265358979);
}

TEST(PrivacyMask, NoPixelWithAnyPartInsideSurvives) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> place(-0.2F, 1.2F);
  std::uniform_int_distribution<int> corners(3, 9);
  constexpr int kWidth = 37, kHeight = 23;
  int inside = 0, painted = 0, needed = 0;
  for (int round = 0; round < 60; ++round) {
    MaskPolygon polygon(static_cast<std::size_t>(corners(random)));
    for (Point2f& corner : polygon) corner = {place(random), place(random)};
    Image image = White(kWidth, kHeight);
    Mask({polygon}).Apply(image.mutable_view());
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        bool any = false;
        for (const double dy : {0.001, 0.25, 0.5, 0.75, 0.999}) {
          for (const double dx : {0.001, 0.25, 0.5, 0.75, 0.999})
            any |= std::abs(Winding(polygon, x + dx, y + dy, kWidth, kHeight)) > 0.5;
        }
        const bool black = image.view().row(y)[x] == 0;
        inside += any && !black;
        needed += any;
        painted += black;
      }
    }
  }
  EXPECT_EQ(inside, 0);
  EXPECT_GT(needed, 5000);
  EXPECT_LT(painted, needed * 1.1) << "and not much more than what is needed";
}

TEST(PrivacyMask, FollowsTheFrameSizeAndTheStride) {
  PrivacyMask mask = Mask({{{0.5F, 0}, {1, 0}, {1, 1}, {0.5F, 1}}});
  for (const int width : {8, 20, 8}) {
    Image image = White(width, 4, PixelFormat::kRgb8);
    mask.Apply(image.mutable_view());
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < width; ++x) {
        const int expected = x < width / 2 ? 255 : 0;
        EXPECT_EQ(samples::PixelAt(image, x, y), (samples::Rgb{expected, expected, expected}))
            << x << "," << y;
      }
    }
  }
  Image wide = White(16, 4, PixelFormat::kRgb8);
  MutableImageView part = wide.mutable_view();  // the left half of it
  part.width = 8;
  mask.Apply(part);
  EXPECT_EQ(samples::PixelAt(wide, 4, 3)[0], 0);
  EXPECT_EQ(samples::PixelAt(wide, 8, 3)[0], 255);
}

struct BadMaskCase {
  const char* name;
  std::vector<MaskPolygon> polygons;
  const char* says;
};
class BadMasks : public testing::TestWithParam<BadMaskCase> {};

TEST_P(BadMasks, AreRefused) {
  const auto mask = PrivacyMask::Create(GetParam().polygons);
  ASSERT_FALSE(mask.ok());
  EXPECT_EQ(mask.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(mask.status().message()), testing::HasSubstr(GetParam().says));
}
const MaskPolygon kTriangle = {{0, 0}, {1, 0}, {0, 1}};
INSTANTIATE_TEST_SUITE_P(
    Mask, BadMasks,
    testing::Values(
        BadMaskCase{"line", {kTriangle, {{0, 0}, {1, 1}}}, "mask 1 has 2 corners"},
        BadMaskCase{"many_corners", {MaskPolygon(limits::kMaxPolygonVertices + 1)}, "65 corners"},
        BadMaskCase{"many_masks", std::vector<MaskPolygon>(limits::kMaxMasks + 1, kTriangle),
                    "257 masks"},
        BadMaskCase{"on_one_line",
                    {kTriangle, {{0, 0}, {0.25F, 0.25F}, {1, 1}}},
                    "mask 1 hides nothing: its corners lie on one line"},
        BadMaskCase{"upright_line", {{{0.5F, 0}, {0.5F, 1}, {0.5F, 0.5F}, {0.5F, 0}}}, "one line"},
        BadMaskCase{"one_point", {MaskPolygon(3, {0.5F, 0.5F})}, "one line"},
        BadMaskCase{"no_number",
                    {{{0, 0}, {std::numeric_limits<float>::quiet_NaN(), 0}, {0, 1}}},
                    "not a number"},
        BadMaskCase{"infinite",
                    {{{0, 0}, {std::numeric_limits<float>::infinity(), 0}, {0, 1}}},
                    "not a number"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(PrivacyMask, TheLimitsThemselvesAreAllowed) {
  MaskPolygon many(limits::kMaxPolygonVertices, {0.5F, 0.5F});
  many[0] = {0, 0};
  many[1] = {1, 0};
  EXPECT_TRUE(PrivacyMask::Create({many}).ok());
  // Crosses itself: as much to the left as to the right, and both is hidden.
  EXPECT_TRUE(PrivacyMask::Create({MaskPolygon{{0, 0}, {1, 1}, {1, 0}, {0, 1}}}).ok());
  EXPECT_TRUE(PrivacyMask::Create({MaskPolygon{{0, 0}, {0.01F, 0}, {0, 0.01F}}}).ok());
  EXPECT_TRUE(PrivacyMask::Create(std::vector<MaskPolygon>(limits::kMaxMasks, kTriangle)).ok());
}

}  // namespace
}  // namespace vigil::media
