#include "face/eye_state.h"

#include <algorithm>
#include <cmath>

namespace vigil::face {
namespace {

// What a frame weighs that has none before it to count the time from: one at 30 a second.
constexpr float kFirstFrameS = 1.0F / 30;

// An eye higher than wide is a broken mesh. Also false for what is not a number.
bool Usable(float ear) { return ear >= 0 && ear <= 1; }

// How much the image's left eye weighs: yaw > 0 turns the right one away.
float LeftWeight(const EyeMeasures& measures, float max_yaw_deg) {
  if (!Usable(measures.ear_left)) return 0;
  if (!Usable(measures.ear_right)) return 1;
  return std::clamp(0.5F + 0.5F * measures.yaw_deg / std::max(1.0F, max_yaw_deg), 0.0F, 1.0F);
}

}  // namespace

EyeStateEstimator::EyeStateEstimator(const EyeOptions& options)
    : options_(options),
      time_(options.gaps),
      left_(options.levels),
      right_(options.levels),
      present_(options.levels),
      closed_(options.levels) {}

void EyeStateEstimator::Restart() {
  time_ = KnownTime(options_.gaps);
  closed_.Interrupt();
}

bool EyeStateEstimator::PoseAllows(const EyeMeasures& measures) const {
  // Written so that a pose that is not a number does not pass.
  return std::abs(measures.yaw_deg) <= options_.max_yaw_deg &&
         measures.pitch_deg <= options_.max_pitch_up_deg &&
         measures.pitch_deg >= -options_.max_pitch_down_deg;
}

EyeReading EyeStateEstimator::Update(std::int64_t now_us, const EyeMeasures& measures) {
  const bool left_usable = Usable(measures.ear_left), right_usable = Usable(measures.ear_right);
  EyeReading reading;
  reading.eyes.ear_left = left_usable ? measures.ear_left : 0.0F;
  reading.eyes.ear_right = right_usable ? measures.ear_right : 0.0F;
  reading.known = measures.valid && (left_usable || right_usable) && PoseAllows(measures);
  const KnownTime::Step step = time_.Advance(now_us, reading.known);
  if (step.broken) closed_.Interrupt();
  if (!reading.known) return reading;

  const float weight = LeftWeight(measures, options_.max_yaw_deg);
  const float relative = (left_usable ? weight * measures.ear_left / left_.value() : 0.0F) +
                         (right_usable ? (1 - weight) * measures.ear_right / right_.value() : 0.0F);

  const float closed = closed_.ratio();
  const float present = present_.value();
  reading.openness = (relative - closed) / (1 - closed);
  reading.local = (relative / present - closed) / (1 - closed);
  reading.eyes.openness = std::clamp(reading.openness, 0.0F, 1.0F);
  reading.eyes.state =
      reading.openness <= options_.closed_openness ? EyeState::kClosed : EyeState::kOpen;

  // What was seen now teaches the levels for the next frame.
  const float seconds =
      step.joined ? static_cast<float>(now_us - step.since_us) * 1e-6F : kFirstFrameS;
  const bool low = reading.openness < 0.5F;
  if (left_usable) left_.Add(measures.ear_left, seconds, low);
  if (right_usable) right_.Add(measures.ear_right, seconds, low);
  closed_.Update(now_us, relative / present);
  present_.Update(now_us, seconds, relative, reading.openness, reading.local);
  return reading;
}

}  // namespace vigil::face
