#include "face/person_blinks.h"

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

PersonBlinks::PersonBlinks(const StateOptions& options)
    : options_(Joined(options)),
      eyes_(options_.eyes),
      blink_(options_.blink),
      perclos_(options_.perclos),
      yawn_(options_.yawn) {}

void PersonBlinks::Restart() {
  eyes_.Restart();
  blink_.Restart();
  perclos_.Restart();
  yawn_.Restart();
}

const FaceBlinks& PersonBlinks::Update(std::int64_t timestamp_us, const FaceMeasures& measures) {
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
  result_.history = HistoryAt(timestamp_us);
  return result_;
}

EyeHistory PersonBlinks::HistoryAt(std::int64_t now_us) const {
  const std::int64_t since_us = now_us - options_.drowsiness.window_us;
  const ClosureLog::Totals blinks = blink_.blinks().Since(since_us);
  EyeHistory history{
      .known_s = perclos_.known_s(),
      .closed_s = perclos_.closed_s(),
      .blinks = blinks.count,
      .blinks_us = blinks.duration_us,
      .long_closures_us = blink_.long_closures().Since(since_us).duration_us,
      .yawns = yawn_.yawns().Since(now_us - options_.drowsiness.yawn_window_us).count};
  if (const auto long_since_us = blink_.long_since_us())
    history.long_closures_us += now_us - std::max(since_us, *long_since_us);
  return history;
}

}  // namespace vigil::face
