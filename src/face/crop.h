// Cuts a turned square out of a picture into a network's input.
#pragma once

#include <span>

#include "core/image.h"

namespace vigil::face {

/// What lies outside the picture: its nearest edge pixel, or black.
enum class Border { kReplicate, kBlack };

/// Samples `region` of `image` into a size × size tensor (float32 NHWC, RGB): value = pixel × scale + offset.
///
/// Bilinear from the four nearest pixels, as MediaPipe's GPU path does (no averaging when shrinking: its networks were
/// made to see that). Tensor pixel (u, v) stands at ((u + 0.5) / size, (v + 0.5) / size) of the region.
///
/// @param image  RGB, at least 1 × 1
/// @param out    size × size × 3 values
void CropToTensor(ImageView image, const RotatedBox& region, int size, Border border, float scale,
                  float offset, std::span<float> out);

}  // namespace vigil::face
