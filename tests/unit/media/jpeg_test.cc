#include "media/jpeg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include "picture_samples.h"

namespace vigil::media {
namespace {

using samples::Data;

// CMYK straight from turbojpeg. `adobe`: with Adobe's marker, which says that the inks are stored
// inverted.
Data CmykJpeg(std::array<std::uint8_t, 4> inks, bool adobe) {
  const int side = 16;
  Data pixels(side * side * inks.size());
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = inks[i % inks.size()];
  const tjhandle handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjCompress2(handle, pixels.data(), side, 0, side, TJPF_CMYK, &bytes, &size, TJSAMP_444, 100,
              TJFLAG_ACCURATEDCT);
  Data jpeg(bytes, bytes + size);
  tjFree(bytes);
  tjDestroy(handle);
  const std::string_view marker = "Adobe";
  const auto at = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  EXPECT_NE(at, jpeg.end()) << "turbojpeg writes the marker";
  if (!adobe) *at = 'X';  // then nobody knows it
  return jpeg;
}

struct CmykCase {
  const char* name;
  std::array<std::uint8_t, 4> stored;
  bool adobe;
  samples::Rgb expected;
};
class Cmyk : public testing::TestWithParam<CmykCase> {};

TEST_P(Cmyk, BecomesRgb) {
  JpegDecoder decoder;
  ImagePool pool;
  const auto image = decoder.Decode(CmykJpeg(GetParam().stored, GetParam().adobe), pool);
  ASSERT_TRUE(image.ok()) << image.status();
  const samples::Rgb pixel = samples::PixelAt(*image, 8, 8);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(pixel[c], GetParam().expected[c], 3) << c;
}
INSTANTIATE_TEST_SUITE_P(
    Jpeg, Cmyk,
    testing::Values(CmykCase{"adobe_white", {255, 255, 255, 255}, true, {255, 255, 255}},
                    CmykCase{"adobe_cyan", {0, 255, 255, 255}, true, {0, 255, 255}},
                    // turbojpeg stores these as YCCK: (0, 128, 128, 0) and (255, 128, 128, 128),
                    // which without the marker are plain inks.
                    CmykCase{"plain_red", {255, 255, 255, 0}, false, {255, 127, 127}},
                    CmykCase{"plain_dark_cyan", {0, 0, 0, 128}, false, {0, 63, 63}},
                    CmykCase{"adobe_half_black", {255, 255, 128, 128}, true, {128, 128, 64}}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(JpegDecoder, GivesGreyAsRgb) {
  Image grey(16, 8, PixelFormat::kGray8);
  std::fill_n(grey.mutable_view().data, grey.bytes(), std::uint8_t{77});
  JpegDecoder decoder;
  ImagePool pool;
  const auto image = decoder.Decode(samples::Jpeg(grey), pool);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(samples::PixelAt(*image, 15, 7), (samples::Rgb{77, 77, 77}));
}

TEST(JpegDecoder, GoesOnAfterADamagedFrame) {
  const Image gradient = samples::Gradient(64, 48);
  const Data jpeg = samples::Jpeg(gradient, 95);
  JpegDecoder decoder;
  ImagePool pool;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(decoder.Decode(std::span(jpeg).first(jpeg.size() / 2), pool).ok());
    const auto image = decoder.Decode(jpeg, pool);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_LE(samples::MaxDifference(*image, gradient), 12);
  }
}

// libjpeg would decode it with the tables of the frame before, which may be others.
TEST(JpegDecoder, DoesNotBorrowTables) {
  const Data jpeg = samples::Jpeg(samples::Gradient(64, 48));
  const Data table = {0xFF, 0xDB};
  const auto at = std::search(jpeg.begin(), jpeg.end(), table.begin(), table.end());
  ASSERT_NE(at, jpeg.end());
  Data without(jpeg.begin(), at);
  without.insert(without.end(), at + 2 + (at[2] << 8 | at[3]), jpeg.end());
  JpegDecoder decoder;
  ImagePool pool;
  ASSERT_TRUE(decoder.Decode(jpeg, pool).ok());
  EXPECT_EQ(decoder.Decode(without, pool).status().code(), absl::StatusCode::kDataLoss);
}

TEST(JpegDecoder, TakesItsImagesFromThePool) {
  const Data jpeg = samples::Jpeg(samples::Gradient(64, 48));
  JpegDecoder decoder;
  ImagePool pool;
  const std::uint8_t* first = decoder.Decode(jpeg, pool)->view().data;
  EXPECT_EQ(decoder.Decode(jpeg, pool)->view().data, first);
}

TEST(JpegDecoder, RefusesOtherPictures) {
  JpegDecoder decoder;
  ImagePool pool;
  const auto image = decoder.Decode(samples::Png({1, 1, 8, 0, {5}, {}, {}, {}, {}}), pool);
  EXPECT_EQ(image.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(JpegEncoder, KeepsItsBuffer) {
  const Image image = samples::Gradient(64, 48);
  JpegEncoder encoder;
  const auto first = encoder.Encode(image.view(), 90);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::uint8_t* data = first->data();
  const auto second = encoder.Encode(image.view(), 50);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->data(), data);
  EXPECT_LT(second->size(), first->size());
}

TEST(JpegEncoder, ReadsRowsByTheirStride) {
  const Image image = samples::Gradient(64, 48);
  ImageView part = image.view();  // the right half
  part.data += 32 * 3;
  part.width = 32;
  JpegEncoder encoder;
  const auto bytes = encoder.Encode(part, 95);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  JpegDecoder decoder;
  ImagePool pool;
  const auto decoded = decoder.Decode(*bytes, pool);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->width(), 32);
  EXPECT_NEAR(samples::PixelAt(*decoded, 0, 24)[0], samples::PixelAt(image, 32, 24)[0], 8);
}

TEST(JpegEncoder, RefusesWhatJpegCannotHold) {
  JpegEncoder encoder;
  EXPECT_EQ(encoder.Encode({}, 90).status().code(), absl::StatusCode::kInvalidArgument);
  const Image line(65501, 1, PixelFormat::kGray8);
  const auto status = encoder.Encode(line.view(), 90).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("65501 x 1"));
}

}  // namespace
}  // namespace vigil::media
