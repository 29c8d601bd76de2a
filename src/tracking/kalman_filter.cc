#include "tracking/kalman_filter.h"

#include <algorithm>

namespace vigil::tracking {
namespace {

// ByteTrack's weights, per frame of 1/30 s and in parts of the box's height.
constexpr double kFrame = 1.0 / 30;
double kPositionNoise = 1.0 / 20;
double kSpeedNoise = 1.0 / 160 / kFrame;  // a second
double kMeasure = 1.0 / 20;

double Square(double value) { return value * value; }

}  // namespace
double& PN(){return kPositionNoise;} double& SN(){return kSpeedNoise;} double& MN(){return kMeasure;}

double BoxFilter::Scale(std::size_t axis) const {
  (void)axis;
  return std::max(1.0, axes_[3].position);
}

BoxFilter::BoxFilter(const PixelBox& box)
    : axes_{Axis{box.x + box.width / 2.0, 0, 0, 0, 0}, Axis{box.y + box.height / 2.0, 0, 0, 0, 0},
            Axis{box.width, 0, 0, 0, 0}, Axis{box.height, 0, 0, 0, 0}} {
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const double scale = Scale(i);
    axes_[i].pp = Square(2 * kMeasure * scale);
    axes_[i].ss = Square(10 * kSpeedNoise * scale);
  }
}

void BoxFilter::Predict(double seconds) {
  const double frames = seconds / kFrame;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& a = axes_[i];
    const double scale = Scale(i);
    a.position += a.speed * seconds;
    a.pp += seconds * (2 * a.ps + seconds * a.ss) + frames * Square(kPositionNoise * scale);
    a.ps += seconds * a.ss;
    a.ss += frames * Square(kSpeedNoise * scale);
  }
}

void BoxFilter::Correct(const PixelBox& box, double trust) {
  const std::array<double, 4> seen{box.x + box.width / 2.0, box.y + box.height / 2.0, box.width,
                                   box.height};
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& a = axes_[i];
    const double noise = Square(kMeasure * Scale(i)) / trust;
    const double gain = a.pp / (a.pp + noise), speed_gain = a.ps / (a.pp + noise);
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

Point2f BoxFilter::velocity() const {
  return {static_cast<float>(axes_[0].speed), static_cast<float>(axes_[1].speed)};
}

}  // namespace vigil::tracking
