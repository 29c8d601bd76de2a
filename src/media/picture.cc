#include "media/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "media/internal/bytes.h"
#include "media/internal/exif.h"
#include "media/internal/ffmpeg_picture.h"
#include "media/internal/limits_check.h"
#include "media/internal/picture_header.h"
#include "media/internal/read_file.h"
#include "media/jpeg.h"

namespace vigil::media {
namespace internal {

absl::Status Truncated(PictureType type, std::size_t bytes) {
  return absl::DataLossError(fmt::format(
      "the {} is truncated: it ends after {} bytes, inside the picture; copy or save it again",
      Name(type), bytes));
}

absl::Status Damaged(PictureType type, std::string_view what) {
  return absl::DataLossError(
      fmt::format("the {} is damaged: {}; copy or save it again", Name(type), what));
}

absl::Status CheckBytes(std::size_t bytes, const PictureLimits& limits) {
  if (bytes == 0)
    return absl::InvalidArgumentError("empty: there are no bytes in it; copy or save it again");
  if (bytes <= limits.max_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} bytes are more than the {} that a picture may have; save it smaller", bytes,
                  limits.max_bytes));
}

absl::Status CheckSize(const PictureInfo& info, const PictureLimits& limits) {
  const auto [width, height] = info.stored;
  const std::int64_t pixels = std::int64_t{width} * height;
  if (width > limits.max_side || height > limits.max_side) {
    return absl::ResourceExhaustedError(
        fmt::format("the {} has {} x {} pixels, more than the {} that a side may have; "
                    "scale it down",
                    Name(info.type), width, height, limits.max_side));
  }
  if (pixels > limits.max_pixels) {
    return absl::ResourceExhaustedError(
        fmt::format("the {} has {} x {} pixels, more than the {} million allowed; "
                    "scale it down",
                    Name(info.type), width, height, static_cast<double>(limits.max_pixels) / 1e6));
  }
  return absl::OkStatus();
}

}  // namespace internal

namespace {

using internal::Bytes;
using internal::HasText;

constexpr std::size_t kLookedAt = 512;

bool LooksLikeText(Bytes bytes) {
  const Bytes head = internal::Slice(bytes, 0, kLookedAt);
  return std::all_of(head.begin(), head.end(), [](std::uint8_t c) {
    return c >= 0x20 ? c != 0x7F : c == '\n' || c == '\r' || c == '\t';
  });
}

// What people mistake for one of the four, so that the message can say so.
std::string_view Guess(Bytes bytes) {
  if (HasText(bytes, 0, "GIF8")) return "a GIF; give it as a video";
  if (HasText(bytes, 4, "ftypavif")) return "an AVIF picture; save it as JPEG or PNG";
  if (HasText(bytes, 4, "ftyphei") || HasText(bytes, 4, "ftypmif1"))
    return "a HEIC picture; save it as JPEG or PNG";
  if (HasText(bytes, 0, "II*") || HasText(bytes, 0, "MM"))
    return "a TIFF or raw picture; save it as JPEG or PNG";
  if (HasText(bytes, 4, "ftyp") || HasText(bytes, 0, "\x1A\x45\xDF\xA3"))
    return "a video; name it as one";
  if (HasText(bytes, 0, "%PDF")) return "a PDF; save the page as PNG";
  if (LooksLikeText(bytes)) return "text; check where the file comes from";
  return "something else; check where the file comes from";
}

absl::StatusOr<std::vector<std::uint8_t>> WhatDecodingNeeds(PictureType type, Bytes bytes) {
  if (type == PictureType::kPng) return internal::StripPng(bytes);
  if (type == PictureType::kWebp) return internal::StripWebp(bytes);
  if (const auto status = internal::CheckBmpComplete(bytes); !status.ok()) return status;
  return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
}

absl::StatusOr<Image> DecodeJpeg(Bytes bytes, const PictureInfo& info, DecodeOptions options) {
  if (info.sideways()) std::swap(options.min_size.width, options.min_size.height);
  ImagePool pool(0);
  return JpegDecoder().Decode(bytes, pool, options);
}

}  // namespace

std::string_view Name(PictureType type) {
  switch (type) {
    case PictureType::kJpeg:
      return "JPEG";
    case PictureType::kPng:
      return "PNG";
    case PictureType::kWebp:
      return "WebP";
    case PictureType::kBmp:
      return "BMP";
    case PictureType::kUnknown:
      break;
  }
  return "unknown";
}

PictureType DetectPictureType(std::span<const std::uint8_t> bytes) {
  if (HasText(bytes, 0, "\xFF\xD8\xFF")) return PictureType::kJpeg;
  if (HasText(bytes, 0, "\x89PNG\r\n\x1A\n")) return PictureType::kPng;
  if (HasText(bytes, 0, "RIFF") && HasText(bytes, 8, "WEBP")) return PictureType::kWebp;
  // "BM" alone begins many a text: the two reserved numbers are 0, and a header of a known size
  // follows.
  if (HasText(bytes, 0, "BM") && internal::Le32(bytes, 6) == 0 && internal::Le24(bytes, 15) == 0 &&
      bytes.size() >= 15) {
    return PictureType::kBmp;
  }
  return PictureType::kUnknown;
}

absl::StatusOr<PictureInfo> ProbePicture(std::span<const std::uint8_t> bytes) {
  switch (DetectPictureType(bytes)) {
    case PictureType::kJpeg: {
      const auto header = internal::ReadJpegHeader(bytes);
      if (!header.ok()) return header.status();
      return header->info;
    }
    case PictureType::kPng:
      return internal::ReadPngHeader(bytes);
    case PictureType::kWebp:
      return internal::ReadWebpHeader(bytes);
    case PictureType::kBmp:
      return internal::ReadBmpHeader(bytes);
    case PictureType::kUnknown:
      break;
  }
  if (bytes.empty()) return internal::CheckBytes(0, {});
  return absl::InvalidArgumentError(
      fmt::format("not a JPEG, PNG, WebP or BMP picture but {}", Guess(bytes)));
}

absl::StatusOr<Image> DecodePicture(std::span<const std::uint8_t> bytes,
                                    const DecodeOptions& options) {
  if (const auto status = internal::CheckBytes(bytes.size(), options.limits); !status.ok())
    return status;
  const auto info = ProbePicture(bytes);
  if (!info.ok()) return info.status();
  if (const auto status = internal::CheckSize(*info, options.limits); !status.ok()) return status;

  absl::StatusOr<Image> image;
  if (info->type == PictureType::kJpeg) {
    image = DecodeJpeg(bytes, *info, options);
  } else {
    auto needed = WhatDecodingNeeds(info->type, bytes);
    if (!needed.ok()) return needed.status();
    image = internal::DecodeWithFfmpeg(*info, *std::move(needed));
  }
  if (!image.ok()) return image.status();
  return internal::TurnUpright(*std::move(image), info->orientation);
}

absl::StatusOr<Image> ReadPicture(const std::filesystem::path& path, const DecodeOptions& options) {
  const auto bytes = internal::ReadFile(path, options.limits.max_bytes);
  if (!bytes.ok()) return bytes.status();
  auto image = DecodePicture(*bytes, options);
  if (image.ok()) return image;
  return internal::Prefixed(image.status(), path.string());
}

}  // namespace vigil::media
