// What every detector does with its finds at the end.
#pragma once

#include <span>
#include <vector>

#include "core/detection.h"
#include "objects/internal/picture_tensor.h"

namespace vigil::objects {

/// Moves finds from the tensor to the picture, cuts them at its edges, and leaves out what lies
/// outside. `out` is overwritten.
void ToPicture(std::span<const Detection> finds, const Placement& placement, Size picture,
               std::vector<Detection>& out);

}  // namespace vigil::objects
