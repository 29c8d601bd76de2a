#include <fmt/format.h>

#include <array>

#include "media/internal/exif.h"
#include "media/internal/picture_header.h"

namespace vigil::media::internal {
namespace {

constexpr std::size_t kSignature = 8;
constexpr std::size_t kChunkFrame = 12;  // length, type, CRC
constexpr std::size_t kHeaderEnd = kSignature + kChunkFrame + 13;
constexpr std::uint32_t kMaxPngNumber = 0x7FFFFFFF;

struct Chunk {
  std::string_view type;
  Bytes payload;
  Bytes whole;
  bool complete = false;
};

Chunk ChunkAt(Bytes bytes, std::size_t at) {
  const std::size_t length = Be32(bytes, at);
  const Bytes type = Slice(bytes, at + 4, 4);
  const bool complete = length <= kMaxPngNumber && bytes.size() - at >= kChunkFrame + length;
  return {{reinterpret_cast<const char*>(type.data()), type.size()},
          Slice(bytes, at + 8, length),
          Slice(bytes, at, kChunkFrame + length),
          complete};
}

struct ColorType {
  int components;
  std::uint32_t depths;  // a bit set of the bit depths that the format allows
};

constexpr std::uint32_t Depths(std::initializer_list<int> depths) {
  std::uint32_t set = 0;
  for (const int depth : depths) set |= 1U << depth;
  return set;
}

// PNG specification (third edition), table 11.1; the index is the colour type.
constexpr std::array<ColorType, 7> kColorTypes = {{
    {1, Depths({1, 2, 4, 8, 16})},  // grey
    {0, 0},
    {3, Depths({8, 16})},       // RGB
    {1, Depths({1, 2, 4, 8})},  // palette
    {2, Depths({8, 16})},       // grey and alpha
    {0, 0},
    {4, Depths({8, 16})},  // RGB and alpha
}};

// FFmpeg's decoder refuses transparency of grey pictures with fewer than 8 bits, so that is left
// out.
bool NeededToDecode(std::string_view type, bool small_grey) {
  return type == "IHDR" || type == "PLTE" || type == "IDAT" || type == "IEND" ||
         (type == "tRNS" && !small_grey);
}

}  // namespace

absl::StatusOr<PictureInfo> ReadPngHeader(Bytes bytes) {
  if (bytes.size() < kHeaderEnd) return Truncated(PictureType::kPng, bytes.size());
  const Chunk header = ChunkAt(bytes, kSignature);
  if (header.type != "IHDR" || header.payload.size() != 13) {
    return Damaged(PictureType::kPng, "it does not begin with its header");
  }
  const std::uint32_t width = Be32(header.payload, 0), height = Be32(header.payload, 4);
  const std::uint32_t depth = header.payload[8], color = header.payload[9];
  if (width == 0 || height == 0 || width > kMaxPngNumber || height > kMaxPngNumber) {
    return Damaged(PictureType::kPng, fmt::format("its header says {} x {} pixels", width, height));
  }
  if (color >= kColorTypes.size() || depth > 16 || (kColorTypes[color].depths >> depth & 1U) == 0) {
    return Damaged(PictureType::kPng,
                   fmt::format("its header says colour type {} with {} bits", color, depth));
  }
  PictureInfo info;
  info.type = PictureType::kPng;
  info.stored = {static_cast<int>(width), static_cast<int>(height)};
  info.components = kColorTypes[color].components;
  info.bit_depth = static_cast<int>(depth);
  for (std::size_t at = kHeaderEnd; at < bytes.size();) {
    const Chunk chunk = ChunkAt(bytes, at);
    if (!chunk.complete || chunk.type == "IEND") break;
    if (chunk.type == "eXIf") {
      info.orientation = ExifOrientation(chunk.payload);
      break;
    }
    at += chunk.whole.size();
  }
  return info;
}

absl::StatusOr<std::vector<std::uint8_t>> StripPng(Bytes bytes) {
  std::vector<std::uint8_t> stripped(bytes.begin(), bytes.begin() + kSignature);
  stripped.reserve(bytes.size());
  const Bytes header = ChunkAt(bytes, kSignature).payload;
  const bool small_grey = header[9] == 0 && header[8] < 8;
  bool pixels = false;
  for (std::size_t at = kSignature; at < bytes.size();) {
    const Chunk chunk = ChunkAt(bytes, at);
    if (!chunk.complete) break;
    if (NeededToDecode(chunk.type, small_grey)) {
      stripped.insert(stripped.end(), chunk.whole.begin(), chunk.whole.end());
    }
    pixels |= chunk.type == "IDAT";
    if (chunk.type == "IEND") {
      if (!pixels) return Damaged(PictureType::kPng, "it holds no pixels");
      return stripped;
    }
    at += chunk.whole.size();
  }
  return Truncated(PictureType::kPng, bytes.size());
}

}  // namespace vigil::media::internal
