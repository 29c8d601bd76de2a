// The outputs of YuNet, made detections.
#pragma once

#include <span>
#include <vector>

#include "face/types.h"

namespace vigil::face {

/// One of YuNet's three grids. `stride` input pixels a cell; every span is cells in rows, then
/// values of a cell.
struct YuNetGrid {
  int stride = 0;
  int columns = 0;
  int rows = 0;
  std::span<const float> face{};    ///< 1 a cell: probability of a face
  std::span<const float> object{};  ///< 1 a cell: how well the box fits
  std::span<const float>
      box{};  ///< 4 a cell: centre offset in cells, logarithm of the size in cells
  std::span<const float> key_points{};  ///< 10 a cell: five points, offset in cells
};

/// Appends what scores at least `threshold`: boxes and key points in input pixels, score =
/// sqrt(face × object). Takes any values; what is not finite or not plausible is left out. Source:
/// Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
void DecodeYuNet(const YuNetGrid& grid, float threshold, std::vector<Detection>& detections);

}  // namespace vigil::face
