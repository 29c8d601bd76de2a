#include "rpc/internal/frame_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vigil::rpc::internal {
namespace {

absl::Status CheckRaw(std::size_t bytes, Size size, const media::PictureLimits& limits) {
  if (size.width <= 0 || size.height <= 0)
    return absl::InvalidArgumentError("raw pixels need a width and a height above 0");
  if (size.width > limits.max_side || size.height > limits.max_side ||
      std::int64_t{size.width} * size.height > limits.max_pixels)
    return absl::ResourceExhaustedError(
        fmt::format("{} x {} pixels: at most {} a side and {} in all", size.width, size.height,
                    limits.max_side, limits.max_pixels));
  const std::size_t need =
      3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  if (bytes != need)
    return absl::InvalidArgumentError(
        fmt::format("{} x {} pixels are {} bytes, {} came", size.width, size.height, need, bytes));
  return absl::OkStatus();
}

// Bytes 0 and 2 of every three change places; `phase` is which of a pixel's bytes comes first.
void CopyBgr(const FieldBytes& bytes, std::uint8_t* to) {
  int phase = 0;
  for (const auto& piece : bytes.pieces()) {
    const std::uint8_t* from = piece.data();
    const std::uint8_t* const end = from + piece.size();
    while (from != end) {
      if (phase == 0 && end - from >= 3) {
        to[0] = from[2];
        to[1] = from[1];
        to[2] = from[0];
        from += 3;
        to += 3;
        continue;
      }
      to[2 - phase] = *from++;
      if (++phase == 3) {
        phase = 0;
        to += 3;
      }
    }
  }
}

}  // namespace

std::vector<FrameDecoder> DecodersOf(int workers, const media::PictureLimits& limits) {
  std::vector<FrameDecoder> decoders;
  for (int i = 0; i < workers; ++i) decoders.emplace_back(limits);
  return decoders;
}

bool LooksLikeJpeg(const FieldBytes& bytes) {
  constexpr std::uint8_t kStart[] = {0xFF, 0xD8, 0xFF};
  std::size_t at = 0;
  for (const auto& piece : bytes.pieces()) {
    for (const std::uint8_t byte : piece) {
      if (byte != kStart[at]) return false;
      if (++at == std::size(kStart)) return true;
    }
  }
  return false;
}

absl::StatusOr<ImageView> FrameDecoder::Decode(const FieldBytes& bytes, FrameEncoding encoding,
                                               Size size) {
  image_ = Image();  // back to the pool
  file_ = {};
  if (bytes.size() == 0) return absl::InvalidArgumentError("the frame is empty");
  if (encoding == FrameEncoding::kJpeg) return DecodeJpeg(bytes, size);
  if (auto status = CheckRaw(bytes.size(), size, limits_); !status.ok()) return status;
  if (encoding == FrameEncoding::kRgb24 && bytes.pieces().size() == 1)
    return ImageView{bytes.pieces()[0].data(), size.width, size.height,
                     std::ptrdiff_t{3} * size.width, PixelFormat::kRgb8};
  image_ = pool_.Acquire(size.width, size.height, PixelFormat::kRgb8);
  std::uint8_t* to = image_.mutable_view().data;
  if (encoding == FrameEncoding::kBgr24) {
    CopyBgr(bytes, to);
  } else {
    for (const auto& piece : bytes.pieces()) to = std::ranges::copy(piece, to).out;
  }
  return image_.view();
}

absl::StatusOr<ImageView> FrameDecoder::DecodeJpeg(const FieldBytes& bytes, Size size) {
  if (bytes.size() > limits_.max_bytes)
    return absl::ResourceExhaustedError(
        fmt::format("{} bytes: at most {} of a picture", bytes.size(), limits_.max_bytes));
  const auto file = bytes.Joined(scratch_);
  auto image = jpeg_.Decode(file, pool_, {limits_, {}});
  if (!image.ok()) return image.status();
  if (size != Size{} && size != image->size())
    return absl::InvalidArgumentError(
        fmt::format("the JPEG has {} x {} pixels, width and height say {} x {}", image->width(),
                    image->height(), size.width, size.height));
  image_ = *std::move(image);
  file_ = file;
  return image_.view();
}

}  // namespace vigil::rpc::internal
