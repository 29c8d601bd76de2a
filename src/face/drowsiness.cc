#include "face/drowsiness.h"

#include <algorithm>

#include "face/terms.h"

namespace vigil::face {
namespace {
constexpr double kMostUsualBlinks = 60;  // from then on a running mean: some minutes of blinks
}

void DrowsinessScorer::Restart() {
  above_since_us_.reset();
  below_since_us_.reset();
}

float DrowsinessScorer::LengtheningValue(const DrowsinessInputs& inputs) {
  if (inputs.blink_completed) {
    const double length_s =
        static_cast<double>(inputs.blink_completed->end_us - inputs.blink_completed->begin_us) *
        1e-6;
    usual_blinks_ = std::min(usual_blinks_ + 1, kMostUsualBlinks);
    usual_blink_s_ += (length_s - usual_blink_s_) / usual_blinks_;
  }
  const EyeHistory& recent = inputs.history;
  if (recent.blinks < options_.lengthening_least_blinks) return 0;
  const double mean_s = static_cast<double>(recent.blinks_us) * 1e-6 / recent.blinks;
  return Ramp(static_cast<float>(mean_s / usual_blink_s_), options_.lengthening_from,
              options_.lengthening_full);
}

const Drowsiness& DrowsinessScorer::Update(std::int64_t now_us, const DrowsinessInputs& inputs) {
  const EyeHistory& history = inputs.history;
  const bool known = inputs.eyes.state != EyeState::kUnknown;
  const float known_s = static_cast<float>(history.known_s);
  const float perclos =
      static_cast<float>(history.closed_s) / std::max(known_s, options_.least_known_s);
  const float without_history = 1 - Ramp(known_s, 0, options_.least_known_s);
  const float closures =
      Ramp(static_cast<float>(history.long_closures_us) * 1e-6F, 0, options_.closures_full_s);
  // What the picture says and history does not say already: one look down is not counted twice.
  const float lids_now =
      known ? std::max(0.0F, (1 - inputs.eyes.openness) * without_history - closures) : 0.0F;

  TermList terms;
  terms.Add("perclos", Ramp(perclos, 0, options_.perclos_full), options_.perclos_weight);
  terms.Add("long_closures", closures, options_.closures_weight);
  terms.Add("blinks_lengthening", LengtheningValue(inputs), options_.lengthening_weight);
  terms.Add("yawns", Ramp(static_cast<float>(history.yawns), 0, options_.yawns_full),
            options_.yawns_weight);
  terms.Add("lids_now", lids_now, options_.lids_now_weight);
  terms.LimitTo(100);
  state_.terms = terms.terms();
  state_.score = terms.Sum();
  // A picture alone, its eyes seen, is worth a little.
  const float at_hand = known ? 0.05F : 0.0F;
  state_.confidence =
      std::max(at_hand, Ramp(inputs.coverage, 0, options_.full_confidence_coverage));
  UpdateLevel(now_us);
  return state_;
}

int DrowsinessScorer::LevelOf(float score, float margin) const {
  int level = 0;
  while (level < 3 && score >= options_.level_from[static_cast<std::size_t>(level)] - margin)
    ++level;
  return level;
}

void DrowsinessScorer::UpdateLevel(std::int64_t now_us) {
  const int current = static_cast<int>(state_.level);
  const int rising = LevelOf(state_.score, 0);
  const int falling = LevelOf(state_.score, options_.level_margin);
  // What the first frames suggest is taken back as soon as it is not so: nothing has lasted yet.
  if (!begun_ || (!lasted_ && rising < current)) {
    begun_ = true;
    state_.level = static_cast<DrowsinessLevel>(rising);
    return;
  }
  if (rising <= current) above_since_us_.reset();
  if (falling >= current) below_since_us_.reset();
  if (rising > current) {
    if (!above_since_us_) above_since_us_ = now_us;
    if (now_us - *above_since_us_ < options_.rise_us) return;
    lasted_ = true;
    state_.level = static_cast<DrowsinessLevel>(rising);
    above_since_us_.reset();
  } else if (falling < current) {
    if (!below_since_us_) below_since_us_ = now_us;
    if (now_us - *below_since_us_ < options_.fall_us) return;
    state_.level = static_cast<DrowsinessLevel>(falling);
    below_since_us_.reset();
  }
}

}  // namespace vigil::face
