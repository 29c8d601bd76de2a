#include "face/yawn.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {
namespace {
constexpr float kTopRatio = 2;  // wider mouths are not told apart
constexpr float kFirstFrameS =
    1.0F / 30;  // what a frame weighs that has none before it to count from
}  // namespace

YawnDetector::YawnDetector(const YawnOptions& options)
    : options_(options), time_(options.gaps), ratios_(kTopRatio, options.memory_s) {}

void YawnDetector::Restart() {
  time_ = KnownTime(options_.gaps);
  yawns_.Clear();
  open_since_us_.reset();
  state_.open = false;
}

const Yawn& YawnDetector::Update(std::int64_t now_us, const MouthMeasures& measures) {
  const float ratio = measures.aspect_ratio;
  const bool known = measures.valid && std::isfinite(ratio) && ratio >= 0 &&
                     std::abs(measures.yaw_deg) <= options_.max_yaw_deg &&
                     std::abs(measures.pitch_deg) <= options_.max_pitch_deg;
  const KnownTime::Step step = time_.Advance(now_us, known);
  if (step.broken) {
    open_since_us_.reset();
    state_.open = false;
  }
  state_.mouth_aspect_ratio = known ? ratio : 0.0F;
  if (!known) return state_;

  ratios_.Add(ratio,
              step.joined ? static_cast<float>(now_us - step.since_us) * 1e-6F : kFirstFrameS);
  const float over_rest =
      ratio - std::min(options_.most_rest, ratios_.Value(options_.rest_quantile));
  if (!open_since_us_ && over_rest > options_.open_above) open_since_us_ = now_us;
  if (open_since_us_ && over_rest < options_.shut_below) {
    open_since_us_.reset();
    state_.open = false;
  }
  if (open_since_us_ && !state_.open && now_us - *open_since_us_ > options_.min_us) {
    state_.open = true;
    ++state_.count;
    yawns_.Add({*open_since_us_, now_us});
  }
  return state_;
}

}  // namespace vigil::face
