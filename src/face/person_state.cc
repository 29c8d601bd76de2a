#include "face/person_state.h"

namespace vigil::face {

const StateResult& PersonState::Update(std::int64_t timestamp_us, const FaceMeasures& measures) {
  const FaceBlinks& blinks = blinks_.Update(timestamp_us, measures);
  const FaceScores& scores = scores_.Update(
      timestamp_us, {measures.valid, measures.yaw_deg, measures.pitch_deg, measures.gaze}, &blinks);
  result_ = {blinks.eyes, blinks.blink,     blinks.perclos,
             blinks.yawn, scores.attention, scores.drowsiness};
  return result_;
}

}  // namespace vigil::face
