#include "face/attention.h"

#include <cmath>

#include "face/terms.h"

namespace vigil::face {
namespace {

constexpr float kFirstFrameS =
    0.1F;  // what a picture alone weighs: confidence 0.05 with the default

// How much of what the score asks for could be seen.
float Seen(const AttentionInputs& inputs) {
  if (!inputs.valid) return 0;
  const float eyes = inputs.eyes == EyeState::kUnknown ? 0.0F : 1.0F;
  return 0.5F + 0.25F * eyes + 0.25F * Ramp(inputs.gaze.confidence, 0, 1);
}

float Share(float seconds, float time_constant) { return 1 - std::exp(-seconds / time_constant); }

}  // namespace

std::array<float, AttentionScorer::kParts> AttentionScorer::Values(
    const AttentionInputs& inputs) const {
  const AttentionOptions& o = options_;
  std::array<float, kParts> values{};
  values[kYaw] = Ramp(std::abs(inputs.yaw_deg - o.screen_yaw_deg), o.yaw_from_deg, o.yaw_full_deg);
  values[kPitch] =
      Ramp(std::abs(inputs.pitch_deg - o.screen_pitch_deg), o.pitch_from_deg, o.pitch_full_deg);
  if (inputs.gaze.confidence > 0) {
    const float away_deg = std::hypot(inputs.gaze.to_camera.yaw_deg - o.screen_yaw_deg,
                                      inputs.gaze.to_camera.pitch_deg - o.screen_pitch_deg);
    values[kGaze] =
        Ramp(away_deg, o.gaze_from_deg, o.gaze_full_deg) * Ramp(inputs.gaze.confidence, 0, 1);
  }
  if (inputs.eyes != EyeState::kUnknown) {
    values[kClosed] = Ramp(inputs.closed_ms * 1e3F, static_cast<float>(o.closed_from_us),
                           static_cast<float>(o.closed_full_us));
    // A picture alone knows no duration: closed is closed.
    if (!begun_ && inputs.eyes == EyeState::kClosed) values[kClosed] = 1;
  }
  values[kDrowsy] = Ramp(inputs.drowsiness, 0, 100) * Ramp(inputs.drowsiness_confidence, 0, 1);
  return values;
}

const Attention& AttentionScorer::Update(std::int64_t now_us, const AttentionInputs& inputs) {
  const float seconds = last_us_ ? static_cast<float>(now_us - *last_us_) * 1e-6F : kFirstFrameS;
  state_.confidence += (Seen(inputs) - state_.confidence) * Share(seconds, options_.confidence_s);
  last_us_ = now_us;
  if (inputs.valid) {
    const std::array<float, kParts> values = Values(inputs);
    const float since_seen_s =
        last_seen_us_ ? static_cast<float>(now_us - *last_seen_us_) * 1e-6F : kFirstFrameS;
    const float share = begun_ ? Share(since_seen_s, options_.smooth_s) : 1.0F;
    for (int i = 0; i < kParts; ++i) {
      const auto part = static_cast<std::size_t>(i);
      smooth_[part] += (values[part] - smooth_[part]) * share;
    }
    begun_ = true;
    last_seen_us_ = now_us;
  }
  TermList terms;
  terms.Add("head_yaw", smooth_[kYaw], options_.yaw_weight);
  terms.Add("head_pitch", smooth_[kPitch], options_.pitch_weight);
  terms.Add("gaze_away", smooth_[kGaze], options_.gaze_weight);
  terms.Add("eyes_closed", smooth_[kClosed], options_.closed_weight);
  terms.Add("drowsiness", smooth_[kDrowsy], options_.drowsy_weight);
  terms.LimitTo(100);
  terms.Negate();
  state_.terms = terms.terms();
  state_.score = 100 + terms.Sum();
  return state_;
}

}  // namespace vigil::face
