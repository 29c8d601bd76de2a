// Pictures as they should be: every kind of pixel, WebP, orientation, scaled decoding.
#include "media/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "media/picture_writer.h"
#include "picture_samples.h"

namespace vigil::media {
namespace {

using samples::Data;
using samples::PixelAt;
using samples::Rgb;
using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(MessageOf(status)); }

// --- every kind of pixel -----------------------------------------------------------------------

struct PixelCase {
  const char* name;
  Data bytes;
  std::vector<Rgb> expected;  // of the first row
};
class PixelKinds : public testing::TestWithParam<PixelCase> {};

TEST_P(PixelKinds, BecomeRgb) {
  const auto image = DecodePicture(GetParam().bytes);
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->format(), PixelFormat::kRgb8);
  ASSERT_EQ(image->width(), static_cast<int>(GetParam().expected.size()));
  for (int x = 0; x < image->width(); ++x) {
    EXPECT_EQ(PixelAt(*image, x, 0), GetParam().expected[static_cast<std::size_t>(x)])
        << "pixel " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Png, PixelKinds,
    testing::Values(
        PixelCase{"rgb",
                  samples::Png({2, 1, 8, 2, {10, 20, 30, 40, 50, 60}, {}, {}, {}, {}}),
                  {{10, 20, 30}, {40, 50, 60}}},
        PixelCase{"grey",
                  samples::Png({2, 1, 8, 0, {7, 200}, {}, {}, {}, {}}),
                  {{7, 7, 7}, {200, 200, 200}}},
        PixelCase{"grey_1_bit",
                  samples::Png({9, 1, 1, 0, {0b10100000, 0b10000000}, {}, {}, {}, {}}),
                  {{255, 255, 255},
                   {0, 0, 0},
                   {255, 255, 255},
                   {0, 0, 0},
                   {0, 0, 0},
                   {0, 0, 0},
                   {0, 0, 0},
                   {0, 0, 0},
                   {255, 255, 255}}},
        PixelCase{"grey_2_bit",
                  samples::Png({4, 1, 2, 0, {0b00011011}, {}, {}, {}, {}}),
                  {{0, 0, 0}, {85, 85, 85}, {170, 170, 170}, {255, 255, 255}}},
        PixelCase{"grey_4_bit",
                  samples::Png({2, 1, 4, 0, {0x3F}, {}, {}, {}, {}}),
                  {{51, 51, 51}, {255, 255, 255}}},
        PixelCase{"grey_4_bit_transparent",
                  samples::Png({2, 1, 4, 0, {0x3F}, {}, {0, 3}, {}, {}}),
                  {{51, 51, 51}, {255, 255, 255}}},
        PixelCase{"grey_16_bit",
                  samples::Png({2, 1, 16, 0, {0x80, 0x80, 0xFF, 0xFE}, {}, {}, {}, {}}),
                  {{128, 128, 128}, {255, 255, 255}}},
        PixelCase{"grey_alpha",
                  samples::Png({2, 1, 8, 4, {200, 255, 200, 51}, {}, {}, {}, {}}),
                  {{200, 200, 200}, {40, 40, 40}}},
        PixelCase{"grey_alpha_16_bit",
                  samples::Png({1, 1, 16, 4, {200, 200, 0x33, 0x33}, {}, {}, {}, {}}),
                  {{40, 40, 40}}},
        PixelCase{"rgb_16_bit",
                  samples::Png({1, 1, 16, 2, {10, 10, 20, 20, 30, 30}, {}, {}, {}, {}}),
                  {{10, 20, 30}}},
        PixelCase{"rgb_16_bit_rounds",
                  samples::Png({1, 1, 16, 2, {10, 255, 0, 127, 0, 129}, {}, {}, {}, {}}),
                  {{11, 0, 1}}},
        PixelCase{"rgba",
                  samples::Png({3,
                                1,
                                8,
                                6,
                                {255, 100, 50, 255, 255, 100, 50, 0, 255, 100, 50, 51},
                                {},
                                {},
                                {},
                                {}}),
                  {{255, 100, 50}, {0, 0, 0}, {51, 20, 10}}},
        PixelCase{"rgba_16_bit",
                  samples::Png({1, 1, 16, 6, {255, 255, 100, 100, 50, 50, 51, 51}, {}, {}, {}, {}}),
                  {{51, 20, 10}}},
        PixelCase{"rgb_one_color_transparent",
                  samples::Png({2, 1, 8, 2, {9, 9, 9, 8, 8, 8}, {}, {0, 9, 0, 9, 0, 9}, {}, {}}),
                  {{0, 0, 0}, {8, 8, 8}}},
        PixelCase{"palette",
                  samples::Png({2, 1, 8, 3, {1, 0}, {1, 2, 3, 4, 5, 6}, {}, {}, {}}),
                  {{4, 5, 6}, {1, 2, 3}}},
        PixelCase{"palette_1_bit",
                  samples::Png({3, 1, 1, 3, {0b01000000}, {1, 2, 3, 4, 5, 6}, {}, {}, {}}),
                  {{1, 2, 3}, {4, 5, 6}, {1, 2, 3}}},
        PixelCase{"palette_4_bit_alpha",
                  samples::Png({2, 1, 4, 3, {0x01}, {100, 200, 50, 4, 5, 6}, {51}, {}, {}}),
                  {{20, 40, 10}, {4, 5, 6}}}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Bmp, PixelKinds,
    testing::Values(
        PixelCase{"rgb_24",
                  samples::Bmp(2, 1, 24, {}, {30, 20, 10, 60, 50, 40, 0, 0}),
                  {{10, 20, 30}, {40, 50, 60}}},
        PixelCase{"top_down", samples::Bmp(1, -2, 24, {}, {1, 2, 3, 0, 4, 5, 6, 0}), {{3, 2, 1}}},
        PixelCase{"bottom_up", samples::Bmp(1, 2, 24, {}, {1, 2, 3, 0, 4, 5, 6, 0}), {{6, 5, 4}}},
        PixelCase{"fourth_byte_is_padding",
                  samples::Bmp(2, 1, 32, {}, {30, 20, 10, 0, 60, 50, 40, 7}),
                  {{10, 20, 30}, {40, 50, 60}}},
        PixelCase{"rgb_555",
                  samples::Bmp(2, 1, 16, {}, {0x00, 0x7C, 0x1F, 0x00}),
                  {{255, 0, 0}, {0, 0, 255}}},
        PixelCase{"palette_1_bit",
                  samples::Bmp(2, 1, 1, {1, 2, 3, 0, 4, 5, 6, 0}, {0b01000000, 0, 0, 0}),
                  {{3, 2, 1}, {6, 5, 4}}},
        PixelCase{"palette_8_bit",
                  samples::Bmp(2, 1, 8, {1, 2, 3, 0, 4, 5, 6, 0}, {1, 0, 0, 0}),
                  {{6, 5, 4}, {3, 2, 1}}}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

// --- WebP --------------------------------------------------------------------------------------

// One row: opaque, transparent and a fifth of (255, 100, 50).
const Data kLosslessAlpha = {0x52, 0x49, 0x46, 0x46, 0x26, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50,
                             0x56, 0x50, 0x38, 0x4c, 0x1a, 0x00, 0x00, 0x00, 0x2f, 0x02, 0x00, 0x00,
                             0x10, 0x17, 0x30, 0x64, 0xf3, 0x3f, 0x32, 0x02, 0x81, 0x24, 0xa7, 0xfd,
                             0x0d, 0x86, 0x8a, 0x43, 0x18, 0x95, 0x88, 0xe8, 0x7f, 0x00};
INSTANTIATE_TEST_SUITE_P(Webp, PixelKinds,
                         testing::Values(PixelCase{"lossless_alpha",
                                                   kLosslessAlpha,
                                                   {{255, 100, 50}, {0, 0, 0}, {51, 20, 10}}}),
                         [](const auto& test_case) { return std::string(test_case.param.name); });

// 16 x 16 of (200, 100, 50), the right half a fifth opaque; lossy, with its alpha in a chunk of its
// own.
const Data kLossyAlpha = {
    0x52, 0x49, 0x46, 0x46, 0x6c, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38,
    0x58, 0x0a, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x0f, 0x00, 0x00, 0x0f, 0x00, 0x00,
    0x41, 0x4c, 0x50, 0x48, 0x13, 0x00, 0x00, 0x00, 0x01, 0x0f, 0x70, 0x9a, 0xff, 0x88, 0x88,
    0x20, 0x16, 0x4c, 0xe6, 0x2f, 0xdd, 0x9d, 0x41, 0x44, 0xff, 0x43, 0x17, 0x00, 0x56, 0x50,
    0x38, 0x20, 0x32, 0x00, 0x00, 0x00, 0xd0, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10,
    0x00, 0x00, 0xc0, 0x12, 0x25, 0xa0, 0x02, 0x74, 0xba, 0x01, 0xf8, 0x00, 0x03, 0xb0, 0x00,
    0xfe, 0xda, 0x26, 0xff, 0xee, 0xf3, 0x7e, 0xd3, 0xd7, 0xb4, 0xf5, 0xfd, 0x4c, 0xff, 0xf8,
    0xca, 0x9f, 0x20, 0x3f, 0xe3, 0x2a, 0x7f, 0xc5, 0xcc, 0x00, 0x00};

TEST(Webp, LossyWithAlpha) {
  const auto info = ProbePicture(kLossyAlpha);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(*info, (PictureInfo{PictureType::kWebp, {16, 16}, 4, 8, 1}));
  const auto image = DecodePicture(kLossyAlpha);
  ASSERT_TRUE(image.ok()) << image.status();
  const Rgb left = PixelAt(*image, 2, 8), right = PixelAt(*image, 13, 8);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(left[c], (Rgb{200, 100, 50})[c], 3);
    EXPECT_NEAR(right[c], (Rgb{40, 20, 10})[c], 3);
  }
}

// The simple file of the encoder inside an extended one, with EXIF behind the picture.
Data WebpWithExif(const Data& simple, Size size, const Data& exif) {
  Data webp;
  samples::Append(webp, std::string_view("RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x08\0\0\0", 24));
  samples::AppendLe(webp, static_cast<std::uint32_t>(size.width - 1), 3);
  samples::AppendLe(webp, static_cast<std::uint32_t>(size.height - 1), 3);
  samples::Append(webp, std::span(simple).subspan(12));
  samples::Append(webp, "EXIF");
  samples::AppendLe(webp, static_cast<std::uint32_t>(exif.size()), 4);
  samples::Append(webp, exif);
  Data riff_size;
  samples::AppendLe(riff_size, static_cast<std::uint32_t>(webp.size() - 8), 4);
  std::copy(riff_size.begin(), riff_size.end(), webp.begin() + 4);
  return webp;
}

TEST(Webp, OrientationIsHonoured) {
  const test::TempDir folder;
  const Image upright = samples::Gradient(75, 41);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image stored = samples::StoredAs(upright, orientation);
    ASSERT_TRUE(WritePicture(folder / "a.webp", stored.view(), {.quality = 100}).ok());
    const Data webp = WebpWithExif(samples::ReadAll(folder / "a.webp"), stored.size(),
                                   samples::Exif(orientation, true));
    const auto image = DecodePicture(webp);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->size(), upright.size());
    EXPECT_LE(samples::MeanDifference(*image, upright), 3) << orientation;
    EXPECT_EQ(ProbePicture(webp)->orientation, orientation);
  }
}

TEST(Webp, HeadersThatDisagreeAreRefused) {
  Data webp = kLossyAlpha;
  webp[24] = 0x1F;  // the canvas is 32 wide, the picture 16
  const auto image = DecodePicture(webp);
  EXPECT_EQ(image.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(image.status()), HasSubstr("32 x 16 and 16 x 16"));
}

// --- orientation -------------------------------------------------------------------------------

class StoredOrientation : public testing::TestWithParam<int> {};

TEST_P(StoredOrientation, IsHonoured) {
  const Image upright = samples::Gradient(75, 40);
  const Image stored = samples::StoredAs(upright, GetParam());
  const Data rows(stored.view().data, stored.view().data + stored.bytes());
  for (const bool little_endian : {true, false}) {
    const Data exif = samples::Exif(GetParam(), little_endian);
    const Data png = samples::Png({stored.width(), stored.height(), 8, 2, rows, {}, {}, exif, {}});
    const auto from_png = DecodePicture(png);
    ASSERT_TRUE(from_png.ok()) << from_png.status();
    EXPECT_EQ(samples::MaxDifference(*from_png, upright), 0);

    const Data jpeg = samples::JpegWithExif(samples::Jpeg(stored, 100), exif);
    const auto info = ProbePicture(jpeg);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->orientation, GetParam());
    EXPECT_EQ(info->stored, stored.size());
    EXPECT_EQ(info->size(), upright.size());
    const auto from_jpeg = DecodePicture(jpeg);
    ASSERT_TRUE(from_jpeg.ok()) << from_jpeg.status();
    EXPECT_LE(samples::MaxDifference(*from_jpeg, upright), 4);
  }
}
INSTANTIATE_TEST_SUITE_P(Exif, StoredOrientation, testing::Range(1, 9));

TEST(Picture, DamagedExifMeansUpright) {
  const Data jpeg = samples::Jpeg(samples::Gradient(16, 8));
  const Data exif = samples::Exif(6, true);
  for (std::size_t size = 0; size < exif.size() - 6; ++size) {
    const auto info = ProbePicture(samples::JpegWithExif(
        jpeg, Data(exif.begin(), exif.begin() + static_cast<std::ptrdiff_t>(size))));
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_TRUE(info->orientation == 1 || size >= 34) << size;
  }
  EXPECT_EQ(ProbePicture(samples::JpegWithExif(jpeg, samples::Exif(9, true)))->orientation, 1);
  EXPECT_EQ(ProbePicture(samples::JpegWithExif(jpeg, samples::Exif(0, false)))->orientation, 1);
}

// --- scaled decoding ---------------------------------------------------------------------------

struct ScaleCase {
  Size full, min_size, expected;
};
class Scaling : public testing::TestWithParam<ScaleCase> {};

TEST_P(Scaling, TakesTheSmallestThatSuffices) {
  const Image image = samples::Gradient(GetParam().full.width, GetParam().full.height);
  const auto small =
      DecodePicture(samples::Jpeg(image, 95), {NetworkPictureLimits(), GetParam().min_size});
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_EQ(small->size(), GetParam().expected);
  // A gradient looks the same at every size, up to half a block of 8 at the picture's end.
  const int x = small->width() / 2;
  EXPECT_NEAR(PixelAt(*small, x, small->height() / 2)[0], 255 * (x + 0.5) / small->width(),
              3 + 255.0 * 4 / GetParam().full.width);
}
INSTANTIATE_TEST_SUITE_P(Jpeg, Scaling,
                         testing::Values(ScaleCase{{640, 480}, {0, 0}, {640, 480}},
                                         ScaleCase{{640, 480}, {128, 96}, {160, 120}},
                                         ScaleCase{{640, 480}, {80, 60}, {80, 60}},
                                         ScaleCase{{640, 480}, {81, 60}, {160, 120}},
                                         ScaleCase{{640, 480}, {300, 0}, {320, 240}},
                                         ScaleCase{{640, 480}, {1, 250}, {400, 300}},
                                         ScaleCase{{641, 481}, {561, 0}, {561, 421}},
                                         ScaleCase{{640, 480}, {2000, 2000}, {640, 480}},
                                         ScaleCase{{33, 17}, {1, 1}, {5, 3}}));

TEST(Picture, MinSizeIsOfThePictureAsSeen) {
  const Data jpeg =
      samples::JpegWithExif(samples::Jpeg(samples::Gradient(640, 480)), samples::Exif(6, true));
  const auto image = DecodePicture(jpeg, {NetworkPictureLimits(), {0, 200}});
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->size(), (Size{180, 240}));
}

}  // namespace
}  // namespace vigil::media
