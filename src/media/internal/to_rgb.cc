// Decoded frames to RGB. Written here rather than left to swscale so that every result is defined:
// rounding of 16 bits, compositing, and for WebP the centred chroma upsampling that browsers use.
extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
}

#include <algorithm>
#include <cstring>

#include "media/internal/bytes.h"
#include "media/internal/ffmpeg_picture.h"

namespace vigil::media::internal {
namespace {

struct Rgba {
  std::uint32_t r, g, b, a = 255;
};

std::uint8_t Round16(const std::uint8_t* big_endian) {  // v * 255 / 65535, to the nearest
  const std::uint32_t value = static_cast<std::uint32_t>(big_endian[0]) << 8 | big_endian[1];
  return static_cast<std::uint8_t>((value + 128 - (value >> 8)) >> 8);
}

// n bits widened to 8, so that the largest value becomes 255.
std::uint32_t Widen(std::uint32_t value, int bits) {
  const std::uint32_t max = (1U << bits) - 1;
  return ((value & max) * 255 + max / 2) / max;
}

std::uint8_t OverBlack(std::uint32_t channel, std::uint32_t alpha) {
  return static_cast<std::uint8_t>((channel * alpha + 127) / 255);
}

// `read` gives the pixel at the pointer; `step` is its size in bytes.
template <typename Read>
void Convert(const AVFrame& frame, bool ignore_alpha, int step, MutableImageView to, Read read) {
  for (int y = 0; y < to.height; ++y) {
    const std::uint8_t* in = frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0];
    std::uint8_t* out = to.row(y);
    for (int x = 0; x < to.width; ++x, in += step, out += 3) {
      const Rgba pixel = read(in);
      const std::uint32_t alpha = ignore_alpha ? 255 : pixel.a;
      out[0] = OverBlack(pixel.r, alpha);
      out[1] = OverBlack(pixel.g, alpha);
      out[2] = OverBlack(pixel.b, alpha);
    }
  }
}

void ConvertBits(const AVFrame& frame, MutableImageView to) {
  for (int y = 0; y < to.height; ++y) {
    const std::uint8_t* in = frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0];
    for (int x = 0; x < to.width; ++x) {
      const bool white = (in[x / 8] >> (7 - x % 8) & 1) != 0;
      std::memset(to.row(y) + 3 * x, white ? 255 : 0, 3);
    }
  }
}

// One line of a chroma plane at full size. Luma samples lie at a quarter and three quarters between
// chroma samples in both directions, so each takes 9, 3, 3 and 1 sixteenths of its four neighbours.
void UpsampleRow(const AVFrame& frame, int plane, int y, int width, std::uint8_t* out) {
  const int chroma_width = (frame.width + 1) / 2, chroma_height = (frame.height + 1) / 2;
  const int near_y = y / 2;
  const int far_y = std::clamp(y % 2 == 0 ? near_y - 1 : near_y + 1, 0, chroma_height - 1);
  const std::ptrdiff_t stride = frame.linesize[plane];
  const std::uint8_t* near_row = frame.data[plane] + near_y * stride;
  const std::uint8_t* far_row = frame.data[plane] + far_y * stride;
  for (int x = 0; x < width; ++x) {
    const int near_x = x / 2;
    const int far_x = std::clamp(x % 2 == 0 ? near_x - 1 : near_x + 1, 0, chroma_width - 1);
    const int near_column = 3 * near_row[near_x] + far_row[near_x];
    const int far_column = 3 * near_row[far_x] + far_row[far_x];
    out[x] = static_cast<std::uint8_t>((3 * near_column + far_column + 8) >> 4);
  }
}

std::uint8_t Clip(int fixed16) {
  return static_cast<std::uint8_t>(std::clamp(fixed16 >> 16, 0, 255));
}

// ITU-R BT.601, luma 16..235, chroma 16..240, in 16-bit fixed point.
void ConvertYuv(const AVFrame& frame, bool ignore_alpha, MutableImageView to) {
  const auto width = static_cast<std::size_t>(to.width);
  std::vector<std::uint8_t> chroma(2 * width);
  std::uint8_t *const u = chroma.data(), *const v = u + width;
  const bool has_alpha = frame.data[3] != nullptr && !ignore_alpha;
  for (int y = 0; y < to.height; ++y) {
    const std::uint8_t* luma = frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0];
    const std::uint8_t* alpha =
        has_alpha ? frame.data[3] + static_cast<std::ptrdiff_t>(y) * frame.linesize[3] : nullptr;
    UpsampleRow(frame, 1, y, to.width, u);
    UpsampleRow(frame, 2, y, to.width, v);
    std::uint8_t* out = to.row(y);
    for (int x = 0; x < to.width; ++x, out += 3) {
      const int base = 76309 * (luma[x] - 16) + 32768;  // 255/219
      const int cb = u[x] - 128, cr = v[x] - 128;
      const std::uint32_t a = alpha ? alpha[x] : 255;
      out[0] = OverBlack(Clip(base + 104597 * cr), a);
      out[1] = OverBlack(Clip(base - 25675 * cb - 53279 * cr), a);
      out[2] = OverBlack(Clip(base + 132201 * cb), a);
    }
  }
}

Rgba FromPalette(const AVFrame& frame, std::uint8_t index) {
  std::uint32_t argb = 0;  // in the machine's byte order
  std::memcpy(&argb, frame.data[1] + std::size_t{4} * index, 4);
  return {argb >> 16 & 255, argb >> 8 & 255, argb & 255, argb >> 24};
}

Rgba Packed16(const std::uint8_t* p, int red_bits, int green_bits, int blue_bits) {
  const std::uint32_t v = static_cast<std::uint32_t>(p[1]) << 8 | p[0];
  return {Widen(v >> (green_bits + blue_bits), red_bits), Widen(v >> blue_bits, green_bits),
          Widen(v, blue_bits)};
}

}  // namespace

Image ToRgb(const AVFrame& frame, bool ignore_alpha) {
  using P = const std::uint8_t*;
  Image image(frame.width, frame.height, PixelFormat::kRgb8);
  const MutableImageView to = image.mutable_view();
  const auto convert = [&](int step, auto read) { Convert(frame, ignore_alpha, step, to, read); };
  switch (frame.format) {
    case AV_PIX_FMT_RGB24:
      convert(3, [](P p) { return Rgba{p[0], p[1], p[2]}; });
      break;
    case AV_PIX_FMT_BGR24:
      convert(3, [](P p) { return Rgba{p[2], p[1], p[0]}; });
      break;
    case AV_PIX_FMT_RGBA:
      convert(4, [](P p) { return Rgba{p[0], p[1], p[2], p[3]}; });
      break;
    case AV_PIX_FMT_ARGB:
      convert(4, [](P p) { return Rgba{p[1], p[2], p[3], p[0]}; });
      break;
    case AV_PIX_FMT_BGRA:
      convert(4, [](P p) { return Rgba{p[2], p[1], p[0], p[3]}; });
      break;
    case AV_PIX_FMT_ABGR:
      convert(4, [](P p) { return Rgba{p[3], p[2], p[1], p[0]}; });
      break;
    case AV_PIX_FMT_RGB0:
      convert(4, [](P p) { return Rgba{p[0], p[1], p[2]}; });
      break;
    case AV_PIX_FMT_0RGB:
      convert(4, [](P p) { return Rgba{p[1], p[2], p[3]}; });
      break;
    case AV_PIX_FMT_BGR0:
      convert(4, [](P p) { return Rgba{p[2], p[1], p[0]}; });
      break;
    case AV_PIX_FMT_0BGR:
      convert(4, [](P p) { return Rgba{p[3], p[2], p[1]}; });
      break;
    case AV_PIX_FMT_GRAY8:
      convert(1, [](P p) { return Rgba{p[0], p[0], p[0]}; });
      break;
    case AV_PIX_FMT_YA8:
      convert(2, [](P p) { return Rgba{p[0], p[0], p[0], p[1]}; });
      break;
    case AV_PIX_FMT_PAL8:
      convert(1, [&](P p) { return FromPalette(frame, p[0]); });
      break;
    case AV_PIX_FMT_GRAY16BE:
      convert(2, [](P p) { return Rgba{Round16(p), Round16(p), Round16(p)}; });
      break;
    case AV_PIX_FMT_YA16BE:
      convert(4, [](P p) { return Rgba{Round16(p), Round16(p), Round16(p), Round16(p + 2)}; });
      break;
    case AV_PIX_FMT_RGB48BE:
      convert(6, [](P p) { return Rgba{Round16(p), Round16(p + 2), Round16(p + 4)}; });
      break;
    case AV_PIX_FMT_RGBA64BE:
      convert(8, [](P p) {
        return Rgba{Round16(p), Round16(p + 2), Round16(p + 4), Round16(p + 6)};
      });
      break;
    case AV_PIX_FMT_RGB444LE:
      convert(2, [](P p) { return Packed16(p, 4, 4, 4); });
      break;
    case AV_PIX_FMT_RGB555LE:
      convert(2, [](P p) { return Packed16(p, 5, 5, 5); });
      break;
    case AV_PIX_FMT_RGB565LE:
      convert(2, [](P p) { return Packed16(p, 5, 6, 5); });
      break;
    case AV_PIX_FMT_MONOBLACK:
      ConvertBits(frame, to);
      break;
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVA420P:
      ConvertYuv(frame, ignore_alpha, to);
      break;
    default:
      return {};
  }
  return image;
}

}  // namespace vigil::media::internal
