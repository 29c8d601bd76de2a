// The drowsiness score: what it is made of, and the level it stands for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "face/types.h"

namespace vigil::face {

/// Weights are points; their sum is 100 with the defaults. Each value runs from 0 to 1 over the stated range.
struct DrowsinessOptions {
  // PERCLOS 0.075 alone gives 25 points and 0.15 gives 50: the cut-offs "doubtful" and "drowsy" of the literature.
  float perclos_weight = 60;
  float perclos_full = 0.18F;  ///< PERCLOS that gives all points
  float least_known_s =
      40;  ///< closed time is divided by at least so much known time: a blink in the first
           ///< second is no sign of anything, and a look down at the start is not fatigue
  float closures_weight = 24;
  float closures_full_s =
      2;  ///< seconds within long closures in the window, the present one included
  float lengthening_weight = 8;
  float lengthening_from = 1.25F;  ///< mean blink duration of the window over the person's own
  float lengthening_full = 2;
  int lengthening_least_blinks = 3;  ///< in the window; fewer say nothing
  float yawns_weight = 8;
  float yawns_full = 3;  ///< yawns in yawn_window_us
  std::int64_t yawn_window_us = 300'000'000;
  // What the picture itself says, while there is no history: fades out until least_known_s are known.
  float lids_now_weight = 30;

  std::int64_t window_us =
      60'000'000;  ///< of closures and blinks; PERCLOS has its own, of the same default
  std::array<float, 3> level_from{
      25, 50, 70};         ///< score from which mild, moderate, severe fatigue is meant
  float level_margin = 5;  ///< points under its cut at which a level is left
  std::int64_t rise_us =
      1'000'000;  ///< a higher level is taken after the score stood there so long
  std::int64_t fall_us = 5'000'000;       ///< a lower one after so long
  float full_confidence_coverage = 0.8F;  ///< PERCLOS coverage that gives confidence 1
};

/// What the score is made from.
struct DrowsinessInputs {
  Eyes eyes;  ///< of this frame
  EyeHistory history;
  float coverage = 0;                    ///< of the window of PERCLOS, 0..1
  std::optional<Blink> blink_completed;  ///< a blink (no long closure) that ended with this frame
};

/// Score = sum of the terms' points, exactly, in their order. Where the terms' points exceed 100 (other weights), each
/// is scaled down alike. Missing data: unknown time is in no term; it lowers the confidence, never raises the score.
/// The level follows the score with a margin and a delay, so that it does not flap; the first frame sets it at once.
/// Formulas and sources: docs/drowsiness.md. Preconditions: timestamps rise. No allocation. One thread at a time.
class DrowsinessScorer {
 public:
  explicit DrowsinessScorer(const DrowsinessOptions& options) : options_(options) {}
  const Drowsiness& Update(std::int64_t now_us, const DrowsinessInputs& inputs);
  void Restart();

 private:
  float LengtheningValue(const DrowsinessInputs& inputs);
  void UpdateLevel(std::int64_t now_us);
  int LevelOf(float score, float margin) const;

  DrowsinessOptions options_;
  Drowsiness state_;
  bool begun_ = false;
  bool lasted_ = false;  // a level was reached by standing at it, not by the first frame
  std::optional<std::int64_t> above_since_us_;
  std::optional<std::int64_t> below_since_us_;
  // The person's own mean blink duration, from an assumption that counts as a few blinks.
  double usual_blink_s_ = 0.2;
  double usual_blinks_ = 5;
};

}  // namespace vigil::face
