#include "face/nms.h"

#include <algorithm>

#include "core/limits.h"

namespace vigil::face {

std::vector<Detection> PlainNms(std::vector<Detection>& candidates, float iou) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (candidates.size() > limits::kMaxCandidates) candidates.resize(limits::kMaxCandidates);

  std::vector<Detection> kept;
  for (const Detection& candidate : candidates) {
    if (kept.size() == limits::kMaxFaces) break;
    const bool shown = std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
      return IoU(better.box, candidate.box) > iou;
    });
    if (!shown) kept.push_back(candidate);
  }
  candidates.clear();
  return kept;
}

}  // namespace vigil::face
