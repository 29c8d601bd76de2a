// Encoded pictures made by hand, so that tests know every byte of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/image.h"
#include "media/jpeg.h"
#include "support/test_data.h"

namespace vigil::media::samples {

using Data = std::vector<std::uint8_t>;
using Rgb = std::array<int, 3>;

inline void Append(Data& to, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) to.push_back(byte);
}
inline void Append(Data& to, std::string_view text) {
  for (const char c : text) to.push_back(static_cast<std::uint8_t>(c));
}
inline void AppendBe(Data& to, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
inline void AppendLe(Data& to, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline Data ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Data(std::istreambuf_iterator<char>(file), {});
}
inline void WriteAll(const std::filesystem::path& path, const Data& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline Rgb PixelAt(const Image& image, int x, int y) {
  const std::uint8_t* p = image.view().row(y) + 3 * x;
  return {p[0], p[1], p[2]};
}

/// Every pixel another colour, and smooth, so that JPEG keeps it.
inline Image Gradient(int width, int height) {
  Image image(width, height, PixelFormat::kRgb8);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* p = image.mutable_view().row(y) + 3 * x;
      p[0] = static_cast<std::uint8_t>(x * 255 / std::max(1, width - 1));
      p[1] = static_cast<std::uint8_t>(y * 255 / std::max(1, height - 1));
      p[2] = static_cast<std::uint8_t>(255 - p[0] / 2 - p[1] / 2);
    }
  }
  return image;
}

/// The largest difference of two channels.
inline int MaxDifference(const Image& a, const Image& b) {
  if (a.size() != b.size()) return 256;
  int worst = 0;
  for (std::size_t i = 0; i < a.bytes(); ++i)
    worst = std::max(worst, std::abs(int{a.view().data[i]} - int{b.view().data[i]}));
  return worst;
}
inline double MeanDifference(const Image& a, const Image& b) {
  if (a.size() != b.size()) return 256;
  double sum = 0;
  for (std::size_t i = 0; i < a.bytes(); ++i)
    sum += std::abs(int{a.view().data[i]} - int{b.view().data[i]});
  return sum / static_cast<double>(a.bytes());
}

inline Data Jpeg(const Image& image, int quality = 95) {
  JpegEncoder encoder;
  const auto bytes = encoder.Encode(image.view(), quality);
  return bytes.ok() ? Data(bytes->begin(), bytes->end()) : Data();
}

// --- EXIF --------------------------------------------------------------------------------------

/// A TIFF structure with another tag and the orientation.
inline Data Exif(int orientation, bool little_endian) {
  Data exif;
  const auto put = [&](std::uint32_t value, int bytes) {
    if (little_endian)
      AppendLe(exif, value, bytes);
    else
      AppendBe(exif, value, bytes);
  };
  Append(exif, little_endian ? std::string_view("II*\0", 4) : std::string_view("MM\0*", 4));
  put(8, 4);
  put(2, 2);                                                 // entries
  put(0x010F, 2), put(2, 2), put(4, 4), put(0x41414100, 4);  // maker
  put(0x0112, 2), put(3, 2), put(1, 4), put(static_cast<std::uint32_t>(orientation), 2), put(0, 2);
  put(0, 4);
  return exif;
}

inline Data JpegWithExif(const Data& jpeg, const Data& exif) {
  Data result(jpeg.begin(), jpeg.begin() + 2);
  Append(result, "\xFF\xE1");
  AppendBe(result, static_cast<std::uint32_t>(exif.size() + 8), 2);
  Append(result, std::string_view("Exif\0\0", 6));
  Append(result, exif);
  result.insert(result.end(), jpeg.begin() + 2, jpeg.end());
  return result;
}

/// The picture as a camera held so that EXIF says `orientation` stores it, after the table of the
/// EXIF standard: what the stored row 0 and column 0 show.
inline Image StoredAs(const Image& upright, int orientation) {
  const int w = upright.width(), h = upright.height();
  const bool sideways = orientation >= 5;
  Image stored(sideways ? h : w, sideways ? w : h, PixelFormat::kRgb8);
  for (int y = 0; y < stored.height(); ++y) {
    for (int x = 0; x < stored.width(); ++x) {
      int ux = x, uy = y;
      switch (orientation) {
        case 2:
          ux = w - 1 - x;
          break;  // row 0 top, column 0 right
        case 3:
          ux = w - 1 - x, uy = h - 1 - y;
          break;  // bottom, right
        case 4:
          uy = h - 1 - y;
          break;  // bottom, left
        case 5:
          ux = y, uy = x;
          break;  // left, top
        case 6:
          ux = w - 1 - y, uy = x;
          break;  // right, top
        case 7:
          ux = w - 1 - y, uy = h - 1 - x;
          break;  // right, bottom
        case 8:
          ux = y, uy = h - 1 - x;
          break;  // left, bottom
        default:
          break;
      }
      std::copy_n(upright.view().row(uy) + 3 * ux, 3, stored.mutable_view().row(y) + 3 * x);
    }
  }
  return stored;
}

// --- PNG ---------------------------------------------------------------------------------------

inline std::uint32_t Crc32(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

inline void AppendChunk(Data& png, std::string_view type, const Data& payload) {
  AppendBe(png, static_cast<std::uint32_t>(payload.size()), 4);
  Data checked(type.begin(), type.end());
  Append(checked, payload);
  Append(png, checked);
  AppendBe(png, Crc32(checked), 4);
}

/// A zlib stream of stored blocks.
inline Data Deflated(const Data& raw) {
  Data zlib = {0x78, 0x01};
  std::size_t at = 0;
  do {
    const std::size_t count = std::min<std::size_t>(raw.size() - at, 65535);
    zlib.push_back(at + count == raw.size());
    AppendLe(zlib, static_cast<std::uint32_t>(count), 2);
    AppendLe(zlib, static_cast<std::uint32_t>(~count & 0xFFFF), 2);
    Append(zlib, std::span(raw).subspan(at, count));
    at += count;
  } while (at < raw.size());
  std::uint32_t a = 1, b = 0;
  for (const std::uint8_t byte : raw) a = (a + byte) % 65521, b = (b + a) % 65521;
  AppendBe(zlib, b << 16 | a, 4);
  return zlib;
}

struct PngSpec {
  int width = 1, height = 1, depth = 8, color = 2;
  Data rows;     ///< packed samples of each row, without filter bytes
  Data palette;  ///< PLTE
  Data transparency;
  Data exif;
  std::optional<Data> profile;  ///< an iCCP chunk's payload
};

inline Data Png(const PngSpec& spec) {
  Data png;
  Append(png, "\x89PNG\r\n\x1A\n");
  Data header;
  AppendBe(header, static_cast<std::uint32_t>(spec.width), 4);
  AppendBe(header, static_cast<std::uint32_t>(spec.height), 4);
  for (const int value : {spec.depth, spec.color, 0, 0, 0})
    header.push_back(static_cast<std::uint8_t>(value));
  AppendChunk(png, "IHDR", header);
  if (spec.profile) AppendChunk(png, "iCCP", *spec.profile);
  if (!spec.palette.empty()) AppendChunk(png, "PLTE", spec.palette);
  if (!spec.transparency.empty()) AppendChunk(png, "tRNS", spec.transparency);
  if (!spec.exif.empty()) AppendChunk(png, "eXIf", spec.exif);
  const std::size_t row = spec.rows.size() / static_cast<std::size_t>(spec.height);
  Data filtered;
  for (std::size_t y = 0; y < static_cast<std::size_t>(spec.height); ++y) {
    filtered.push_back(0);
    Append(filtered, std::span(spec.rows).subspan(y * row, row));
  }
  AppendChunk(png, "IDAT", Deflated(filtered));
  AppendChunk(png, "IEND", {});
  return png;
}

// --- BMP ---------------------------------------------------------------------------------------

/// `rows` bottom first unless `height` is negative, padded to four bytes by the caller.
inline Data Bmp(std::int32_t width, std::int32_t height, int bits, const Data& palette,
                const Data& rows) {
  Data bmp;
  const auto offset = static_cast<std::uint32_t>(54 + palette.size());
  Append(bmp, "BM");
  AppendLe(bmp, offset + static_cast<std::uint32_t>(rows.size()), 4), AppendLe(bmp, 0, 4),
      AppendLe(bmp, offset, 4);
  AppendLe(bmp, 40, 4), AppendLe(bmp, static_cast<std::uint32_t>(width), 4),
      AppendLe(bmp, static_cast<std::uint32_t>(height), 4);
  AppendLe(bmp, 1, 2), AppendLe(bmp, static_cast<std::uint32_t>(bits), 2), AppendLe(bmp, 0, 4);
  AppendLe(bmp, static_cast<std::uint32_t>(rows.size()), 4), AppendLe(bmp, 2835, 4),
      AppendLe(bmp, 2835, 4);
  AppendLe(bmp, static_cast<std::uint32_t>(palette.size() / 4), 4), AppendLe(bmp, 0, 4);
  Append(bmp, palette);
  Append(bmp, rows);
  return bmp;
}

}  // namespace vigil::media::samples
