#include "face/nms.h"

#include <algorithm>

#include "core/limits.h"
#include "core/nms.h"

namespace vigil::face {

std::vector<Detection> PlainNms(std::vector<Detection>& candidates, float iou) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (candidates.size() > limits::kMaxCandidates) candidates.resize(limits::kMaxCandidates);

  SuppressNonMaximum(candidates, limits::kMaxFaces,
                     [iou](const Detection& better, const Detection& candidate) {
                       return IoU(better.box, candidate.box) > iou;
                     });
  std::vector<Detection> kept(candidates);
  candidates.clear();  // its memory stays
  return kept;
}

}  // namespace vigil::face
