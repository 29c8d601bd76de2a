#include "face/blaze_face.h"

#include <absl/status/status.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "face/crop.h"

namespace vigil::face {
namespace {

constexpr std::size_t kRegressors = 0, kScores = 1;  // the model's outputs
constexpr std::size_t kValues = 16;                  // an anchor: centre, size, six key points
constexpr float kNmsIou = 0.3F;

std::array<Point2f, BlazeFace::kAnchors> MakeAnchors() {
  std::array<Point2f, BlazeFace::kAnchors> anchors;
  std::size_t next = 0;
  for (const auto& [grid, a_cell] : {std::pair{16, 2}, std::pair{8, 6}}) {
    for (int y = 0; y < grid; ++y) {
      for (int x = 0; x < grid; ++x) {
        for (int i = 0; i < a_cell; ++i) {
          anchors[next++] = {(static_cast<float>(x) + 0.5F) / static_cast<float>(grid),
                             (static_cast<float>(y) + 0.5F) / static_cast<float>(grid)};
        }
      }
    }
  }
  return anchors;
}

}  // namespace

void WeightedNms(std::vector<Detection>& detections, float iou) {
  std::ranges::sort(detections, [](const Detection& a, const Detection& b) {
    return a.score != b.score ? a.score > b.score
                              : a.box.x < b.box.x;  // the second only to be repeatable
  });
  std::size_t end = detections.size();
  std::size_t kept =
      0;  // [0, kept) is the output, [kept, end) is still to be looked at, best first
  for (; kept < end; ++kept) {
    const Detection best = detections[kept];
    Detection mean;
    mean.score = best.score;
    float total = 0;
    const auto add = [&](const Detection& d) {
      total += d.score;
      mean.box.x += d.score * d.box.x;
      mean.box.y += d.score * d.box.y;
      mean.box.width += d.score * d.box.width;
      mean.box.height += d.score * d.box.height;
      for (std::size_t k = 0; k < mean.key_points.size(); ++k) {
        mean.key_points[k].x += d.score * d.key_points[k].x;
        mean.key_points[k].y += d.score * d.key_points[k].y;
      }
    };
    add(best);
    std::size_t others = kept + 1;
    for (std::size_t i = kept + 1; i < end; ++i) {
      if (IoU(detections[i].box, best.box) > iou) {
        add(detections[i]);
      } else {
        detections[others++] = detections[i];
      }
    }
    end = others;
    mean.box = {mean.box.x / total, mean.box.y / total, mean.box.width / total,
                mean.box.height / total};
    for (Point2f& point : mean.key_points) point = {point.x / total, point.y / total};
    detections[kept] = mean;
  }
  detections.resize(kept);
}

absl::StatusOr<std::unique_ptr<BlazeFace>> BlazeFace::Create(std::unique_ptr<nn::Model> model,
                                                             float score) {
  const bool fits =
      model->inputs().size() == 1 && model->outputs().size() == 2 &&
      model->inputs()[0].shape == std::vector<std::int64_t>{1, kInputSize, kInputSize, 3} &&
      model->outputs()[kRegressors].elements() == kAnchors * kValues &&
      model->outputs()[kScores].elements() == kAnchors;
  if (!fits)
    return absl::InvalidArgumentError("face detector: the model is not BlazeFace short range");
  return std::unique_ptr<BlazeFace>(new BlazeFace(std::move(model), score));
}

BlazeFace::BlazeFace(std::unique_ptr<nn::Model> model, float score)
    : model_(std::move(model)), score_(score), anchors_(MakeAnchors()) {
  detections_.reserve(kAnchors);
}

PixelBox BlazeFace::WholeOf(Size picture) {
  const auto side = static_cast<float>(std::max(picture.width, picture.height));
  return {(static_cast<float>(picture.width) - side) / 2,
          (static_cast<float>(picture.height) - side) / 2, side, side};
}

absl::StatusOr<std::vector<Detection>> BlazeFace::Detect(ImageView image) {
  const auto found = DetectIn(image, WholeOf(image.size()));
  if (!found.ok()) return found.status();
  return std::vector<Detection>(found->begin(), found->end());
}

absl::StatusOr<std::span<const Detection>> BlazeFace::DetectIn(ImageView image,
                                                               const PixelBox& square) {
  const RotatedBox region{
      {square.x + square.width / 2, square.y + square.height / 2}, square.width, square.height, 0};
  CropToTensor(image, region, kInputSize, Border::kBlack, 2.0F / 255, -1, model_->input(0));
  if (auto status = model_->Run(); !status.ok()) return status;
  Decode(square);
  WeightedNms(detections_, kNmsIou);
  return std::span<const Detection>(detections_);
}

void BlazeFace::Decode(const PixelBox& square) {
  const auto values = model_->output(kRegressors), logits = model_->output(kScores);
  const auto place = [&](float x, float y) {
    return Point2f{square.x + x * square.width, square.y + y * square.height};
  };
  detections_.clear();
  for (std::size_t i = 0; i < kAnchors; ++i) {
    const float score = 1 / (1 + std::exp(-std::clamp(logits[i], -100.0F, 100.0F)));
    if (!(score >= score_)) continue;
    const float* v = values.data() + i * kValues;
    const auto at = [&](float x, float y) {
      return place(anchors_[i].x + x / kInputSize, anchors_[i].y + y / kInputSize);
    };
    const float width = v[2] / kInputSize * square.width,
                height = v[3] / kInputSize * square.height;
    const Point2f center = at(v[0], v[1]);
    if (!(width > 0 && height > 0) || !std::isfinite(center.x + center.y + width + height))
      continue;
    Detection detection;
    detection.score = score;
    detection.box = {center.x - width / 2, center.y - height / 2, width, height};
    for (std::size_t k = 0; k < detection.key_points.size(); ++k)
      detection.key_points[k] = at(v[4 + 2 * k], v[5 + 2 * k]);
    detections_.push_back(detection);
  }
}

}  // namespace vigil::face
