// A JPEG file as an RGB picture, for tests below the media module.
#pragma once

#include <turbojpeg.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <vector>

#include "core/image.h"

namespace vigil::test {

/// Throws where the file is none; a test's data is expected to be whole.
inline Image ReadJpeg(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), {});
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  const std::unique_ptr<void, decltype(&tjDestroy)> decoder(tjInitDecompress(), tjDestroy);
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(decoder.get(), data, text.size(), &width, &height, &subsampling,
                          &colors) != 0) {
    throw std::runtime_error(path.string() + ": " + tjGetErrorStr2(decoder.get()));
  }
  Image image(width, height, PixelFormat::kRgb8);
  tjDecompress2(decoder.get(), data, text.size(), image.mutable_view().data, width, 0, height,
                TJPF_RGB, 0);
  return image;
}

}  // namespace vigil::test
