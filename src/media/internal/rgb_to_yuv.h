// Pictures as the encoder takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image.h"

namespace vigil::media::internal {

/// Planes of 8-bit 4:2:0 to be written; width and height are even, chroma is half of each.
struct MutableYuvPlanes {
  std::uint8_t* y = nullptr;
  std::uint8_t* u = nullptr;
  std::uint8_t* v = nullptr;
  std::ptrdiff_t y_stride = 0;
  std::ptrdiff_t u_stride = 0;
  std::ptrdiff_t v_stride = 0;
  int width = 0;
  int height = 0;
};

/// RGB or grey to BT.709, limited range (16 to 235), each chroma sample the mean of its four
/// pixels; within 1 of the real-number result. Source: ITU-R BT.709-6, 3. One user at a time.
class RgbToYuv {
 public:
  /// `image` has the planes' size, or one column or row less: then its last one is repeated.
  void Convert(ImageView image, const MutableYuvPlanes& planes);

 private:
  struct Row {  // one row's channels apart
    std::vector<std::uint8_t> red, green, blue;
  };
  void Split(ImageView image, int y, int width, Row& row);

  Row upper_, lower_;
};

}  // namespace vigil::media::internal
