// JPEG in a stream: a decoder and an encoder that are kept for the next frame.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/image.h"
#include "media/picture.h"

namespace vigil::media {

/// Decodes JPEG frames as stored (no EXIF orientation: cameras send none; DecodePicture turns
/// pictures). Each frame stands for itself: one that lost its tables is an error and is not decoded
/// with those of the frame before. One thread at a time. Of ours, a call takes memory for the image
/// only; libjpeg takes and frees its own state (1.5 us) and working rows.
class JpegDecoder {
 public:
  /// The frame as RGB; size, quality and errors as DecodePicture has them. `min_size` is of the
  /// stored picture. A frame with damaged data is DataLoss, never half a picture.
  absl::StatusOr<Image> Decode(std::span<const std::uint8_t> bytes, ImagePool& pool,
                               const DecodeOptions& options = {});

 private:
  std::vector<std::uint8_t> cmyk_;  // kept for its memory; only ever used by CMYK pictures
};

/// Encodes frames; one thread at a time. Takes memory only when a frame needs more than any before.
class JpegEncoder {
 public:
  JpegEncoder();
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;
  ~JpegEncoder();

  /// @param image    RGB or grey, at most 65,500 a side.
  /// @param quality  1 to 100; from 95 on colour is kept at full resolution (4:4:4), below it is
  /// halved (4:2:0).
  /// @return         the encoded picture, valid until the next call. InvalidArgument: empty or too
  /// large.
  absl::StatusOr<std::span<const std::uint8_t>> Encode(ImageView image, int quality);

 private:
  struct Destroy {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Destroy> handle_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace vigil::media
