// The square of the picture that the mesh network looks at. As in MediaPipe's face pipeline.
#pragma once

#include <span>

#include "core/geometry.h"
#include "face/types.h"

namespace vigil::face {

/// Square on the box's long side × 1.5 about its centre, turned so that the eyes lie level.
RotatedBox RegionFromDetection(const Detection& detection);

/// The same from the landmarks of the frame before: their bounding box, the eyes' outer corners (33, 263) level.
/// @param points  at least 264 mesh points in pixels
RotatedBox RegionFromLandmarks(std::span<const Point3f> points);

/// The upright box of a region's size at its centre, as MediaPipe compares regions.
inline PixelBox UprightBox(const RotatedBox& region) {
  return {region.center.x - region.width / 2, region.center.y - region.height / 2, region.width,
          region.height};
}

/// The smallest upright box around the points; empty without any.
PixelBox BoundingBox(std::span<const Point3f> points);

}  // namespace vigil::face
