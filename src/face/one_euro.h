// The One-Euro filter on a face's points: little lag when the face moves, little jitter when it rests.
// Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems", 2012.
#pragma once

#include <array>
#include <cstdint>

#include "face/types.h"

namespace vigil::face {

/// MediaPipe's constants. Speeds are measured in face sizes a second, so the filter does the same near and far.
struct OneEuroOptions {
  float min_cutoff_hz = 0.05F;     ///< cut-off of a point at rest
  float beta = 80;                 ///< cut-off gained per face size a second
  float derivative_cutoff_hz = 1;  ///< cut-off of the speed
};

class OneEuroMesh {
 public:
  /// The next call passes its points through.
  void Reset() { started_ = false; }

  /// Smooths `mesh` in place. A time stamp that does not rise leaves it as it is.
  void Apply(Mesh& mesh, std::int64_t timestamp_us, const OneEuroOptions& options);

 private:
  bool started_ = false;
  std::int64_t last_us_ = 0;
  std::array<Point3f, kRefinedPoints> raw_;  // of the frame before, as are the two below
  std::array<Point3f, kRefinedPoints> smooth_;
  std::array<Point3f, kRefinedPoints> speed_;
};

}  // namespace vigil::face
