#include <fmt/format.h>

#include <cstdlib>

#include "media/internal/picture_header.h"

namespace vigil::media::internal {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::size_t kCoreHeader = 12;  // OS/2: 16-bit sizes
constexpr std::size_t kInfoHeader = 40;
constexpr std::uint32_t kRle8 = 1;
constexpr std::uint32_t kRle4 = 2;

bool IsCore(Bytes bytes) { return Le32(bytes, kFileHeader) == kCoreHeader; }
int BitsPerPixel(Bytes bytes) {
  return static_cast<int>(Le16(bytes, kFileHeader + (IsCore(bytes) ? 10 : 14)));
}
std::uint32_t Compression(Bytes bytes) { return IsCore(bytes) ? 0 : Le32(bytes, kFileHeader + 16); }

struct Stored {
  std::int64_t width;
  std::int64_t height;  // negative: the rows are stored from the top
};
Stored StoredSize(Bytes bytes) {
  if (IsCore(bytes)) return {Le16(bytes, 18), Le16(bytes, 20)};
  return {static_cast<std::int32_t>(Le32(bytes, 18)), static_cast<std::int32_t>(Le32(bytes, 22))};
}

}  // namespace

absl::StatusOr<PictureInfo> ReadBmpHeader(Bytes bytes) {
  const std::size_t header = Le32(bytes, kFileHeader);
  if (bytes.size() < kFileHeader + kCoreHeader) return Truncated(PictureType::kBmp, bytes.size());
  if (header != kCoreHeader && (header < kInfoHeader || header > 124)) {
    return Damaged(PictureType::kBmp,
                   fmt::format("its header says that it is {} bytes long", header));
  }
  if (bytes.size() < kFileHeader + header) return Truncated(PictureType::kBmp, bytes.size());
  const auto [width, signed_height] = StoredSize(bytes);
  if (width <= 0 || signed_height == 0 || signed_height < -INT32_MAX) {
    return Damaged(PictureType::kBmp,
                   fmt::format("its header says {} x {} pixels", width, signed_height));
  }
  const std::int64_t height = std::abs(signed_height);
  const int bits = BitsPerPixel(bytes);
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
    return Damaged(PictureType::kBmp, fmt::format("its header says {} bits a pixel", bits));
  }
  PictureInfo info;
  info.type = PictureType::kBmp;
  info.stored = {static_cast<int>(width), static_cast<int>(height)};
  info.components = bits <= 8 ? 1 : bits == 32 ? 4 : 3;
  info.bit_depth = bits == 16 ? 5 : bits > 8 ? 8 : bits;
  return info;
}

absl::Status CheckBmpComplete(Bytes bytes) {
  if (Compression(bytes) == kRle8 || Compression(bytes) == kRle4) return absl::OkStatus();
  const auto [width, height] = StoredSize(bytes);
  const std::uint64_t row_bits =
      static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(BitsPerPixel(bytes));
  const std::uint64_t pixels =
      (row_bits + 31) / 32 * 4 * static_cast<std::uint64_t>(std::abs(height));
  const std::uint64_t begin = Le32(bytes, 10);
  return begin + pixels <= bytes.size() ? absl::OkStatus()
                                        : Truncated(PictureType::kBmp, bytes.size());
}

}  // namespace vigil::media::internal
