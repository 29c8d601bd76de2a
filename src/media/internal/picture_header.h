// What the headers of the four picture formats say, read by bounds-checked code of our own before a
// decoder sees them.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <vector>

#include "media/internal/bytes.h"
#include "media/picture.h"

namespace vigil::media::internal {

struct JpegHeader {
  PictureInfo info;
  bool progressive = false;
  bool adobe = false;  ///< an Adobe marker: CMYK is stored inverted
};

/// Up to the first scan. Source: ITU-T T.81, annex B.
absl::StatusOr<JpegHeader> ReadJpegHeader(Bytes bytes);

/// Walks over every scan: DataLoss where the picture ends before its end marker, ResourceExhausted
/// where it has more than `max_scans` scans (a few hundred bytes can ask for hours of work).
absl::Status CheckJpegScans(Bytes bytes, int max_scans);

absl::StatusOr<PictureInfo> ReadPngHeader(Bytes bytes);
absl::StatusOr<PictureInfo> ReadWebpHeader(Bytes bytes);
absl::StatusOr<PictureInfo> ReadBmpHeader(Bytes bytes);

/// The picture with what decoding needs and nothing else: profiles and texts, which may inflate to
/// gigabytes, and metadata are left out. DataLoss where the file is shorter than it says.
absl::StatusOr<std::vector<std::uint8_t>> StripPng(Bytes bytes);
absl::StatusOr<std::vector<std::uint8_t>> StripWebp(Bytes bytes);
absl::Status CheckBmpComplete(Bytes bytes);

absl::Status Truncated(PictureType type, std::size_t bytes);
absl::Status Damaged(PictureType type, std::string_view what);

}  // namespace vigil::media::internal
