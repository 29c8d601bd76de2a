#include "face/internal/yolo_face.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/check.h"
#include "face/internal/five_points.h"

namespace vigil::face {
namespace {

// One cell of a head: values lie a plane apart.
struct Cell {
  const float* first;
  std::size_t plane;
  float operator[](int channel) const { return first[static_cast<std::size_t>(channel) * plane]; }
};

// Mean of the distances 0..15 under softmax(logits); not finite where the logits are not.
float ExpectedDistance(Cell cell, int first_bin) {
  float highest = cell[first_bin];
  for (int i = 1; i < kYoloBins; ++i) highest = std::max(highest, cell[first_bin + i]);
  float sum = 0, weighted = 0;
  for (int i = 0; i < kYoloBins; ++i) {
    const float weight = std::exp(cell[first_bin + i] - highest);
    sum += weight;
    weighted += weight * static_cast<float>(i);
  }
  return weighted / sum;
}

}  // namespace

void DecodeYoloFace(const YoloHead& head, float threshold, std::vector<Detection>& detections) {
  const auto cells = static_cast<std::size_t>(head.columns) * static_cast<std::size_t>(head.rows);
  VIGIL_CHECK(head.values.size() == kYoloChannels * cells);
  const auto stride = static_cast<float>(head.stride);
  const Size input{head.columns * head.stride, head.rows * head.stride};
  constexpr int kScore = 4 * kYoloBins, kPoints = kScore + 1;

  for (std::size_t index = 0; index < cells; ++index) {
    const Cell cell{head.values.data() + index, cells};
    const float score = 1 / (1 + std::exp(-cell[kScore]));
    if (!(score >= threshold)) continue;  // NaN too
    const auto column = static_cast<float>(index % static_cast<std::size_t>(head.columns));
    const std::size_t row_number = index / static_cast<std::size_t>(head.columns);
    const auto row = static_cast<float>(row_number);

    std::array<float, 4> side{};  // left, top, right, bottom, in pixels from the cell's centre
    for (int i = 0; i < 4; ++i)
      side[static_cast<std::size_t>(i)] = stride * ExpectedDistance(cell, i * kYoloBins);
    FivePoints points;
    for (int i = 0; i < 5; ++i) {
      points[static_cast<std::size_t>(i)] = {(2 * cell[kPoints + 3 * i] + column) * stride,
                                             (2 * cell[kPoints + 3 * i + 1] + row) * stride};
    }
    Detection detection;
    detection.box = {(column + 0.5F) * stride - side[0], (row + 0.5F) * stride - side[1],
                     side[0] + side[2], side[1] + side[3]};
    detection.score = score;
    SetKeyPoints(detection, points);
    if (IsPlausible(detection, input)) detections.push_back(detection);
  }
}

}  // namespace vigil::face
