// What detectors of five key points share.
#pragma once

#include <array>

#include "face/types.h"

namespace vigil::face {

/// Eye on the image's left, eye on its right, nose tip, corner of the mouth on the left, on the
/// right.
using FivePoints = std::array<Point2f, 5>;

/// Sets a detection's six key points from five. The mouth is the middle of its corners. The ears,
/// which such a detector does not know, are where they would be on a face that looks straight at
/// the camera: 0.71 eye distances outward of their eye and 0.3 below (tragi and eye centres of the
/// canonical face, vertices 234, 454 and 33, 133, 263, 362).
void SetKeyPoints(Detection& detection, const FivePoints& points);

/// Whether a box and its points can be a find in a picture of that size: finite, of some area, not
/// wildly large, and overlapping the picture. Networks return anything on input that they were not
/// made for.
bool IsPlausible(const Detection& detection, Size picture);

}  // namespace vigil::face
