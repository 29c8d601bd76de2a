// Everything that one person's face says over time: eyes, blinks, PERCLOS, yawns, attention, drowsiness.
#pragma once

#include <absl/status/status.h>

#include <cstdint>

#include "face/attention.h"
#include "face/blink.h"
#include "face/drowsiness.h"
#include "face/eye_state.h"
#include "face/frame_clock.h"
#include "face/perclos.h"
#include "face/types.h"
#include "face/yawn.h"

namespace vigil::face {

/// Every number of this part of the product. `gaps` holds for eyes and mouth alike and overwrites the parts' own.
struct StateOptions {
  GapOptions gaps;
  EyeOptions eyes;
  BlinkOptions blink;
  PerclosOptions perclos;  ///< closed_openness is taken from `eyes`
  YawnOptions yawn;
  AttentionOptions attention;
  DrowsinessOptions drowsiness;
};

/// InvalidArgument naming the first value out of its range and what is allowed. A PersonState made from options that
/// fail here is not safe to use.
[[nodiscard]] absl::Status Validate(const StateOptions& options);

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

/// What is known of one person after a frame.
struct StateResult {
  Eyes eyes;
  BlinkState blink;
  Perclos perclos;
  Yawn yawn;
  Attention attention;
  Drowsiness drowsiness;
};

/// One face id's state. Made when the face appears, thrown away when it left; about 20 KiB, all of it in the object:
/// Update allocates nothing, ever. All windows are in time, so the frame rate does not matter; a repeated or backward
/// timestamp is ignored (the last result is returned again, without `completed`). One thread at a time.
class PersonState {
 public:
  /// Precondition: Validate(options) is OK.
  explicit PersonState(const StateOptions& options = {});

  /// `timestamp_us`: stream time of the frame. The result stays valid until the next call.
  const StateResult& Update(std::int64_t timestamp_us, const FaceMeasures& measures);

  const StateResult& result() const { return result_; }
  const EyeStateEstimator& eyes() const { return eyes_; }

 private:
  void Restart();
  void UpdateDrowsiness(std::int64_t now_us, const EyeReading& reading);
  void UpdateAttention(std::int64_t now_us, const FaceMeasures& measures);

  StateOptions options_;
  FrameClock clock_;
  EyeStateEstimator eyes_;
  BlinkDetector blink_;
  PerclosMeter perclos_;
  YawnDetector yawn_;
  AttentionScorer attention_;
  DrowsinessScorer drowsiness_;
  StateResult result_;
};

}  // namespace vigil::face
