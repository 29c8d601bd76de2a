#include "face/letterbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace vigil::face {
namespace {

constexpr float kPad = -5;

Image Filled(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Image image(width, height, PixelFormat::kRgb8);
  auto view = image.mutable_view();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      view.row(y)[3 * x] = r;
      view.row(y)[3 * x + 1] = g;
      view.row(y)[3 * x + 2] = b;
    }
  }
  return image;
}

struct FitCase {
  const char* name;
  Size picture;
  Size covered;  // of a 64 × 32 input
};
class LetterboxFits : public testing::TestWithParam<FitCase> {};

TEST_P(LetterboxFits, KeepsAspectAndPadsTheRest) {
  const auto [width, height] = GetParam().picture;
  const Image image = Filled(width, height, 10, 20, 30);
  std::vector<float> planes(3 * 64 * 32, 99);
  Letterbox letterbox({64, 32}, ChannelOrder::kBgr, 0.5F, kPad);
  const float scale = letterbox.Fill(image.view(), planes);
  EXPECT_FLOAT_EQ(scale,
                  std::min(64.0F / static_cast<float>(width), 32.0F / static_cast<float>(height)));
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 64; ++x) {
      const bool inside = x < GetParam().covered.width && y < GetParam().covered.height;
      const auto at = [&](int plane) {
        return planes[static_cast<std::size_t>((plane * 32 + y) * 64 + x)];
      };
      ASSERT_NEAR(at(0), inside ? 15.0F : kPad, 1e-4) << x << " " << y;  // blue first
      ASSERT_NEAR(at(1), inside ? 10.0F : kPad, 1e-4);
      ASSERT_NEAR(at(2), inside ? 5.0F : kPad, 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Pictures, LetterboxFits,
    testing::Values(FitCase{"as_it_is", {64, 32}, {64, 32}},
                    FitCase{"shrunk", {640, 320}, {64, 32}}, FitCase{"wide", {300, 75}, {64, 16}},
                    FitCase{"tall", {50, 100}, {16, 32}}, FitCase{"enlarged", {16, 16}, {32, 32}},
                    FitCase{"one_pixel", {1, 1}, {32, 32}}, FitCase{"a_line", {8192, 1}, {64, 1}},
                    FitCase{"a_column", {1, 8192}, {1, 32}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Letterbox, CopiesAPictureOfItsSize) {
  Image image(4, 2, PixelFormat::kRgb8);
  for (std::size_t i = 0; i < image.bytes(); ++i)
    image.mutable_view().data[i] = static_cast<std::uint8_t>(i);
  std::vector<float> planes(3 * 4 * 2);
  Letterbox({4, 2}, ChannelOrder::kRgb, 1, 0).Fill(image.view(), planes);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(planes[c * 8 + i], 3 * i + c, 1e-3);
  }
}

TEST(Letterbox, GreyFillsThreePlanes) {
  Image image(8, 8, PixelFormat::kGray8);
  std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{77});
  std::vector<float> planes(3 * 4 * 4);
  Letterbox({4, 4}, ChannelOrder::kRgb, 1, 0).Fill(image.view(), planes);
  EXPECT_THAT(planes, testing::Each(testing::FloatNear(77, 1e-3F)));
}

// A bilinear sample without averaging would see stripes or nothing, depending on where it falls.
TEST(Letterbox, ShrinkingAverages) {
  Image image = Filled(256, 256, 0, 0, 0);
  for (int y = 0; y < 256; ++y) {
    for (int x = y % 2; x < 256; x += 2) image.mutable_view().row(y)[3 * x] = 200;
  }
  std::vector<float> planes(3 * 32 * 32);
  Letterbox({32, 32}, ChannelOrder::kRgb, 1, 0).Fill(image.view(), planes);
  EXPECT_THAT(std::span(planes).first(32 * 32), testing::Each(testing::FloatNear(100, 2)));
}

// Where a thing lies must survive: its centre in the tensor, divided by the scale, is its centre in
// the picture.
TEST(Letterbox, KeepsPlaces) {
  struct Case {
    Size picture;
    int left, top, side;
  };
  for (const auto& [picture, left, top, side] :
       {Case{{640, 480}, 200, 100, 40}, Case{{50, 40}, 30, 7, 4}, Case{{333, 777}, 11, 600, 60}}) {
    Image image = Filled(picture.width, picture.height, 0, 0, 0);
    for (int y = top; y < top + side; ++y) {
      for (int x = left; x < left + side; ++x) image.mutable_view().row(y)[3 * x] = 255;
    }
    std::vector<float> planes(3 * 128 * 128);
    const float scale = Letterbox({128, 128}, ChannelOrder::kRgb, 1, 0).Fill(image.view(), planes);
    double sum = 0, at_x = 0, at_y = 0;
    for (int y = 0; y < 128; ++y) {
      for (int x = 0; x < 128; ++x) {
        const double value = planes[static_cast<std::size_t>(y * 128 + x)];
        sum += value;
        at_x += value * (x + 0.5);
        at_y += value * (y + 0.5);
      }
    }
    EXPECT_NEAR(at_x / sum / scale, left + side / 2.0, 0.05 / scale) << picture.width;
    EXPECT_NEAR(at_y / sum / scale, top + side / 2.0, 0.05 / scale) << picture.width;
  }
}

TEST(Letterbox, FollowsAChangeOfSize) {
  Letterbox letterbox({32, 32}, ChannelOrder::kRgb, 1, kPad);
  std::vector<float> first(3 * 32 * 32), again(first.size());
  const Image large = Filled(100, 80, 1, 2, 3), small = Filled(10, 20, 4, 5, 6);
  letterbox.Fill(large.view(), first);
  letterbox.Fill(small.view(), again);
  EXPECT_NE(again, first);
  letterbox.Fill(large.view(), again);
  EXPECT_EQ(again, first);
}

}  // namespace
}  // namespace vigil::face
