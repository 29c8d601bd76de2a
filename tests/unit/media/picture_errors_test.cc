// Pictures that are wrong, too large, cut off, or not pictures; and files with them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "core/status.h"
#include "media/internal/read_file.h"
#include "media/picture.h"
#include "media/picture_writer.h"
#include "picture_samples.h"

namespace vigil::media {
namespace {

using samples::Data;
using samples::PixelAt;
using samples::Rgb;
using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(MessageOf(status)); }

// --- what is wrong is said ---------------------------------------------------------------------

struct BadCase {
  const char* name;
  Data bytes;
  absl::StatusCode code;
  const char* says;
};
class BadPictures : public testing::TestWithParam<BadCase> {};

TEST_P(BadPictures, AreNamed) {
  const auto image = DecodePicture(GetParam().bytes);
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.status().code(), GetParam().code) << image.status();
  EXPECT_THAT(Message(image.status()), HasSubstr(GetParam().says));
  EXPECT_THAT(Message(image.status()), HasSubstr(";")) << "says what to do";
  EXPECT_EQ(Message(image.status()).find('\n'), std::string::npos);
}

Data Text(std::string_view text) { return Data(text.begin(), text.end()); }

Data Changed(Data bytes, std::size_t at, std::initializer_list<int> to) {
  for (const int value : to) bytes[at++] = static_cast<std::uint8_t>(value);
  return bytes;
}

Data SmallPng() { return samples::Png({2, 1, 8, 2, {10, 20, 30, 40, 50, 60}, {}, {}, {}, {}}); }
Data SmallBmp() { return samples::Bmp(2, 1, 24, {}, {30, 20, 10, 60, 50, 40, 0, 0}); }
Data SmallJpeg() { return samples::Jpeg(samples::Gradient(16, 16)); }

// Only headers: decoders that took memory for these would need 10 GB.
Data HugePng(int width, int height) {
  return samples::Png(
      {width, height, 8, 2, Data(static_cast<std::size_t>(height), 0), {}, {}, {}, {}});
}
Data JpegSize(int width, int height) {
  Data jpeg = SmallJpeg();
  const Data frame_header = {0xFF, 0xC0};
  const auto at = std::search(jpeg.begin(), jpeg.end(), frame_header.begin(), frame_header.end());
  return Changed(jpeg, static_cast<std::size_t>(at - jpeg.begin()) + 5,
                 {height >> 8, height & 255, width >> 8, width & 255});
}
Data JpegFrame(int offset, int value, int marker = 0xC0) {
  Data jpeg = SmallJpeg();
  const Data frame_header = {0xFF, 0xC0};
  const auto at = static_cast<std::size_t>(
      std::search(jpeg.begin(), jpeg.end(), frame_header.begin(), frame_header.end()) -
      jpeg.begin());
  jpeg[at + 1] = static_cast<std::uint8_t>(marker);
  jpeg[at + static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(value);
  return jpeg;
}
// A picture of many scans, which is what makes progressive decoders work for hours.
Data ManyScans(int scans) {
  Data jpeg = SmallJpeg();
  jpeg.erase(jpeg.end() - 2, jpeg.end());
  for (int i = 1; i < scans; ++i)
    samples::Append(jpeg, std::string_view("\xFF\xDA\0\x08\1\1\0\0\x3F\0\0", 11));
  samples::Append(jpeg, "\xFF\xD9");
  return jpeg;
}

INSTANTIATE_TEST_SUITE_P(
    Picture, BadPictures,
    testing::Values(
        BadCase{"empty", {}, absl::StatusCode::kInvalidArgument, "empty"},
        BadCase{"text", Text("Hello, this is a shopping list.\n"),
                absl::StatusCode::kInvalidArgument, "but text"},
        BadCase{"text_that_begins_like_bmp", Text("BMW and other makers of motor cars"),
                absl::StatusCode::kInvalidArgument, "but text"},
        BadCase{"gif", Text("GIF89a\1\0\1\0"), absl::StatusCode::kInvalidArgument, "a GIF"},
        BadCase{"heic",
                Text(std::string_view("\0\0\0\x18"
                                      "ftypheic",
                                      12)),
                absl::StatusCode::kInvalidArgument, "HEIC"},
        BadCase{"pdf", Text("%PDF-1.4"), absl::StatusCode::kInvalidArgument, "a PDF"},
        BadCase{"noise", {1, 2, 3, 4}, absl::StatusCode::kInvalidArgument, "something else"},
        BadCase{"jpeg_only_magic",
                {0xFF, 0xD8, 0xFF},
                absl::StatusCode::kDataLoss,
                "truncated: it ends after 3 bytes"},
        BadCase{"jpeg_huge", JpegSize(60000, 60000), absl::StatusCode::kResourceExhausted,
                "60000 x 60000"},
        BadCase{"jpeg_too_many_pixels", JpegSize(4000, 2001), absl::StatusCode::kResourceExhausted,
                "8 million"},
        BadCase{"jpeg_no_height", JpegSize(100, 0), absl::StatusCode::kDataLoss, "height of 0"},
        BadCase{"jpeg_12_bit", JpegFrame(4, 12), absl::StatusCode::kUnimplemented, "12-bit"},
        BadCase{"jpeg_lossless", JpegFrame(4, 8, 0xC3), absl::StatusCode::kUnimplemented,
                "lossless"},
        BadCase{"jpeg_two_components", JpegFrame(9, 2), absl::StatusCode::kUnimplemented,
                "2 colour components"},
        BadCase{"jpeg_65_scans", ManyScans(65), absl::StatusCode::kResourceExhausted,
                "more than 64 scans"},
        BadCase{"png_only_magic", Text("\x89PNG\r\n\x1A\n"), absl::StatusCode::kDataLoss,
                "truncated"},
        BadCase{"png_60000", HugePng(60000, 60000), absl::StatusCode::kResourceExhausted,
                "60000 x 60000"},
        BadCase{"png_side", HugePng(8193, 1), absl::StatusCode::kResourceExhausted,
                "more than the 8192"},
        BadCase{"png_no_width", HugePng(0, 5), absl::StatusCode::kDataLoss, "0 x 5"},
        BadCase{"png_negative", HugePng(-1, 5), absl::StatusCode::kDataLoss, "damaged"},
        BadCase{"png_color_type", samples::Png({1, 1, 8, 5, {0}, {}, {}, {}, {}}),
                absl::StatusCode::kDataLoss, "colour type 5"},
        BadCase{"png_depth", samples::Png({1, 1, 200, 2, {0}, {}, {}, {}, {}}),
                absl::StatusCode::kDataLoss, "200 bits"},
        BadCase{"png_wrong_checksum", Changed(SmallPng(), 45, {99}), absl::StatusCode::kDataLoss,
                "damaged"},
        BadCase{"bmp_negative_width", samples::Bmp(-4, 4, 24, {}, {}), absl::StatusCode::kDataLoss,
                "-4 x 4"},
        BadCase{"bmp_huge", samples::Bmp(2147483647, 2147483647, 24, {}, {}),
                absl::StatusCode::kResourceExhausted, "2147483647"},
        BadCase{"bmp_huge_top_down", samples::Bmp(1, -2147483647, 24, {}, {}),
                absl::StatusCode::kResourceExhausted, "2147483647"},
        BadCase{"bmp_smallest_height", samples::Bmp(1, INT32_MIN, 24, {}, {}),
                absl::StatusCode::kDataLoss, "damaged"},
        BadCase{"bmp_no_height", samples::Bmp(1, 0, 24, {}, {}), absl::StatusCode::kDataLoss,
                "1 x 0"},
        BadCase{"bmp_bits", samples::Bmp(1, 1, 7, {}, {0, 0, 0, 0}), absl::StatusCode::kDataLoss,
                "7 bits"},
        BadCase{"bmp_without_pixels", samples::Bmp(100, 100, 24, {}, {}),
                absl::StatusCode::kDataLoss, "truncated"},
        BadCase{"webp_only_magic", Text(std::string_view("RIFF\xFF\0\0\0WEBP", 12)),
                absl::StatusCode::kDataLoss, "truncated"},
        BadCase{"webp_animated",
                Text(std::string_view("RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\x0F\0\0\x0F\0\0",
                                      30)),
                absl::StatusCode::kUnimplemented, "animated WebP"},
        BadCase{"webp_huge_lossless",
                Text(std::string_view("RIFF\x12\0\0\0WEBPVP8L\5\0\0\0\x2F\xFF\xFF\xFF\x0F\0", 26)),
                absl::StatusCode::kResourceExhausted, "16384 x 16384"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Picture, TheLimitOfBytesIsExact) {
  const Data jpeg = SmallJpeg();
  DecodeOptions options;
  options.limits.max_bytes = jpeg.size();
  EXPECT_TRUE(DecodePicture(jpeg, options).ok());
  options.limits.max_bytes = jpeg.size() - 1;
  const auto refused = DecodePicture(jpeg, options);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Message(refused.status()), HasSubstr(fmt::format("{} bytes are more than the {}",
                                                               jpeg.size(), jpeg.size() - 1)));
}

TEST(Picture, TheLimitsOfSizeAreExact) {
  const Data png = samples::Png({40, 25, 8, 0, Data(1000), {}, {}, {}, {}});
  DecodeOptions options;
  options.limits.max_pixels = 1000;
  options.limits.max_side = 40;
  EXPECT_TRUE(DecodePicture(png, options).ok());
  options.limits.max_pixels = 999;
  EXPECT_EQ(DecodePicture(png, options).status().code(), absl::StatusCode::kResourceExhausted);
  options.limits.max_pixels = 1000;
  options.limits.max_side = 39;
  EXPECT_EQ(DecodePicture(png, options).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(Picture, SixtyFourScansAreAllowed) {
  const auto image =
      DecodePicture(ManyScans(64));  // its later scans are nonsense, but not too many
  EXPECT_NE(image.status().code(), absl::StatusCode::kResourceExhausted) << image.status();
}

// A profile that inflates to 300 MB is never inflated: profiles do not reach the decoder. Here the
// profile is damaged, which a decoder that looked at it would report.
TEST(Picture, ProfilesDoNotReachTheDecoder) {
  Data profile;
  samples::Append(profile, std::string_view("icc\0\0not a zlib stream", 22));
  EXPECT_TRUE(
      DecodePicture(samples::Png({2, 1, 8, 2, {10, 20, 30, 40, 50, 60}, {}, {}, {}, profile}))
          .ok());
}

TEST(Picture, HeaderSaysWhatIsStored) {
  const auto info = ProbePicture(samples::Png({5, 3, 16, 4, Data(60), {}, {}, {}, {}}));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(*info, (PictureInfo{PictureType::kPng, {5, 3}, 2, 16, 1}));
  EXPECT_EQ(*ProbePicture(SmallJpeg()), (PictureInfo{PictureType::kJpeg, {16, 16}, 3, 8, 1}));
  EXPECT_EQ(*ProbePicture(SmallBmp()), (PictureInfo{PictureType::kBmp, {2, 1}, 3, 8, 1}));
}

// --- truncated ---------------------------------------------------------------------------------

class Truncation : public testing::TestWithParam<const char*> {};

TEST_P(Truncation, IsSaidAtEveryTenth) {
  const test::TempDir folder;
  const auto path = folder / GetParam();
  ASSERT_TRUE(WritePicture(path, samples::Gradient(200, 150).view()).ok());
  const Data whole = samples::ReadAll(path);
  ASSERT_TRUE(DecodePicture(whole).ok());
  for (int tenth = 1; tenth < 10; ++tenth) {
    const Data part(whole.begin(),
                    whole.begin() + static_cast<std::ptrdiff_t>(whole.size()) * tenth / 10);
    const auto image = DecodePicture(part);
    ASSERT_FALSE(image.ok()) << tenth;
    EXPECT_EQ(image.status().code(), absl::StatusCode::kDataLoss) << image.status();
    EXPECT_THAT(Message(image.status()),
                HasSubstr(fmt::format("truncated: it ends after {} bytes", part.size())));
  }
  const auto without_end = DecodePicture(std::span(whole).first(whole.size() - 1));
  EXPECT_EQ(without_end.status().code(), absl::StatusCode::kDataLoss) << without_end.status();
}
INSTANTIATE_TEST_SUITE_P(Picture, Truncation, testing::Values("a.jpg", "a.png", "a.webp", "a.bmp"),
                         [](const auto& test_case) {
                           return std::string(test_case.param).substr(2);
                         });

TEST(Picture, DamageInsideAJpegIsAnError) {
  Data jpeg = samples::Jpeg(samples::Gradient(200, 150), 98);
  const std::size_t middle = jpeg.size() / 2;
  std::fill_n(jpeg.begin() + static_cast<std::ptrdiff_t>(middle), 40, std::uint8_t{0xFE});
  std::fill_n(jpeg.begin() + static_cast<std::ptrdiff_t>(middle) + 40, 40, std::uint8_t{0x00});
  const auto image = DecodePicture(jpeg);
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.status().code(), absl::StatusCode::kDataLoss) << image.status();
}

TEST(Picture, StrayBytesAfterTheScanAreForgiven) {
  Data jpeg = SmallJpeg();
  const Data stray = {0, 0, 0, 0};
  jpeg.insert(jpeg.end() - 2, stray.begin(), stray.end());
  const auto image = DecodePicture(jpeg);
  EXPECT_TRUE(image.ok()) << image.status();
}

// --- files -------------------------------------------------------------------------------------

TEST(ReadPicture, NamesThePath) {
  const test::TempDir folder;
  const auto missing = ReadPicture(folder / "missing.jpg");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(missing.status()), HasSubstr((folder / "missing.jpg").string() + ": "));

  const auto is_folder = ReadPicture(folder.path());
  EXPECT_EQ(is_folder.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(is_folder.status()), HasSubstr("is a folder"));

  samples::WriteAll(folder / "list.jpg", Text("a text file\n"));
  const auto text = ReadPicture(folder / "list.jpg");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(text.status()),
              HasSubstr("list.jpg: not a JPEG, PNG, WebP or BMP picture but text"));

  samples::WriteAll(folder / "big.jpg", {});
  std::filesystem::resize_file(folder / "big.jpg", 200'000'000);  // sparse
  const auto big = ReadPicture(folder / "big.jpg");
  EXPECT_EQ(big.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Message(big.status()), HasSubstr("200000000 bytes"));

  const auto device = ReadPicture("/dev/zero");
  EXPECT_EQ(device.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(device.status()), HasSubstr("no ordinary file"));
}

TEST(ReadPicture, TypeIsByContentNotByName) {
  const test::TempDir folder;
  samples::WriteAll(folder / "really_png.jpg", SmallPng());
  const auto image = ReadPicture(folder / "really_png.jpg");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(PixelAt(*image, 1, 0), (Rgb{40, 50, 60}));
}

TEST(ReadPicture, FilesMayBeLargerThanWhatTheNetworkSends) {
  const test::TempDir folder;
  const Image image = samples::Gradient(4000, 2100);  // 8.4 million pixels
  samples::WriteAll(folder / "large.jpg", samples::Jpeg(image, 80));
  EXPECT_TRUE(ReadPicture(folder / "large.jpg").ok());
  EXPECT_EQ(DecodePicture(samples::ReadAll(folder / "large.jpg")).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ReadPicture, RealPictures) {
  VIGIL_NEEDS_SHARED_DATA();
  int read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::SharedPath("."))) {
    const auto ending = entry.path().extension();
    if (ending != ".jpg" && ending != ".png") continue;
    const Data bytes = samples::ReadAll(entry.path());
    const auto info = ProbePicture(bytes);
    ASSERT_TRUE(info.ok()) << entry.path() << info.status();
    const auto image = ReadPicture(entry.path());
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->size(), info->size()) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace vigil::media
