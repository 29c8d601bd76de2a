#include "media/picture_writer.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "media/internal/ffmpeg_encode.h"
#include "media/internal/read_file.h"
#include "media/internal/write_file.h"
#include "media/jpeg.h"
#include "media/picture.h"

namespace vigil::media {
namespace {

struct Ending {
  std::string_view text;
  PictureType type;
};
constexpr std::array<Ending, 5> kEndings = {{{".jpg", PictureType::kJpeg},
                                             {".jpeg", PictureType::kJpeg},
                                             {".png", PictureType::kPng},
                                             {".webp", PictureType::kWebp},
                                             {".bmp", PictureType::kBmp}}};

PictureType TypeByEnding(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Ending& known : kEndings) {
    if (known.text == ending) return known.type;
  }
  return PictureType::kUnknown;
}

}  // namespace

bool CanWritePicture(const std::filesystem::path& path) {
  return TypeByEnding(path) != PictureType::kUnknown;
}

absl::Status WritePicture(const std::filesystem::path& path, ImageView image,
                          const WriteOptions& options) {
  const PictureType type = TypeByEnding(path);
  if (type == PictureType::kUnknown) {
    return absl::InvalidArgumentError(
        fmt::format("{}: its ending does not name a picture format; use .jpg, .png, .webp or .bmp",
                    path.string()));
  }
  if (image.empty())
    return absl::InvalidArgumentError(
        fmt::format("{}: the picture to write is empty", path.string()));
  if (type == PictureType::kJpeg) {
    JpegEncoder encoder;
    const auto bytes = encoder.Encode(image, options.quality);
    if (!bytes.ok()) return internal::Prefixed(bytes.status(), path.string());
    return internal::WriteFileWhole(path, *bytes);
  }
  const auto bytes = internal::EncodeWithFfmpeg(type, image, options.quality);
  if (!bytes.ok()) return internal::Prefixed(bytes.status(), path.string());
  return internal::WriteFileWhole(path, *bytes);
}

absl::StatusOr<std::string> EncodePicture(std::string_view ending, ImageView image,
                                          const WriteOptions& options) {
  const PictureType type = TypeByEnding("picture" + std::string(ending));
  if (type == PictureType::kUnknown || image.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("a picture to encode: the ending {} is not known, or it is empty", ending));
  }
  if (type == PictureType::kJpeg) {
    JpegEncoder encoder;
    const auto bytes = encoder.Encode(image, options.quality);
    if (!bytes.ok()) return bytes.status();
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  const auto bytes = internal::EncodeWithFfmpeg(type, image, options.quality);
  if (!bytes.ok()) return bytes.status();
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

}  // namespace vigil::media
