#include <fmt/format.h>

#include <algorithm>

#include "media/internal/exif.h"
#include "media/internal/picture_header.h"

namespace vigil::media::internal {
namespace {

// WebP container specification (RFC 9649): "RIFF", size, "WEBP", then chunks of type, size,
// payload, padding to even.
constexpr std::size_t kRiffHeader = 12;
constexpr std::size_t kChunkHeader = 8;
constexpr std::uint32_t kAnimated = 0x02;
constexpr std::uint32_t kAlpha = 0x10;

struct Chunk {
  std::string_view type;
  Bytes payload;
  std::size_t end = 0;  // offset of the next chunk
  bool complete = false;
};

Chunk ChunkAt(Bytes bytes, std::size_t at) {
  const Bytes type = Slice(bytes, at, 4);
  const std::size_t length = Le32(bytes, at + 4);
  const std::size_t end = at + kChunkHeader + length;
  return {{reinterpret_cast<const char*>(type.data()), type.size()},
          Slice(bytes, at + kChunkHeader, length),
          end + (length & 1),
          end <= bytes.size()};
}

std::size_t RiffEnd(Bytes bytes) { return Le32(bytes, 4) + std::size_t{8}; }

// The bit stream's own header: of VP8 a key frame's tag, start code and two 14-bit sizes; of VP8L a
// signature byte and two 14-bit sizes less one, then whether alpha is used.
absl::Status ReadBitstream(const Chunk& chunk, PictureInfo& info) {
  const Bytes data = chunk.payload;
  if (chunk.type == "VP8 ") {
    if (data.size() < 10) return Truncated(PictureType::kWebp, data.size());
    if ((data[0] & 1U) != 0 || data[3] != 0x9D || data[4] != 0x01 || data[5] != 0x2A) {
      return Damaged(PictureType::kWebp, "its picture does not begin with a key frame");
    }
    info.stored = {static_cast<int>(Le16(data, 6) & 0x3FFF),
                   static_cast<int>(Le16(data, 8) & 0x3FFF)};
  } else {
    if (data.size() < 5) return Truncated(PictureType::kWebp, data.size());
    if (data[0] != 0x2F)
      return Damaged(PictureType::kWebp, "its lossless picture has no signature");
    const std::uint32_t bits = Le32(data, 1);
    info.stored = {static_cast<int>(bits & 0x3FFF) + 1, static_cast<int>(bits >> 14 & 0x3FFF) + 1};
    if ((bits >> 28 & 1U) != 0) info.components = 4;
  }
  if (info.stored.width == 0 || info.stored.height == 0) {
    return Damaged(PictureType::kWebp, "its header says a width or height of 0");
  }
  return absl::OkStatus();
}

absl::Status ReadExtended(Bytes payload, PictureInfo& info, Size& canvas) {
  if (payload.size() < 10) return Damaged(PictureType::kWebp, "its extended header is too short");
  if ((payload[0] & kAnimated) != 0) {
    return absl::UnimplementedError(
        "animated WebP is not read; save one picture of it, or the whole as a video");
  }
  if ((payload[0] & kAlpha) != 0) info.components = 4;
  canvas = {static_cast<int>(Le24(payload, 4)) + 1, static_cast<int>(Le24(payload, 7)) + 1};
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PictureInfo> ReadWebpHeader(Bytes bytes) {
  PictureInfo info;
  info.type = PictureType::kWebp;
  info.components = 3;
  info.bit_depth = 8;
  Size canvas;
  const std::size_t end = std::min(bytes.size(), RiffEnd(bytes));
  for (std::size_t at = kRiffHeader; at + kChunkHeader <= end;) {
    const Chunk chunk = ChunkAt(bytes, at);
    if (chunk.type == "VP8X") {
      if (const auto status = ReadExtended(chunk.payload, info, canvas); !status.ok())
        return status;
    } else if ((chunk.type == "VP8 " || chunk.type == "VP8L") && info.stored == Size{}) {
      if (const auto status = ReadBitstream(chunk, info); !status.ok()) return status;
    } else if (chunk.type == "EXIF") {
      info.orientation = ExifOrientation(chunk.payload);
    }
    if (!chunk.complete) break;
    at = chunk.end;
  }
  if (info.stored == Size{}) {
    if (RiffEnd(bytes) > bytes.size()) return Truncated(PictureType::kWebp, bytes.size());
    return Damaged(PictureType::kWebp, "it holds no picture");
  }
  if (canvas != Size{} && canvas != info.stored) {
    return Damaged(PictureType::kWebp,
                   fmt::format("its headers disagree: {} x {} and {} x {} pixels", canvas.width,
                               canvas.height, info.stored.width, info.stored.height));
  }
  return info;
}

absl::StatusOr<std::vector<std::uint8_t>> StripWebp(Bytes bytes) {
  if (RiffEnd(bytes) > bytes.size()) return Truncated(PictureType::kWebp, bytes.size());
  bytes = bytes.first(RiffEnd(bytes));
  std::vector<std::uint8_t> stripped(bytes.begin(), bytes.begin() + kRiffHeader);
  stripped.reserve(bytes.size() + 1);
  for (std::size_t at = kRiffHeader; at + kChunkHeader <= bytes.size();) {
    const Chunk chunk = ChunkAt(bytes, at);
    if (!chunk.complete) return Truncated(PictureType::kWebp, bytes.size());
    if (chunk.type == "VP8X" || chunk.type == "ALPH" || chunk.type == "VP8 " ||
        chunk.type == "VP8L") {
      const Bytes whole = bytes.subspan(at, kChunkHeader + chunk.payload.size());
      const std::size_t start = stripped.size();
      stripped.insert(stripped.end(), whole.begin(), whole.end());
      if (chunk.payload.size() % 2 != 0) stripped.push_back(0);
      // What the extended header promises about chunks that were left out no longer holds.
      if (chunk.type == "VP8X") stripped[start + kChunkHeader] &= kAlpha;
    }
    if (chunk.type == "VP8 " || chunk.type == "VP8L") break;
    at = chunk.end;
  }
  const std::size_t size = stripped.size() - 8;
  for (int i = 0; i < 4; ++i)
    stripped[4 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(size >> (8 * i));
  return stripped;
}

}  // namespace vigil::media::internal
