// The attention score: how far a person is turned to the screen and awake.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "face/types.h"

namespace vigil::face {

/// Weights are the points that a term can cost. Each value runs from 0 to 1 between its two bounds.
struct AttentionOptions {
  // Where the screen is, seen from the person: 0, 0 looks straight into the camera. Degrees, signs as in types.h.
  float screen_yaw_deg = 0;
  float screen_pitch_deg = 0;

  float yaw_weight = 60;
  float yaw_from_deg = 15;  ///< head turned so far from the screen costs nothing …
  float yaw_full_deg = 45;  ///< … and so far all
  float pitch_weight = 50;
  float pitch_from_deg = 12;
  float pitch_full_deg = 35;
  float gaze_weight = 50;
  float gaze_from_deg = 12;  ///< angle between gaze and screen; times the gaze's confidence
  float gaze_full_deg = 30;
  float closed_weight = 80;
  std::int64_t closed_from_us = 300'000;  ///< a closure costs from here: blinks do not
  std::int64_t closed_full_us = 700'000;
  float drowsy_weight = 30;  ///< drowsiness score / 100 × its confidence

  float smooth_s = 1;      ///< time constant of every value
  float confidence_s = 2;  ///< … and of the confidence, which begins at nothing
};

/// What the score is made from.
struct AttentionInputs {
  bool valid = false;  ///< the face was seen in this frame
  float yaw_deg = 0;   ///< of the head
  float pitch_deg = 0;
  EyeGaze gaze = {};  ///< combined; confidence 0: not known
  EyeState eyes = EyeState::kUnknown;
  float closed_ms = 0;   ///< of the present closure
  float drowsiness = 0;  ///< 0..100
  float drowsiness_confidence = 0;
};

/// Score = 100 + sum of the terms' points (costs, so 0 or less), exactly, in their order; costs beyond 100 are scaled
/// down alike. Missing data: a frame without the face leaves the score and lets the confidence fall; eyes or gaze that
/// cannot be seen cost nothing and lower the confidence, so that a turned head is turned away, not asleep.
/// Ours: there is no agreed formula (docs/drowsiness.md). Preconditions: timestamps rise. No allocation. One thread.
class AttentionScorer {
 public:
  explicit AttentionScorer(const AttentionOptions& options) : options_(options) {}
  const Attention& Update(std::int64_t now_us, const AttentionInputs& inputs);
  /// The clock has started anew.
  void Restart() { last_us_.reset(), last_seen_us_.reset(); }

 private:
  enum Part { kYaw, kPitch, kGaze, kClosed, kDrowsy, kParts };
  std::array<float, kParts> Values(const AttentionInputs& inputs) const;

  AttentionOptions options_;
  Attention state_;
  std::array<float, kParts> smooth_{};
  std::optional<std::int64_t> last_us_;       // last frame
  std::optional<std::int64_t> last_seen_us_;  // last frame with the face
  bool begun_ = false;                        // the face has been seen
};

}  // namespace vigil::face
