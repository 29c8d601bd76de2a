#include "face/internal/yunet.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "face/internal/five_points.h"

namespace vigil::face {

void DecodeYuNet(const YuNetGrid& grid, float threshold, std::vector<Detection>& detections) {
  const auto cells = static_cast<std::size_t>(grid.columns) * static_cast<std::size_t>(grid.rows);
  VIGIL_CHECK(grid.face.size() == cells && grid.object.size() == cells);
  VIGIL_CHECK(grid.box.size() == 4 * cells && grid.key_points.size() == 10 * cells);
  const auto stride = static_cast<float>(grid.stride);
  const Size input{grid.columns * grid.stride, grid.rows * grid.stride};

  for (std::size_t cell = 0; cell < cells; ++cell) {
    const float score = std::sqrt(std::clamp(grid.face[cell], 0.0F, 1.0F) *
                                  std::clamp(grid.object[cell], 0.0F, 1.0F));
    if (!(score >= threshold)) continue;  // NaN too
    const auto column = static_cast<float>(cell % static_cast<std::size_t>(grid.columns));
    const std::size_t row_number = cell / static_cast<std::size_t>(grid.columns);
    const auto row = static_cast<float>(row_number);
    const auto at = [&](float dx, float dy) {
      return Point2f{(column + dx) * stride, (row + dy) * stride};
    };

    const auto box = grid.box.subspan(4 * cell, 4);
    const Point2f center = at(box[0], box[1]);
    const float width = std::exp(box[2]) * stride, height = std::exp(box[3]) * stride;
    const auto values = grid.key_points.subspan(10 * cell, 10);
    FivePoints points;
    for (std::size_t i = 0; i < points.size(); ++i)
      points[i] = at(values[2 * i], values[2 * i + 1]);

    Detection detection;
    detection.box = {center.x - width / 2, center.y - height / 2, width, height};
    detection.score = score;
    SetKeyPoints(detection, points);
    if (IsPlausible(detection, input)) detections.push_back(detection);
  }
}

}  // namespace vigil::face
