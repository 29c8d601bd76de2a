// Decoded video (8-bit YUV) as RGB: exact to one level, and fast enough to stand beside the
// decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image.h"

namespace vigil::media::internal {

/// Planes of 8-bit YUV that somebody else owns. Chroma is subsampled by 2^shift in each direction.
struct YuvPlanes {
  const std::uint8_t* y = nullptr;
  const std::uint8_t* u = nullptr;
  const std::uint8_t* v = nullptr;
  std::ptrdiff_t y_stride = 0;
  std::ptrdiff_t u_stride = 0;
  std::ptrdiff_t v_stride = 0;
  int chroma_step =
      1;            ///< bytes from one chroma sample to the next: 1 planar, 2 interleaved (NV12)
  int shift_x = 1;  ///< 4:2:0 and 4:2:2: 1, 4:4:4: 0
  int shift_y = 1;  ///< 4:2:0: 1, else 0
};

/// Which numbers mean which colour: luma weights of red and blue, and whether black and white are
/// 16 and 235
/// (`full_range` false) or 0 and 255.
struct YuvColors {
  double kr = 0.299;  // ITU-R BT.601; BT.709 has 0.2126 and 0.0722, BT.2020 0.2627 and 0.0593
  double kb = 0.114;
  bool full_range = false;
  friend bool operator==(const YuvColors&, const YuvColors&) = default;
};

/// Converts with 5 fractional bits, rounded once: within 1 of the real-number result. Each pixel
/// takes the chroma sample that covers it, as libswscale's fast path does. Keeps its rows between
/// calls; one user at a time.
class YuvToRgb {
 public:
  /// Writes all of `rgb` (RGB, width × height); the planes hold at least that size.
  void Convert(const YuvPlanes& planes, const YuvColors& colors, MutableImageView rgb);

 private:
  struct Terms {  // of the colours in use, in 1/32 level
    std::uint16_t luma = 0;
    int offset = 0;
    int r_v = 0, g_u = 0, g_v = 0, b_u = 0;
  };
  void SetColors(const YuvColors& colors);
  void ChromaRow(const YuvPlanes& planes, int row, int width);

  bool ready_ = false;
  YuvColors colors_;
  Terms terms_;
  std::vector<std::int16_t> red_, green_, blue_;  // what chroma adds to each pixel of a row
};

}  // namespace vigil::media::internal
