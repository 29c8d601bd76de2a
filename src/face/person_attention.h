// How attentive and how drowsy one person is, over time. The attention stage's half of PersonState.
#pragma once

#include <cstdint>

#include "face/attention.h"
#include "face/drowsiness.h"
#include "face/frame_clock.h"
#include "face/stages.h"
#include "face/state_options.h"
#include "face/types.h"

namespace vigil::face {

/// What one frame says about where a face is turned.
struct FaceDirections {
  bool valid = false;  ///< the face was seen in this frame, and its head pose is known
  float yaw_deg = 0;   ///< of the head; signs as in types.h
  float pitch_deg = 0;
  EyeGaze gaze = {};  ///< combined; confidence 0: not known
};

/// One face id's state, all of it in the object: Update allocates nothing, ever. A repeated or backward timestamp is ignored
/// (the last result is returned again). One thread at a time.
class PersonAttention {
 public:
  /// Precondition: Validate(options) is OK.
  explicit PersonAttention(const StateOptions& options)
      : options_(options), attention_(options.attention), drowsiness_(options.drowsiness) {}

  /// `blinks`: PersonBlinks' of the same frame; null: not known, so that drowsiness stands still with confidence 0. The
  /// result stays valid until the next call.
  const FaceScores& Update(std::int64_t timestamp_us, const FaceDirections& directions,
                           const FaceBlinks* blinks);

  const FaceScores& result() const { return result_; }

 private:
  void UpdateDrowsiness(std::int64_t now_us, const FaceBlinks& blinks);

  StateOptions options_;
  FrameClock clock_;
  AttentionScorer attention_;
  DrowsinessScorer drowsiness_;
  FaceScores result_;
};

}  // namespace vigil::face
