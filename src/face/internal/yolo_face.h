// The outputs of YOLOv8-face, made detections.
#pragma once

#include <span>
#include <vector>

#include "face/types.h"

namespace vigil::face {

inline constexpr int kYoloBins = 16;  ///< of each side of a box
inline constexpr int kYoloChannels =
    4 * kYoloBins + 1 + 3 * 5;  ///< sides, score, five points with visibility

/// One of YOLOv8-face's three heads, `stride` input pixels a cell: kYoloChannels planes of rows ×
/// columns. Planes 0..63: for left, top, right, bottom a distribution (logits) over distances of
/// 0..15 cells from the cell's centre; 64: score (logit); 65..79: x, y, visibility of five points.
struct YoloHead {
  int stride = 0;
  int columns = 0;
  int rows = 0;
  std::span<const float> values;
};

/// Appends what scores at least `threshold` (0..1): boxes and key points in input pixels. Takes any
/// values; what is not finite or not plausible is left out. Boxes as a distribution: Li et al.,
/// "Generalized Focal Loss", NeurIPS 2020.
void DecodeYoloFace(const YoloHead& head, float threshold, std::vector<Detection>& detections);

}  // namespace vigil::face
