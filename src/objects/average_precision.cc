#include "objects/average_precision.h"

#include <algorithm>

#include "core/check.h"

namespace vigil::objects {
namespace {

constexpr int kRecallPoints = 101;

float ThresholdOf(std::size_t index) { return 0.5F + 0.05F * static_cast<float>(index); }

// Which label each find of one class takes at IoU `threshold`: whether it takes one.
std::vector<bool> Match(std::span<const Detection> best_first, std::span<const PixelBox> labels,
                        float threshold) {
  std::vector<bool> right(best_first.size()), taken(labels.size());
  for (std::size_t i = 0; i < best_first.size(); ++i) {
    float best_iou = threshold;
    std::size_t best = labels.size();
    for (std::size_t k = 0; k < labels.size(); ++k) {
      const float iou = IoU(best_first[i].box, labels[k]);
      if (taken[k] || iou < best_iou) continue;
      best_iou = iou;
      best = k;
    }
    if (best == labels.size()) continue;
    taken[best] = true;
    right[i] = true;
  }
  return right;
}

}  // namespace

PrecisionMeter::PrecisionMeter(int classes, std::size_t max_finds) : max_finds_(max_finds) {
  VIGIL_CHECK(classes > 0);
  classes_.resize(static_cast<std::size_t>(classes));
}

void PrecisionMeter::AddPicture(std::span<const Detection> finds, std::span<const Label> labels) {
  std::vector<Detection> best(finds.begin(), finds.end());
  std::stable_sort(best.begin(), best.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (best.size() > max_finds_) best.resize(max_finds_);

  for (std::size_t c = 0; c < classes_.size(); ++c) {
    std::vector<PixelBox> boxes;
    for (const Label& label : labels) {
      if (label.class_id == static_cast<int>(c)) boxes.push_back(label.box);
    }
    std::vector<Detection> of_class;
    std::copy_if(best.begin(), best.end(), std::back_inserter(of_class),
                 [&](const Detection& find) { return find.class_id == static_cast<int>(c); });
    PerClass& sum = classes_[c];
    sum.labels += static_cast<int>(boxes.size());
    const std::size_t first = sum.finds.size();
    for (const Detection& find : of_class) sum.finds.push_back({find.score, {}});
    for (std::size_t t = 0; t < kThresholds && !of_class.empty(); ++t) {
      const auto right = Match(of_class, boxes, ThresholdOf(t));
      for (std::size_t i = 0; i < right.size(); ++i) sum.finds[first + i].right[t] = right[i];
    }
  }
}

double PrecisionMeter::Average(const PerClass& of_class, std::size_t threshold) {
  if (of_class.labels == 0) return 0;
  std::vector<std::pair<float, bool>> finds;
  for (const Find& find : of_class.finds) finds.emplace_back(find.score, find.right[threshold]);
  std::stable_sort(finds.begin(), finds.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<double> precision, recall;
  int right = 0;
  for (const auto& [score, is_right] : finds) {
    right += is_right ? 1 : 0;
    precision.push_back(right / static_cast<double>(precision.size() + 1));
    recall.push_back(right / static_cast<double>(of_class.labels));
  }
  for (std::size_t i = precision.size(); i-- > 1;)
    precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double sum = 0;
  for (int i = 0; i < kRecallPoints; ++i) {
    const auto at = std::lower_bound(recall.begin(), recall.end(), i / (kRecallPoints - 1.0));
    if (at != recall.end()) sum += precision[static_cast<std::size_t>(at - recall.begin())];
  }
  return sum / kRecallPoints;
}

double PrecisionMeter::OfClass(int class_id, std::size_t threshold) const {
  VIGIL_CHECK(class_id >= 0 && static_cast<std::size_t>(class_id) < classes_.size());
  VIGIL_CHECK(threshold < kThresholds);
  return Average(classes_[static_cast<std::size_t>(class_id)], threshold);
}

AveragePrecision PrecisionMeter::Measure(float score) const {
  AveragePrecision result;
  int labelled_classes = 0, right = 0;
  for (const PerClass& of_class : classes_) {
    for (const Find& find : of_class.finds) {
      if (find.score < score) continue;
      ++result.finds;
      right += find.right[0] ? 1 : 0;
    }
    result.labels += of_class.labels;
    if (of_class.labels == 0) continue;
    ++labelled_classes;
    for (std::size_t t = 0; t < kThresholds; ++t) {
      const double average = Average(of_class, t);
      if (t == 0) result.map_50 += average;
      result.map_50_95 += average / kThresholds;
    }
  }
  if (labelled_classes > 0) {
    result.map_50 /= labelled_classes;
    result.map_50_95 /= labelled_classes;
  }
  result.precision = result.finds > 0 ? right / static_cast<double>(result.finds) : 1;
  result.recall = result.labels > 0 ? right / static_cast<double>(result.labels) : 1;
  return result;
}

}  // namespace vigil::objects
