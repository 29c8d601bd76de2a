// Pictures: JPEG, PNG, WebP and BMP, from memory and from files.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/geometry.h"
#include "core/image.h"
#include "core/limits.h"

namespace vigil::media {

enum class PictureType : std::uint8_t { kUnknown, kJpeg, kPng, kWebp, kBmp };

/// "JPEG", "PNG", "WebP", "BMP" or "unknown".
std::string_view Name(PictureType type);

/// The type by the first bytes, never by a name; 16 bytes suffice.
PictureType DetectPictureType(std::span<const std::uint8_t> bytes);

/// What a picture's header says.
struct PictureInfo {
  PictureType type = PictureType::kUnknown;
  Size stored;          ///< width and height as stored, before `orientation`
  int components = 0;   ///< channels as stored: 1 grey or palette, 2 grey + alpha, 3 colour, 4
                        ///< colour + alpha or CMYK
  int bit_depth = 0;    ///< bits of one channel; of an index for palettes
  int orientation = 1;  ///< EXIF, 1 to 8 (1: upright); 1 where there is none or it is damaged

  bool sideways() const { return orientation >= 5; }
  /// Width and height as seen.
  Size size() const { return sideways() ? Size{stored.height, stored.width} : stored; }
  friend bool operator==(const PictureInfo&, const PictureInfo&) = default;
};

/// What is refused before memory is taken for it.
struct PictureLimits {
  std::size_t max_bytes = limits::kMaxPictureBytes;  ///< of the encoded picture
  int max_side = limits::kMaxPictureSide;
  std::int64_t max_pixels = limits::kMaxPicturePixels;
  int max_jpeg_scans = limits::kMaxJpegScans;
};

/// For what strangers send. Reaching memory: the encoded bytes twice (a copy for PNG, WebP, BMP),
/// the decoded picture as stored and as RGB.
constexpr PictureLimits NetworkPictureLimits() { return {}; }

/// For files that this machine's user names.
constexpr PictureLimits LocalPictureLimits() {
  return {limits::kMaxLocalPictureBytes, limits::kMaxPictureSide, limits::kMaxLocalPicturePixels,
          limits::kMaxJpegScans};
}

struct DecodeOptions {
  PictureLimits limits = NetworkPictureLimits();
  /// JPEG only: decode at the smallest of 1/8, 2/8 … 8/8 of the size that is still at least this
  /// wide and high (as seen). {0, 0}: full size. Other types are always decoded at full size.
  Size min_size;
};

/// Reads the header and nothing else: no pixel memory is taken. No limits apply.
/// InvalidArgument: no such picture, or a damaged header. DataLoss: it ends inside the header.
absl::StatusOr<PictureInfo> ProbePicture(std::span<const std::uint8_t> bytes);

/// The picture as RGB, turned upright as its EXIF orientation says.
///
/// - JPEG: "fancy" chroma upsampling and the accurate integer DCT, as browsers decode; CMYK and
/// YCCK by the plain
///   formula (with Adobe's inversion where its marker is present).
/// - Grey and palettes are widened; 16 bits are rounded to 8; 1-bit pictures become black and
/// white.
/// - Transparency is composited over black, which is what a page reads back from a cleared canvas
/// (premultiplied).
///   BMP's fourth channel is ignored. Colour profiles and gamma are ignored, an animated PNG gives
///   its still picture.
///
/// Errors are one line that says what is wrong and what to do. InvalidArgument: empty, not a
/// picture, damaged header. ResourceExhausted: over a limit. DataLoss: truncated or damaged pixels.
/// Unimplemented: a variant that is not read (animated WebP, 12-bit or lossless JPEG). Safe from
/// any thread.
absl::StatusOr<Image> DecodePicture(std::span<const std::uint8_t> bytes,
                                    const DecodeOptions& options = {});

/// DecodePicture of a file; errors begin with the path. Also NotFound, PermissionDenied, and
/// InvalidArgument for what is not a file. The default limits are LocalPictureLimits().
absl::StatusOr<Image> ReadPicture(const std::filesystem::path& path,
                                  const DecodeOptions& options = {LocalPictureLimits(), {}});

}  // namespace vigil::media
