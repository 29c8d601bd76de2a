#include "rpc/internal/frame_decoder.h"

#include <gtest/gtest.h>

#include <numeric>

#include "media/jpeg.h"

namespace vigil::rpc::internal {
namespace {

FieldBytes Cut(const std::vector<std::uint8_t>& bytes, std::size_t piece) {
  FieldBytes field;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    field.Add({bytes.data() + at, std::min(piece, bytes.size() - at)});
  return field;
}

TEST(FrameDecoder, RawPixelsHoweverTheyAreCut) {
  std::vector<std::uint8_t> rgb(4 * 3 * 3);
  std::iota(rgb.begin(), rgb.end(), std::uint8_t{1});
  std::vector<std::uint8_t> bgr = rgb;
  for (std::size_t i = 0; i < bgr.size(); i += 3) std::swap(bgr[i], bgr[i + 2]);
  FrameDecoder decoder;
  for (std::size_t piece = 1; piece <= rgb.size(); ++piece) {
    for (const bool turned : {false, true}) {
      const auto image =
          decoder.Decode(Cut(turned ? bgr : rgb, piece),
                         turned ? FrameEncoding::kBgr24 : FrameEncoding::kRgb24, {4, 3});
      ASSERT_TRUE(image.ok());
      EXPECT_EQ(std::vector<std::uint8_t>(image->data, image->data + rgb.size()), rgb) << piece;
    }
  }
  // In one piece, they are not copied.
  EXPECT_EQ(decoder.Decode(Cut(rgb, 100), FrameEncoding::kRgb24, {4, 3})->data, rgb.data());
}

TEST(FrameDecoder, JpegHoweverItIsCut) {
  Image image(40, 30, PixelFormat::kRgb8);
  std::fill_n(image.mutable_view().data, image.bytes(), std::uint8_t{77});
  media::JpegEncoder encoder;
  const auto encoded = encoder.Encode(image.view(), 90).value();
  const std::vector<std::uint8_t> jpeg(encoded.begin(), encoded.end());
  FrameDecoder decoder;
  for (const std::size_t piece : {1, 2, 50, 100'000}) {
    const FieldBytes bytes = Cut(jpeg, piece);
    EXPECT_TRUE(LooksLikeJpeg(bytes));
    for (const Size size : {Size{}, Size{40, 30}}) {
      const auto decoded = decoder.Decode(bytes, FrameEncoding::kJpeg, size);
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(decoded->size(), (Size{40, 30}));
    }
    EXPECT_FALSE(decoder.Decode(bytes, FrameEncoding::kJpeg, {41, 30}).ok());
  }
  EXPECT_FALSE(LooksLikeJpeg(Cut({0xFF, 0xD8}, 1)));
  EXPECT_FALSE(LooksLikeJpeg({}));
}

TEST(FrameDecoder, SizesThatCannotBeAreRefusedBeforeMemoryIsTaken) {
  const std::vector<std::uint8_t> bytes(12);
  FrameDecoder decoder;
  for (const Size size : {Size{0, 0}, Size{-1, -1}, Size{1, -12}, Size{3, 2}, Size{65536, 65536},
                          Size{2147483647, 2147483647}, Size{8193, 1}, Size{1, 8193}}) {
    EXPECT_FALSE(decoder.Decode(Cut(bytes, 5), FrameEncoding::kRgb24, size).ok())
        << size.width << " x " << size.height;
  }
  EXPECT_TRUE(decoder.Decode(Cut(bytes, 5), FrameEncoding::kRgb24, {2, 2}).ok());
  EXPECT_FALSE(decoder.Decode({}, FrameEncoding::kJpeg, {}).ok());
}

}  // namespace
}  // namespace vigil::rpc::internal
