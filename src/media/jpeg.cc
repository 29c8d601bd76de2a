#include "media/jpeg.h"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <string_view>

#include "core/check.h"
#include "media/internal/limits_check.h"
#include "media/internal/picture_header.h"

namespace vigil::media {
namespace {

constexpr int kEighths = 8;
constexpr int kMaxEncodedSide = 65500;  // libjpeg's JPEG_MAX_DIMENSION
constexpr int kFullColorFromQuality = 95;

// The smallest of 1/8 to 8/8 that is at least `min_size`; libjpeg rounds sizes up.
Size ScaledSize(Size full, Size min_size) {
  if (min_size == Size{}) return full;
  for (int eighths = 1; eighths < kEighths; ++eighths) {
    const tjscalingfactor factor{eighths, kEighths};
    const Size scaled{TJSCALED(full.width, factor), TJSCALED(full.height, factor)};
    if (scaled.width >= min_size.width && scaled.height >= min_size.height) return scaled;
  }
  return full;
}

// libjpeg goes on after damage with grey or repeated blocks. Only stray bytes between segments
// leave the picture whole; many cameras write them.
bool IsHarmless(std::string_view warning) {
  return !warning.starts_with("Corrupt JPEG data") && !warning.starts_with("Premature end") &&
         !warning.starts_with("Inconsistent progression");
}
bool IsStrayBytes(std::string_view warning) {
  return warning.find("extraneous bytes") != std::string_view::npos;
}

absl::Status Decompress(std::span<const std::uint8_t> bytes, std::uint8_t* to, Size size,
                        int format) {
  constexpr int kFlags =
      TJFLAG_ACCURATEDCT;  // and fancy upsampling, as TJFLAG_FASTUPSAMPLE is not asked for
  // A handle keeps the tables of the picture before, so every picture has its own.
  const std::unique_ptr<void, decltype(&tjDestroy)> owner(tjInitDecompress(), &tjDestroy);
  const tjhandle handle = owner.get();
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for the JPEG decoder");
  if (tjDecompress2(handle, bytes.data(), bytes.size(), to, size.width, 0, size.height, format,
                    kFlags) == 0) {
    return absl::OkStatus();
  }
  const std::string_view message = tjGetErrorStr2(handle);
  if (tjGetErrorCode(handle) == TJERR_WARNING && (IsHarmless(message) || IsStrayBytes(message))) {
    return absl::OkStatus();
  }
  return internal::Damaged(PictureType::kJpeg, message);
}

// Without a colour profile: light = (1 - ink) × (1 - black). Adobe stores 255 - ink.
void CmykToRgb(std::span<const std::uint8_t> cmyk, bool inverted, MutableImageView to) {
  const std::uint8_t* in = cmyk.data();
  const std::uint32_t flip = inverted ? 0 : 255;
  for (int y = 0; y < to.height; ++y) {
    std::uint8_t* out = to.row(y);
    for (int x = 0; x < to.width; ++x, in += 4, out += 3) {
      const std::uint32_t black = in[3] ^ flip;
      for (int c = 0; c < 3; ++c)
        out[c] = static_cast<std::uint8_t>(((in[c] ^ flip) * black + 127) / 255);
    }
  }
}

}  // namespace

void JpegEncoder::Destroy::operator()(void* handle) const { tjDestroy(handle); }

JpegEncoder::JpegEncoder() : handle_(tjInitCompress()) { VIGIL_CHECK(handle_ != nullptr); }
JpegEncoder::~JpegEncoder() = default;

absl::StatusOr<Image> JpegDecoder::Decode(std::span<const std::uint8_t> bytes, ImagePool& pool,
                                          const DecodeOptions& options) {
  if (const auto status = internal::CheckBytes(bytes.size(), options.limits); !status.ok())
    return status;
  if (DetectPictureType(bytes) != PictureType::kJpeg) {
    return absl::InvalidArgumentError("not a JPEG: it does not begin with FF D8 FF");
  }
  const auto header = internal::ReadJpegHeader(bytes);
  if (!header.ok()) return header.status();
  if (const auto status = internal::CheckSize(header->info, options.limits); !status.ok())
    return status;
  if (const auto status = internal::CheckJpegScans(bytes, options.limits.max_jpeg_scans);
      !status.ok())
    return status;

  const Size size = ScaledSize(header->info.stored, options.min_size);
  Image image = pool.Acquire(size.width, size.height, PixelFormat::kRgb8);
  const MutableImageView view = image.mutable_view();
  if (header->info.components != 4) {
    if (const auto status = Decompress(bytes, view.data, size, TJPF_RGB); !status.ok())
      return status;
    return image;
  }
  cmyk_.resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4);
  if (const auto status = Decompress(bytes, cmyk_.data(), size, TJPF_CMYK); !status.ok())
    return status;
  CmykToRgb(cmyk_, header->adobe, view);
  return image;
}

absl::StatusOr<std::span<const std::uint8_t>> JpegEncoder::Encode(ImageView image, int quality) {
  if (image.empty()) return absl::InvalidArgumentError("no picture to write as JPEG: it is empty");
  if (image.width > kMaxEncodedSide || image.height > kMaxEncodedSide) {
    return absl::InvalidArgumentError(
        fmt::format("JPEG holds at most {} pixels a side, the picture has {} x {}", kMaxEncodedSide,
                    image.width, image.height));
  }
  const bool grey = image.format == PixelFormat::kGray8;
  const int sampling = grey                               ? TJSAMP_GRAY
                       : quality >= kFullColorFromQuality ? TJSAMP_444
                                                          : TJSAMP_420;
  const unsigned long room = tjBufSize(image.width, image.height, sampling);
  if (room == static_cast<unsigned long>(-1)) {
    return absl::InvalidArgumentError(fmt::format(
        "a picture of {} x {} pixels is too large for JPEG", image.width, image.height));
  }
  if (buffer_.size() < room) buffer_.resize(room);
  unsigned char* to = buffer_.data();
  unsigned long size = room;
  if (tjCompress2(handle_.get(), image.data, image.width, static_cast<int>(image.stride),
                  image.height, grey ? TJPF_GRAY : TJPF_RGB, &to, &size, sampling,
                  std::clamp(quality, 1, 100), TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC) != 0) {
    return absl::InternalError(
        fmt::format("JPEG encoding failed: {}", tjGetErrorStr2(handle_.get())));
  }
  return std::span<const std::uint8_t>(buffer_.data(), size);
}

}  // namespace vigil::media
