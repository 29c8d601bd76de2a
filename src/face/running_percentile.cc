#include "face/running_percentile.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {

void RunningPercentile::Add(float value, float seconds, float weight) {
  const float keep = std::exp(-seconds / memory_s_);
  total_ = 0;
  for (float& bin : bins_) {
    bin *= keep;
    total_ += bin;  // summed anew each time, so that rounding never builds up
  }
  const float position = std::clamp(value / top_ * kBins, 0.0F, kBins - 1.0F);
  bins_[static_cast<std::size_t>(position)] += seconds * weight;
  total_ += seconds * weight;
}

float RunningPercentile::Value(float quantile) const {
  if (total_ <= 0) return 0;
  // From the top, since the common use is a high percentile.
  float above = (1 - std::clamp(quantile, 0.0F, 1.0F)) * total_;
  for (int i = kBins - 1; i >= 0; --i) {
    const float here = bins_[static_cast<std::size_t>(i)];
    if (here > 0 && above <= here) return (static_cast<float>(i) + 1 - above / here) * top_ / kBins;
    above -= here;
  }
  return 0;
}

}  // namespace vigil::face
