// What a detector finds in one picture.
#pragma once

#include "core/geometry.h"

namespace vigil {

/// One object. `box` is in pixels of the picture that the detector was given.
struct Detection {
  PixelBox box;
  float score = 0;   ///< confidence, 0..1
  int class_id = 0;  ///< index into the detector's class names
  friend bool operator==(const Detection&, const Detection&) = default;
};

}  // namespace vigil
