#include "objects/internal/candidates.h"

#include <algorithm>
#include <cmath>

#include "core/limits.h"
#include "core/nms.h"

namespace vigil::objects {

Candidates::Candidates() {
  items_.reserve(2 * kCapacity);
  kept_.reserve(limits::kMaxDetections);
}

bool Candidates::Better(const Item& a, const Item& b) {
  if (a.detection.score != b.detection.score) return a.detection.score > b.detection.score;
  return a.order < b.order;
}

void Candidates::Add(const Detection& detection) {
  const PixelBox& box = detection.box;
  const bool usable = std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.width) &&
                      std::isfinite(box.height) && std::isfinite(detection.score) &&
                      box.width > 0 && box.height > 0 && std::isfinite(box.width * box.height);
  if (!usable) return;
  if (items_.empty()) next_ = 0;
  if (items_.size() == 2 * kCapacity) DropWorst();
  items_.push_back({detection, next_++});
  items_.back().detection.score = std::min(detection.score, 1.0F);
}

void Candidates::DropWorst() {
  if (items_.size() <= kCapacity) return;
  std::nth_element(items_.begin(), items_.begin() + kCapacity, items_.end(), Better);
  items_.resize(kCapacity);
}

std::span<const Detection> Candidates::Best(const Suppression& how) {
  DropWorst();
  std::sort(items_.begin(), items_.end(), Better);
  if (!how.done) {
    SuppressNonMaximum(items_, how.max_kept, [&](const Item& better, const Item& candidate) {
      const Detection &a = better.detection, &b = candidate.detection;
      return (how.class_agnostic || a.class_id == b.class_id) && IoU(a.box, b.box) > how.iou;
    });
  }
  kept_.clear();
  for (const Item& item : items_) {
    if (kept_.size() == how.max_kept) break;
    kept_.push_back(item.detection);
  }
  return kept_;
}

}  // namespace vigil::objects
