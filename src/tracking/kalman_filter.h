// Where a box is and how it moves, from noisy sightings at uneven times.
#pragma once

#include <array>

#include "core/geometry.h"

namespace vigil::tracking {

/// Kalman filter of one box with constant velocity: centre x, centre y, width, height.
///
/// The model of SORT and ByteTrack (Bewley et al. 2016; Zhang et al. 2022), with noise in
/// proportion to the box's size. There, noise is a matter of frames; here of time, so that a camera
/// of 7 frames a second and a lost frame are the same physics: the same as there at 30 frames a
/// second. None of the matrices joins the four numbers, so the eight-dimensional filter is four of
/// two dimensions, exactly.
class BoxFilter {
 public:
  /// At rest at `box`, with a speed of which little is known. Width and height are positive.
  explicit BoxFilter(const PixelBox& box);

  /// Moves on by `seconds` (>= 0).
  void Predict(double seconds);
  /// Takes a sighting. `trust` in (0, 1]: 1 the usual noise, smaller values more.
  void Correct(const PixelBox& box, double trust = 1);
  /// Forgets how the size changes, as ByteTrack does for a box that is out of sight.
  void HoldSize();

  /// Width and height are at least 1 pixel.
  PixelBox box() const;
  /// Of the centre, pixels a second.
  Point2f velocity() const;

 private:
  struct Axis {
    double position, speed;  // pixels, pixels a second
    double pp, ps, ss;       // covariance
  };
  double Scale(std::size_t axis) const;

  std::array<Axis, 4> axes_;  // centre x, centre y, width, height
};

}  // namespace vigil::tracking
