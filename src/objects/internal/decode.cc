#include "objects/internal/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/check.h"

namespace vigil::objects {
namespace {

// A box by its middle.
PixelBox Centered(float x, float y, float width, float height) {
  return {x - width / 2, y - height / 2, width, height};
}

float Sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

// Mean of the distances 0, 1, 2 … under softmax(logits): Li et al., "Generalized Focal Loss",
// NeurIPS 2020. Not finite where the logits are not.
float ExpectedDistance(const float* logits, int bins) {
  const float highest = *std::max_element(logits, logits + bins);
  float sum = 0, weighted = 0;
  for (int i = 0; i < bins; ++i) {
    const float weight = std::exp(logits[i] - highest);
    sum += weight;
    weighted += weight * static_cast<float>(i);
  }
  return weighted / sum;
}

// Of a cell of a grid, in cells.
Point2f CellCorner(int cell, int columns) {
  const int column = cell % columns, row = cell / columns;
  return {static_cast<float>(column), static_cast<float>(row)};
}

}  // namespace

Decoder::Decoder(Head head, std::span<const nn::TensorInfo> outputs, Size input, float threshold,
                 std::vector<bool> wanted)
    : head_(std::move(head)),
      input_(input),
      threshold_(threshold),
      wanted_(std::move(wanted)),
      all_wanted_(std::find(wanted_.begin(), wanted_.end(), false) == wanted_.end()) {
  for (const std::size_t index : head_.outputs) shapes_.push_back(outputs[index].shape);
  VIGIL_CHECK(!wanted_.empty());
  VIGIL_CHECK(head_.classes == 0 || wanted_.size() == static_cast<std::size_t>(head_.classes));
}

bool Decoder::IsWanted(int class_id) const {
  return class_id >= 0 && static_cast<std::size_t>(class_id) < wanted_.size() &&
         (all_wanted_ || wanted_[static_cast<std::size_t>(class_id)]);
}

// Of all classes, wanted or not; -1 where all scores are NaN.
Decoder::Best Decoder::BestClass(const float* scores) const {
  Best best{-1, -1};
  for (int i = 0; i < head_.classes; ++i) {
    if (scores[i] > best.score) best = {scores[i], i};
  }
  return best;
}

// The same where each class has a plane: a plane at a time, so that the compiler uses vectors.
void Decoder::BestClasses(std::span<const float> planes, std::size_t candidates) {
  best_score_.assign(candidates, -1.0F);
  best_class_.assign(candidates, -1);
  float* const score = best_score_.data();
  int* const class_id = best_class_.data();
  for (int c = 0; c < head_.classes; ++c) {
    const float* plane = planes.data() + static_cast<std::size_t>(c) * candidates;
    for (std::size_t i = 0; i < candidates; ++i) {
      const bool better = plane[i] > score[i];
      score[i] = better ? plane[i] : score[i];
      class_id[i] = better ? c : class_id[i];
    }
  }
}

void Decoder::DecodeYoloV5(const Table& table, Candidates& out) const {
  for (std::size_t i = 0; i < table.rows; ++i) {
    const float* row = table.values.data() + i * table.columns;
    if (!(row[4] >= threshold_)) continue;  // NaN too
    const Best best = BestClass(row + 5);
    const float score = row[4] * best.score;
    if (score >= threshold_ && IsWanted(best.class_id))
      out.Add({Centered(row[0], row[1], row[2], row[3]), score, best.class_id});
  }
}

void Decoder::DecodeYoloV8Rows(const Table& table, Candidates& out) const {
  for (std::size_t i = 0; i < table.rows; ++i) {
    const float* row = table.values.data() + i * table.columns;
    const Best best = BestClass(row + 4);
    if (best.score >= threshold_ && IsWanted(best.class_id))
      out.Add({Centered(row[0], row[1], row[2], row[3]), best.score, best.class_id});
  }
}

void Decoder::DecodeYoloV8Planes(const Table& table, Candidates& out) {
  const std::size_t count = table.columns;
  BestClasses(table.values.subspan(4 * count), count);
  const float* x = table.values.data();
  for (std::size_t i = 0; i < count; ++i) {
    if (best_score_[i] >= threshold_ && IsWanted(best_class_[i])) {
      out.Add({Centered(x[i], x[count + i], x[2 * count + i], x[3 * count + i]), best_score_[i],
               best_class_[i]});
    }
  }
}

// Ge et al., "YOLOX", 2021: offsets from the cell's corner in cells, logarithms of the size in
// cells.
void Decoder::DecodeYoloX(const Table& table, Candidates& out) const {
  const float* row = table.values.data();
  for (const int stride : head_.strides) {
    const int columns = (input_.width + stride - 1) / stride;
    const auto cells = static_cast<int>(Cells(input_, stride));
    const auto step = static_cast<float>(stride);
    for (int cell = 0; cell < cells; ++cell, row += table.columns) {
      if (!(row[4] >= threshold_)) continue;  // NaN too
      const Best best = BestClass(row + 5);
      const float score = row[4] * best.score;
      if (!(score >= threshold_) || !IsWanted(best.class_id)) continue;
      const Point2f corner = CellCorner(cell, columns);
      out.Add({Centered((row[0] + corner.x) * step, (row[1] + corner.y) * step,
                        std::exp(row[2]) * step, std::exp(row[3]) * step),
               score, best.class_id});
    }
  }
}

// The author's own decoding (dog-qiuqiu/FastestDet): middle as tanh of an offset from the cell's
// corner in cells, size as a part of the picture, objectness weighing more than the class.
void Decoder::DecodeFastestDet(std::span<const float> values, Candidates& out) {
  const int stride = head_.strides[0];
  const int columns = input_.width / stride;
  const std::size_t cells = Cells(input_, stride);
  const float* plane = values.data();
  BestClasses(values.subspan(5 * cells), cells);
  for (std::size_t i = 0; i < cells; ++i) {
    if (!(plane[i] > 0) || !(best_score_[i] > 0)) continue;  // NaN too
    const float score = std::pow(plane[i], 0.6F) * std::pow(best_score_[i], 0.4F);
    if (!(score >= threshold_) || !IsWanted(best_class_[i])) continue;
    const Point2f corner = CellCorner(static_cast<int>(i), columns);
    const auto step = static_cast<float>(stride);
    out.Add({Centered((corner.x + std::tanh(plane[cells + i])) * step,
                      (corner.y + std::tanh(plane[2 * cells + i])) * step,
                      Sigmoid(plane[3 * cells + i]) * static_cast<float>(input_.width),
                      Sigmoid(plane[4 * cells + i]) * static_cast<float>(input_.height)),
             score, best_class_[i]});
  }
}

// One stride. `middle`: of a cell, in cells from its corner.
void Decoder::DecodeNanoDet(Rows scores, Rows sides, int stride, float middle,
                            Candidates& out) const {
  const int columns = (input_.width + stride - 1) / stride;
  const auto cells = static_cast<int>(Cells(input_, stride));
  const auto step = static_cast<float>(stride);
  for (int cell = 0; cell < cells; ++cell) {
    const auto row = static_cast<std::size_t>(cell);
    const Best best = BestClass(scores.first + row * scores.step);
    if (!(best.score >= threshold_) || !IsWanted(best.class_id)) continue;
    const float* bins = sides.first + row * sides.step;
    std::array<float, 4> side{};  // left, top, right, bottom of the middle, in pixels
    for (int i = 0; i < 4; ++i)
      side[static_cast<std::size_t>(i)] =
          step * ExpectedDistance(bins + i * head_.bins, head_.bins);
    const Point2f corner = CellCorner(cell, columns);
    const float x = (corner.x + middle) * step, y = (corner.y + middle) * step;
    out.Add({{x - side[0], y - side[1], side[0] + side[2], side[1] + side[3]},
             best.score,
             best.class_id});
  }
}

// The strides one after the other; unlike before, a cell's middle is its corner here (RangiLyu/
// nanodet, get_single_level_center_priors).
void Decoder::DecodeNanoDetPlus(const Table& table, Candidates& out) const {
  const float* first = table.values.data();
  for (const int stride : head_.strides) {
    DecodeNanoDet({first, table.columns}, {first + head_.classes, table.columns}, stride, 0, out);
    first += Cells(input_, stride) * table.columns;
  }
}

// Corners of the box, as the network's own suppression left it.
void Decoder::AddFind(const float* corners, float score, float class_id, Candidates& out) const {
  if (!(score >= threshold_)) return;  // NaN too
  if (!(class_id > -0.5F) || !(class_id < static_cast<float>(wanted_.size()))) return;
  const int id = static_cast<int>(std::lround(class_id));
  if (!IsWanted(id)) return;
  out.Add({{corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]}, score, id});
}

void Decoder::DecodeFinds(const Table& table, Candidates& out) const {
  for (std::size_t i = 0; i < table.rows; ++i) {
    const float* row = table.values.data() + i * table.columns;
    if (head_.family == Family::kYoloV10) {  // corners, score, class
      AddFind(row, row[4], row[5], out);
    } else if (row[0] == 0) {  // picture of the batch, corners, class, score
      AddFind(row + 1, row[6], row[5], out);
    }
  }
}

absl::Status Decoder::DecodeLists(const nn::Model& model, Candidates& out) const {
  const auto count = model.output(head_.outputs[0]), boxes = model.output(head_.outputs[1]),
             scores = model.output(head_.outputs[2]), classes = model.output(head_.outputs[3]);
  if (count.size() != 1 || boxes.size() != 4 * scores.size() || classes.size() != scores.size())
    return absl::InternalError("detector: the network's lists are of different lengths");
  const float last = std::min(count[0], static_cast<float>(scores.size()));
  for (std::size_t i = 0; static_cast<float>(i) < last; ++i)  // none where the count is NaN
    AddFind(boxes.data() + 4 * i, scores[i], classes[i], out);
  return absl::OkStatus();
}

// Outputs that the file leaves open may be of another shape in every run.
absl::Status Decoder::CheckShapes(const nn::Model& model) const {
  for (std::size_t i = 0; i < head_.outputs.size(); ++i) {
    const auto& info = model.outputs()[head_.outputs[i]];
    const auto& shape = info.shape;
    const auto& first = shapes_[i];
    const bool alike =
        HasFinalFinds(head_.family)
            ? shape.size() == first.size() && (shape.empty() || shape.back() == first.back() ||
                                               head_.family == Family::kNmsLists)
            : shape == first;
    if (!alike) {
      return absl::InternalError(
          fmt::format("detector: output \"{}\" is of another shape now", info.name));
    }
  }
  return absl::OkStatus();
}

Decoder::Table Decoder::TableOf(const nn::Model& model, std::size_t which) const {
  const std::size_t index = head_.outputs[which];
  const auto& shape = model.outputs()[index].shape;
  return {model.output(index), static_cast<std::size_t>(shape[shape.size() - 2]),
          static_cast<std::size_t>(shape.back())};
}

absl::Status Decoder::Decode(const nn::Model& model, Candidates& out) {
  if (auto status = CheckShapes(model); !status.ok()) return status;
  switch (head_.family) {
    case Family::kNmsLists:
      return DecodeLists(model, out);
    case Family::kYoloV10:
    case Family::kNmsRows:
      DecodeFinds(TableOf(model, 0), out);
      break;
    case Family::kYoloV5:
      DecodeYoloV5(TableOf(model, 0), out);
      break;
    case Family::kYoloV8:
      if (head_.channels_first) {
        DecodeYoloV8Planes(TableOf(model, 0), out);
      } else {
        DecodeYoloV8Rows(TableOf(model, 0), out);
      }
      break;
    case Family::kYoloX:
      DecodeYoloX(TableOf(model, 0), out);
      break;
    case Family::kFastestDet:
      DecodeFastestDet(model.output(head_.outputs[0]), out);
      break;
    case Family::kNanoDet:
      for (std::size_t i = 0; i < head_.strides.size(); ++i) {
        const Table scores = TableOf(model, 2 * i), sides = TableOf(model, 2 * i + 1);
        DecodeNanoDet({scores.values.data(), scores.columns}, {sides.values.data(), sides.columns},
                      head_.strides[i], 0.5F, out);
      }
      break;
    case Family::kNanoDetPlus:
      DecodeNanoDetPlus(TableOf(model, 0), out);
      break;
    case Family::kAuto:
      break;
  }
  return absl::OkStatus();
}

}  // namespace vigil::objects
