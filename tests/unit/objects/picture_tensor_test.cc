#include "objects/internal/picture_tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <random>

namespace vigil::objects {
namespace {

Image Noise(int width, int height, PixelFormat format) {
  Image image(width, height, format);
  std::mt19937 random(7);
  std::generate_n(image.mutable_view().data, image.bytes(),
                  [&] { return static_cast<std::uint8_t>(random()); });
  return image;
}

struct ResizeCase {
  const char* name;
  Size picture;
  Size input;
  Fit fit;
  PixelFormat format = PixelFormat::kRgb8;
};
class PictureTensorResizes : public testing::TestWithParam<ResizeCase> {};

// Of the tensor's rectangle that the picture takes, every value is what cv::resize gives.
TEST_P(PictureTensorResizes, AsOpenCvDoes) {
  const auto& param = GetParam();
  const Image image = Noise(param.picture.width, param.picture.height, param.format);
  PictureTensor tensor(param.input, {.fit = param.fit, .padding = 114});
  const auto area =
      static_cast<std::size_t>(param.input.width) * static_cast<std::size_t>(param.input.height);
  std::vector<float> planes(3 * area, -1.0F);
  const Placement at = tensor.Fill(image.view(), planes);

  const cv::Size size(
      static_cast<int>(std::lround(at.scale_x * static_cast<float>(image.width()))),
      static_cast<int>(std::lround(at.scale_y * static_cast<float>(image.height()))));
  const cv::Mat source(image.height(), image.width(), CV_8UC(Channels(param.format)),
                       const_cast<std::uint8_t*>(image.view().data));
  cv::Mat expected;
  cv::resize(source, expected, size, 0, 0, cv::INTER_LINEAR);
  const int left = static_cast<int>(at.offset_x), top = static_cast<int>(at.offset_y);
  int different = 0;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < param.input.height; ++y) {
      for (int x = 0; x < param.input.width; ++x) {
        const float value = planes[static_cast<std::size_t>(c) * area +
                                   static_cast<std::size_t>(y * param.input.width + x)];
        const int px = x - left, py = y - top;
        const bool inside = px >= 0 && py >= 0 && px < size.width && py < size.height;
        const int channel = param.format == PixelFormat::kGray8 ? 0 : c;
        const float wanted = inside ? static_cast<float>(expected.ptr<std::uint8_t>(
                                          py)[px * expected.channels() + channel])
                                    : 114.0F;
        if (value != wanted) ++different;
      }
    }
  }
  EXPECT_EQ(different, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, PictureTensorResizes,
    testing::Values(ResizeCase{"shrinks", {640, 427}, {416, 416}, Fit::kCenter},
                    ResizeCase{"shrinks_much", {1920, 1080}, {320, 320}, Fit::kCenter},
                    ResizeCase{"grows", {100, 75}, {640, 640}, Fit::kCenter},
                    ResizeCase{"upright", {375, 500}, {640, 640}, Fit::kCenter},
                    ResizeCase{"top_left", {500, 375}, {416, 416}, Fit::kTopLeft},
                    ResizeCase{"stretches", {500, 375}, {352, 352}, Fit::kStretch},
                    ResizeCase{"wide_input", {500, 375}, {640, 384}, Fit::kCenter},
                    ResizeCase{"same_size", {64, 64}, {64, 64}, Fit::kCenter},
                    ResizeCase{"grey", {123, 77}, {96, 64}, Fit::kCenter, PixelFormat::kGray8},
                    ResizeCase{"one_pixel", {1, 1}, {32, 32}, Fit::kCenter},
                    ResizeCase{"one_row", {5000, 1}, {64, 64}, Fit::kCenter},
                    ResizeCase{"one_column", {1, 300}, {64, 64}, Fit::kStretch}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PictureTensor, NormalisesByPlaneAndOrdersChannels) {
  Image image(2, 2, PixelFormat::kRgb8);
  for (int i = 0; i < 4; ++i) {
    image.mutable_view().data[3 * i] = 200;
    image.mutable_view().data[3 * i + 1] = 100;
    image.mutable_view().data[3 * i + 2] = 50;
  }
  PictureTensor tensor({4, 2}, {.fit = Fit::kCenter,
                                .order = ChannelOrder::kBgr,
                                .mean = {0, 2, -20},
                                .deviation = {1, 2, 10},
                                .padding = 10});
  std::vector<float> planes(24);
  const Placement at = tensor.Fill(image.view(), planes);
  EXPECT_EQ(at.offset_x, 1);
  EXPECT_FLOAT_EQ(planes[1], 50);
  EXPECT_FLOAT_EQ(planes[8 + 1], 49);
  EXPECT_FLOAT_EQ(planes[16 + 1], 22);
  EXPECT_FLOAT_EQ(planes[0], 10);
  EXPECT_FLOAT_EQ(planes[8], 4);
  EXPECT_FLOAT_EQ(planes[16 + 3], 3);
}

// Pictures of changing sizes through one object give what a fresh object gives.
TEST(PictureTensor, KeepsNothingOfThePictureBefore) {
  PictureTensor reused({64, 48}, {.padding = 1});
  for (const Size size :
       {Size{640, 480}, Size{50, 90}, Size{90, 50}, Size{640, 480}, Size{90, 50}}) {
    const Image image = Noise(size.width, size.height, PixelFormat::kRgb8);
    std::vector<float> planes(3 * 64 * 48, -5.0F), fresh(planes.size());
    reused.Fill(image.view(), planes);
    PictureTensor({64, 48}, {.padding = 1}).Fill(image.view(), fresh);
    EXPECT_EQ(planes, fresh);
  }
}

TEST(Placement, LeadsBackToThePicture) {
  PictureTensor tensor({640, 640}, {});
  const Image image(1280, 720, PixelFormat::kRgb8);
  std::vector<float> planes(3 * 640 * 640);
  std::fill_n(const_cast<std::uint8_t*>(image.view().data), image.bytes(), std::uint8_t{0});
  const Placement at = tensor.Fill(image.view(), planes);
  const PixelBox box = at.ToPicture({100, 140 + 50, 20, 10});
  EXPECT_FLOAT_EQ(box.x, 200);
  EXPECT_FLOAT_EQ(box.y, 100);
  EXPECT_FLOAT_EQ(box.width, 40);
  EXPECT_FLOAT_EQ(box.height, 20);
}

}  // namespace
}  // namespace vigil::objects
