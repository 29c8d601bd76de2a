#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "media/internal/exif.h"
#include "media/internal/picture_header.h"

namespace vigil::media::internal {
namespace {

constexpr int kStartOfScan = 0xDA;
constexpr int kEndOfImage = 0xD9;
constexpr int kApp1 = 0xE1;
constexpr int kApp14 = 0xEE;

struct Segment {
  int marker = 0;
  Bytes payload;          // without the two bytes of its length
  std::size_t end = 0;    // offset of the first byte after it
  bool complete = false;  // all of the payload is there
};

bool HasNoPayload(int marker) { return (marker >= 0xD0 && marker <= 0xD9) || marker == 0x01; }

// The next marker at or after `at`, whatever lies before it; nothing when the bytes end first.
std::optional<Segment> NextSegment(Bytes bytes, std::size_t at) {
  while (at + 1 < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, 0xFF, bytes.size() - 1 - at);
    if (found == nullptr) return std::nullopt;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
    const int marker = bytes[at + 1];
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    at += 2;
    if (marker == 0) continue;  // a stuffed 0xFF of the entropy-coded data
    if (HasNoPayload(marker)) return Segment{marker, {}, at, true};
    const std::size_t length = Be16(bytes, at);
    if (length < 2) return Segment{marker, {}, at, false};
    return Segment{marker, Slice(bytes, at + 2, length - 2), at + length,
                   at + length <= bytes.size()};
  }
  return std::nullopt;
}

// SOF0 to SOF15 without DHT, JPG and DAC, which lie between them.
bool IsFrameHeader(int marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

absl::Status ReadFrameHeader(const Segment& segment, JpegHeader& header) {
  const Bytes frame = segment.payload;
  if (frame.size() < 6) return Damaged(PictureType::kJpeg, "its frame header is too short");
  header.progressive = segment.marker == 0xC2 || segment.marker == 0xCA;
  header.info.bit_depth = static_cast<int>(frame[0]);
  header.info.stored = {static_cast<int>(Be16(frame, 3)), static_cast<int>(Be16(frame, 1))};
  header.info.components = static_cast<int>(frame[5]);
  if (header.info.stored.width == 0 || header.info.stored.height == 0) {
    return Damaged(PictureType::kJpeg, "its header says a width or height of 0");
  }
  const bool known_process =
      segment.marker <= 0xC2 || segment.marker == 0xC9 || segment.marker == 0xCA;
  if (!known_process || header.info.bit_depth != 8) {
    return absl::UnimplementedError(
        fmt::format("{}-bit or lossless JPEG (process {}) is not read; save it as an 8-bit "
                    "baseline or progressive JPEG",
                    header.info.bit_depth, segment.marker - 0xC0));
  }
  if (header.info.components != 1 && header.info.components != 3 && header.info.components != 4) {
    return absl::UnimplementedError(
        fmt::format("a JPEG with {} colour components is not read; save it as RGB or grey",
                    header.info.components));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JpegHeader> ReadJpegHeader(Bytes bytes) {
  JpegHeader header;
  header.info.type = PictureType::kJpeg;
  bool frame_seen = false;
  std::optional<Segment> segment = NextSegment(bytes, 2);
  for (; segment && segment->marker != kStartOfScan && segment->marker != kEndOfImage;
       segment = NextSegment(bytes, segment->end)) {
    if (!segment->complete) return Truncated(PictureType::kJpeg, bytes.size());
    if (IsFrameHeader(segment->marker)) {
      if (frame_seen) return Damaged(PictureType::kJpeg, "it has two frame headers");
      if (const auto status = ReadFrameHeader(*segment, header); !status.ok()) return status;
      frame_seen = true;
    } else if (segment->marker == kApp1 && HasText(segment->payload, 0, "Exif")) {
      header.info.orientation = ExifOrientation(segment->payload);
    } else if (segment->marker == kApp14 && HasText(segment->payload, 0, "Adobe")) {
      header.adobe = true;
    }
  }
  if (frame_seen && segment && segment->marker == kStartOfScan) return header;
  if (!segment) return Truncated(PictureType::kJpeg, bytes.size());
  return Damaged(PictureType::kJpeg, "it holds no picture");
}

absl::Status CheckJpegScans(Bytes bytes, int max_scans) {
  int scans = 0;
  for (auto segment = NextSegment(bytes, 2); segment; segment = NextSegment(bytes, segment->end)) {
    if (segment->marker == kEndOfImage) return absl::OkStatus();
    if (segment->marker == kStartOfScan && ++scans > max_scans) {
      return absl::ResourceExhaustedError(fmt::format(
          "the JPEG has more than {} scans, which is how attacks on decoders look; save it anew",
          max_scans));
    }
  }
  return Truncated(PictureType::kJpeg, bytes.size());
}

}  // namespace vigil::media::internal
