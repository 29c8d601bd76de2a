// From pixels to metres on the ground, for speeds.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <optional>

#include "core/geometry.h"
#include "events/scene.h"

namespace vigil::events {

/// A plane in front of the camera: a scale, or a homography from four points.
class GroundPlane {
 public:
  /// For a frame of `size` pixels. InvalidArgument: neither or both are given, not four points, or
  /// three of them on one line.
  static absl::StatusOr<GroundPlane> Create(const SpeedOptions& options, Size size);

  struct Metres {
    double x = 0, y = 0;
  };
  /// None where `p` (pixels) is on or beyond the horizon.
  std::optional<Metres> At(Point2f p) const;

 private:
  explicit GroundPlane(const std::array<double, 9>& h) : h_(h) {}
  std::array<double, 9> h_;  // row by row; the third row's product is positive before the horizon
};

}  // namespace vigil::events
