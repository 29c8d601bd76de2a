// Videos that tests make for themselves.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/frame.h"
#include "core/image.h"
#include "media/source.h"

namespace vigil::media::test {

/// A grey picture with `number` (0 to 4095) as twelve bars, black or white; survives strong
/// compression.
Image NumberedPicture(Size size, int number);
int NumberOf(ImageView picture);

/// One colour throughout.
Image PlainPicture(Size size, std::uint8_t red, std::uint8_t green, std::uint8_t blue);

/// An H.264 MP4 of NumberedPictures 0, 1, … at these times, by VideoWriter.
void WriteNumberedVideo(const std::filesystem::path& path, Size size,
                        const std::vector<std::int64_t>& times_us);

/// `count` times at `fps`.
std::vector<std::int64_t> Times(int count, double fps);

struct RawVideo {
  std::string pixel_format = "yuv420p";  ///< FFmpeg's name
  Size size;
  std::vector<std::uint8_t> levels;  ///< of each plane or, for packed formats, of each byte in turn
  bool full_range = false;
  bool bt709 = false;
};
/// A Matroska file with three equal pictures of one colour, compressed without loss (FFV1).
void WriteRawVideo(const std::filesystem::path& path, const RawVideo& video);

/// The packets of `from` in the container that the extension of `to` says (.mp4, .ts, .mkv); of an
/// MP4 the metadata then say that it is to be turned by `clockwise` degrees for display.
void CopyVideo(const std::filesystem::path& from, const std::filesystem::path& to,
               int clockwise = 0);

/// As that, with all streams, sound too.
void CopyStreams(const std::filesystem::path& from, const std::filesystem::path& to);

/// A JPEG file in memory.
std::string EncodeJpeg(ImageView picture);

/// Everything a source gives, and how it ended.
struct Readout {
  SourceInfo info;
  SourceCounters counters;
  std::vector<Frame> frames;
  absl::Status end;
  std::vector<std::int64_t> times() const;
};
Readout ReadAll(const std::filesystem::path& path, const SourceOptions& options = {});

inline void ExpectStrictlyRising(const std::vector<std::int64_t>& times) {
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GT(times[i], times[i - 1]) << "frame " << i;
}

}  // namespace vigil::media::test
