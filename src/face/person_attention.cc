#include "face/person_attention.h"

namespace vigil::face {

const FaceScores& PersonAttention::Update(std::int64_t timestamp_us,
                                          const FaceDirections& directions,
                                          const FaceBlinks* blinks) {
  const FrameClock::Step step = clock_.Advance(timestamp_us);
  if (step == FrameClock::Step::kIgnored) return result_;
  if (step == FrameClock::Step::kRestarted) {
    attention_.Restart();
    drowsiness_.Restart();
  }
  if (blinks != nullptr) {
    UpdateDrowsiness(timestamp_us, *blinks);
  } else {
    result_.drowsiness.confidence = 0;
  }
  result_.attention =
      attention_.Update(timestamp_us, {.valid = directions.valid,
                                       .yaw_deg = directions.yaw_deg,
                                       .pitch_deg = directions.pitch_deg,
                                       .gaze = directions.gaze,
                                       .eyes = blinks ? blinks->eyes.state : EyeState::kUnknown,
                                       .closed_ms = blinks ? blinks->blink.closed_ms : 0.0F,
                                       .drowsiness = result_.drowsiness.score,
                                       .drowsiness_confidence = result_.drowsiness.confidence});
  return result_;
}

void PersonAttention::UpdateDrowsiness(std::int64_t now_us, const FaceBlinks& blinks) {
  DrowsinessInputs inputs{.eyes = blinks.eyes,
                          .history = blinks.history,
                          .coverage = blinks.perclos.coverage,
                          .blink_completed = blinks.blink.completed};
  if (inputs.blink_completed &&
      inputs.blink_completed->end_us - inputs.blink_completed->begin_us > options_.blink.max_us) {
    inputs.blink_completed.reset();  // a long closure has its own term
  }
  result_.drowsiness = drowsiness_.Update(now_us, inputs);
}

}  // namespace vigil::face
