// Where a box is and how it moves, from noisy sightings at uneven times.
#pragma once

#include <array>
#include <cstddef>

#include "core/geometry.h"

namespace vigil::tracking {

/// Kalman filter of one box with constant velocity: centre x, centre y, width, height.
///
/// The model of SORT and ByteTrack (Bewley et al. 2016; Zhang et al. 2022), with noise in
/// proportion to the box's height. There, noise grows with frames; here with time, so that a slow
/// camera and a lost frame are the same physics. None of its matrices joins the four numbers, so
/// the eight-dimensional filter is four of two dimensions, exactly.
class BoxFilter {
 public:
  /// At rest at `box`, with a speed of which little is known. Width and height are positive.
  explicit BoxFilter(const PixelBox& box);

  /// Moves on by `seconds` (>= 0).
  void Predict(double seconds);
  /// Takes a sighting; width and height are positive.
  void Correct(const PixelBox& box);
  /// The size stops changing, for a box that is out of sight.
  void HoldSize();

  /// Width and height are at least 1 pixel.
  PixelBox box() const;

 private:
  struct Axis {
    double position, speed;  // pixels, pixels a second
    double pp, ps, ss;       // their covariance
  };
  double Scale() const;

  std::array<Axis, 4> axes_;  // centre x, centre y, width, height
};

}  // namespace vigil::tracking
