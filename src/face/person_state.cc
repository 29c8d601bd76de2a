#include "face/person_state.h"

#include <algorithm>

namespace vigil::face {
namespace {

constexpr double kLeastRateS = 10;  // blinks a minute are never extrapolated from less

// One rule for gaps and one threshold for "closed", wherever they are needed.
StateOptions Joined(StateOptions options) {
  options.eyes.gaps = options.blink.gaps = options.perclos.gaps = options.yawn.gaps = options.gaps;
  options.perclos.closed_openness = options.eyes.closed_openness;
  return options;
}

}  // namespace

PersonState::PersonState(const StateOptions& options)
    : options_(Joined(options)),
      eyes_(options_.eyes),
      blink_(options_.blink),
      perclos_(options_.perclos),
      yawn_(options_.yawn),
      attention_(options_.attention),
      drowsiness_(options_.drowsiness) {}

void PersonState::Restart() {
  eyes_.Restart();
  blink_.Restart();
  perclos_.Restart();
  yawn_.Restart();
  attention_.Restart();
  drowsiness_.Restart();
}

const StateResult& PersonState::Update(std::int64_t timestamp_us, const FaceMeasures& measures) {
  const FrameClock::Step step = clock_.Advance(timestamp_us);
  if (step == FrameClock::Step::kIgnored) {
    result_.blink.completed.reset();  // an event is told once
    return result_;
  }
  if (step == FrameClock::Step::kRestarted) Restart();

  const EyeReading reading =
      eyes_.Update(timestamp_us, {measures.valid, measures.ear_left, measures.ear_right,
                                  measures.yaw_deg, measures.pitch_deg});
  result_.eyes = reading.eyes;
  result_.blink = blink_.Update(timestamp_us, reading);
  result_.perclos = perclos_.Update(timestamp_us, reading);
  result_.yawn = yawn_.Update(timestamp_us, {measures.valid, measures.mouth_aspect_ratio,
                                             measures.yaw_deg, measures.pitch_deg});
  const int recent = blink_.blinks().Since(timestamp_us - options_.perclos.window_us).count;
  result_.blink.per_minute =
      static_cast<float>(recent * 60 / std::max(kLeastRateS, perclos_.known_s()));
  UpdateDrowsiness(timestamp_us, reading);
  UpdateAttention(timestamp_us, measures);
  return result_;
}

void PersonState::UpdateDrowsiness(std::int64_t now_us, const EyeReading& reading) {
  DrowsinessInputs inputs{.eyes = reading,
                          .closed_s = perclos_.closed_s(),
                          .known_s = perclos_.known_s(),
                          .coverage = result_.perclos.coverage,
                          .blinks = &blink_.blinks(),
                          .long_closures = &blink_.long_closures(),
                          .yawns = &yawn_.yawns(),
                          .long_since_us = blink_.long_since_us(),
                          .blink_completed = result_.blink.completed};
  if (inputs.blink_completed &&
      inputs.blink_completed->end_us - inputs.blink_completed->begin_us > options_.blink.max_us) {
    inputs.blink_completed.reset();  // a long closure has its own term
  }
  result_.drowsiness = drowsiness_.Update(now_us, inputs);
}

void PersonState::UpdateAttention(std::int64_t now_us, const FaceMeasures& measures) {
  result_.attention =
      attention_.Update(now_us, {.valid = measures.valid,
                                 .yaw_deg = measures.yaw_deg,
                                 .pitch_deg = measures.pitch_deg,
                                 .gaze = measures.gaze,
                                 .eyes = result_.eyes.state,
                                 .closed_ms = result_.blink.closed_ms,
                                 .drowsiness = result_.drowsiness.score,
                                 .drowsiness_confidence = result_.drowsiness.confidence});
}

}  // namespace vigil::face
