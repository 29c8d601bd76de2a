#include "face/one_euro.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "face/region.h"

namespace vigil::face {
namespace {

// Weight of a new sample in a first-order low-pass filter of that cut-off.
float Alpha(float cutoff_hz, float rate_hz) {
  return 1 / (1 + rate_hz / (2 * std::numbers::pi_v<float> * cutoff_hz));
}

}  // namespace

void OneEuroMesh::Apply(Mesh& mesh, std::int64_t timestamp_us, const OneEuroOptions& options) {
  const PixelBox box = BoundingBox(mesh.span());
  const auto count = static_cast<std::size_t>(mesh.count);
  if (!started_) {
    std::copy_n(mesh.points.begin(), count, raw_.begin());
    std::copy_n(mesh.points.begin(), count, smooth_.begin());
    std::fill_n(speed_.begin(), count, Point3f{});
    started_ = true;
    last_us_ = timestamp_us;
    return;
  }
  if (timestamp_us <= last_us_) return;
  const float rate = 1e6F / static_cast<float>(timestamp_us - last_us_);
  last_us_ = timestamp_us;
  const float to_speed = rate / std::max(1e-6F, (box.width + box.height) / 2);
  const float speed_alpha = Alpha(options.derivative_cutoff_hz, rate);

  const auto filter = [&](float value, float& raw, float& speed, float& smooth) {
    speed += speed_alpha * ((value - raw) * to_speed - speed);
    smooth +=
        Alpha(options.min_cutoff_hz + options.beta * std::abs(speed), rate) * (value - smooth);
    raw = value;
    return smooth;
  };
  for (std::size_t i = 0; i < count; ++i) {
    Point3f& p = mesh.points[i];
    p = {filter(p.x, raw_[i].x, speed_[i].x, smooth_[i].x),
         filter(p.y, raw_[i].y, speed_[i].y, smooth_[i].y),
         filter(p.z, raw_[i].z, speed_[i].z, smooth_[i].z)};
  }
}

}  // namespace vigil::face
