// Which family a network belongs to, told by the shapes of its input and outputs.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <span>
#include <vector>

#include "nn/model.h"
#include "objects/detector_options.h"
#include "objects/internal/picture_tensor.h"

namespace vigil::objects {

/// Where a network's finds lie in its outputs.
struct Head {
  Family family = Family::kAuto;
  int classes = 0;  ///< 0: the outputs do not tell
  int spare = 0;    ///< values after a candidate's classes that are not read (masks, key points)
  bool channels_first = false;  ///< [values, candidates] instead of [candidates, values]
  int bins = 0;                 ///< NanoDet: of a side's distribution
  /// Indices of the outputs: one, but kNanoDet: scores and sides of each stride in turn;
  /// kNmsLists: count, boxes, scores, classes.
  std::vector<std::size_t> outputs{};
  std::vector<int> strides{};  ///< kYoloX, kNanoDet, kNanoDetPlus, kFastestDet
};

/// What is known of a network before its outputs are looked at.
struct ModelHints {
  Size input{};                  ///< pixels
  int names = 0;                 ///< how many class names there are; 0: unknown
  bool names_are_exact = false;  ///< they come from the file itself
};

/// `wanted` kAuto: by the shapes. InvalidArgument: no family, or not the wanted one, lists outputs
/// and families.
absl::StatusOr<Head> FindHead(std::span<const nn::TensorInfo> outputs, Family wanted,
                              const ModelHints& hints);

/// What the family was trained on.
Preprocessing PreprocessingOf(Family family);

/// Whether the family's finds are final, so that no suppression is due.
bool HasFinalFinds(Family family);

/// Cells of a grid over `input`, a begun one counts.
std::size_t Cells(Size input, int stride);

}  // namespace vigil::objects
