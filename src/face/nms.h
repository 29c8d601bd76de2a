// Non-maximum suppression: of boxes that show the same face, one is kept.
#pragma once

#include <vector>

#include "face/types.h"

namespace vigil::face {

/// Keeps the best of every group of overlapping boxes, unchanged, and drops the rest of the group:
/// those whose intersection over union with a better kept one is above `iou` (0..1). Equal scores
/// keep their order.
///
/// @param candidates  used up; no more than limits::kMaxCandidates of the best are looked at
/// @return            best first, at most limits::kMaxFaces
std::vector<Detection> PlainNms(std::vector<Detection>& candidates, float iou);

}  // namespace vigil::face
