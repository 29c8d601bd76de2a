// Finds faces in a picture.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "core/image.h"
#include "face/types.h"

namespace vigil::face {

/// One thread at a time.
class Detector {
 public:
  Detector() = default;
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;
  virtual ~Detector() = default;

  /// @param image  RGB, any size.
  /// @return       faces in its pixels, best first.
  virtual absl::StatusOr<std::vector<Detection>> Detect(ImageView image) = 0;
};

}  // namespace vigil::face
