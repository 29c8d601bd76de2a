#include "tracking/kalman_filter.h"

#include <algorithm>

namespace vigil::tracking {
namespace {

// Standard deviations in parts of the height, per frame of 1/30 s where they grow with time.
// ByteTrack has 1/20, 1/160 and 1/20. These are better on all test sequences together: detectors
// jitter more than people do (docs/tracking.md).
constexpr double kFrame = 1.0 / 30;
constexpr double kPositionNoise = 0.02;
constexpr double kSpeedNoise = 0.003 / kFrame;
constexpr double kFirstSpeed = 10.0 / 160 / kFrame;
// Of a sighting: a detector is worse at sizes than at places.
constexpr std::array<double, 4> kSightingNoise = {0.1, 0.1, 0.2, 0.2};

constexpr double Square(double value) { return value * value; }

}  // namespace

double BoxFilter::Scale() const { return std::max(1.0, axes_[3].position); }

BoxFilter::BoxFilter(const PixelBox& box)
    : axes_{Axis{box.x + box.width / 2.0, 0, 0, 0, 0}, Axis{box.y + box.height / 2.0, 0, 0, 0, 0},
            Axis{box.width, 0, 0, 0, 0}, Axis{box.height, 0, 0, 0, 0}} {
  const double scale = Scale();
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    axes_[i].pp = Square(2 * kSightingNoise[i] * scale);
    axes_[i].ss = Square(kFirstSpeed * scale);
  }
}

void BoxFilter::Predict(double seconds) {
  const double frames = seconds / kFrame, scale = Scale();
  const double position_noise = frames * Square(kPositionNoise * scale);
  const double speed_noise = frames * Square(kSpeedNoise * scale);
  for (Axis& a : axes_) {
    a.position += a.speed * seconds;
    a.pp += seconds * (2 * a.ps + seconds * a.ss) + position_noise;
    a.ps += seconds * a.ss;
    a.ss += speed_noise;
  }
}

void BoxFilter::Correct(const PixelBox& box) {
  const std::array<double, 4> seen{box.x + box.width / 2.0, box.y + box.height / 2.0, box.width,
                                   box.height};
  const double scale = Scale();
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& a = axes_[i];
    const double all = a.pp + Square(kSightingNoise[i] * scale);
    const double gain = a.pp / all, speed_gain = a.ps / all;
    const double miss = seen[i] - a.position;
    a.position += gain * miss;
    a.speed += speed_gain * miss;
    a.ss -= speed_gain * a.ps;
    a.ps -= gain * a.ps;
    a.pp -= gain * a.pp;
  }
}

void BoxFilter::HoldSize() { axes_[2].speed = axes_[3].speed = 0; }

PixelBox BoxFilter::box() const {
  const double width = std::max(1.0, axes_[2].position), height = std::max(1.0, axes_[3].position);
  return {static_cast<float>(axes_[0].position - width / 2),
          static_cast<float>(axes_[1].position - height / 2), static_cast<float>(width),
          static_cast<float>(height)};
}

}  // namespace vigil::tracking
