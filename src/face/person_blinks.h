// What one person's eyes and mouth do over time: eyes, blinks, PERCLOS, yawns. The blink stage's half of PersonState.
#pragma once

#include <cstdint>

#include "face/blink.h"
#include "face/eye_state.h"
#include "face/frame_clock.h"
#include "face/perclos.h"
#include "face/stages.h"
#include "face/state_options.h"
#include "face/yawn.h"

namespace vigil::face {

/// What one frame says about one face. For a frame in which a followed face has no usable mesh, leave valid false.
struct FaceMeasures {
  bool valid = false;
  float ear_left =
      0;  ///< as in EyeMeasures; for the state of the eyes (yaw-corrected if the caller can)
  float ear_right = 0;
  float mouth_aspect_ratio = 0;
  float yaw_deg = 0;  ///< of the head; signs as in types.h
  float pitch_deg = 0;
  EyeGaze gaze = {};  ///< combined; confidence 0: not known
};

/// One face id's state: about 20 KiB, all of it in the object; Update allocates nothing, ever. All windows are in time, so
/// the frame rate does not matter; a repeated or backward timestamp is ignored (the last result is returned again, without
/// `completed`). One thread at a time.
class PersonBlinks {
 public:
  /// Precondition: Validate(options) is OK.
  explicit PersonBlinks(const StateOptions& options);

  /// `timestamp_us`: stream time of the frame. The gaze is not looked at. The result stays valid until the next call.
  const FaceBlinks& Update(std::int64_t timestamp_us, const FaceMeasures& measures);

  const FaceBlinks& result() const { return result_; }
  const EyeStateEstimator& eyes() const { return eyes_; }

 private:
  void Restart();
  EyeHistory HistoryAt(std::int64_t now_us) const;

  StateOptions options_;
  FrameClock clock_;
  EyeStateEstimator eyes_;
  BlinkDetector blink_;
  PerclosMeter perclos_;
  YawnDetector yawn_;
  FaceBlinks result_;
};

}  // namespace vigil::face
