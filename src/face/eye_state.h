// From eye aspect ratios to "how open, for this person".
#pragma once

#include <cstdint>

#include "face/eye_levels.h"
#include "face/frame_clock.h"
#include "face/types.h"

namespace vigil::face {

struct EyeOptions {
  // The pose gate: beyond it the lids are foreshortened or hidden, and the eye state is unknown.
  float max_yaw_deg = 35;
  float max_pitch_up_deg = 25;
  float max_pitch_down_deg =
      30;  ///< more than up: cameras stand above screens, and a level face reads as -10 or so
  float closed_openness = 0.2F;  ///< at most this open is closed: P80, "at least 80 % closed"
  EyeLevelOptions levels;
  GapOptions gaps;
};

/// What one frame says about the eyes of one face.
struct EyeMeasures {
  bool valid = false;  ///< the mesh is there and to be trusted
  float ear_left =
      0;  ///< eye aspect ratio of the image's left eye, corrected for yaw if the caller can; outside
  float ear_right = 0;  ///< 0..1 or no number: this eye is not known, the other one decides
  float yaw_deg = 0;    ///< of the head
  float pitch_deg = 0;
};

/// What the eyes of one frame mean.
struct EyeReading {
  Eyes eyes;           ///< what the result shows
  bool known = false;  ///< eyes.state is not kUnknown
  float openness =
      0;  ///< by the usual levels, not cut: about 0 closed, 1 open; for P80 and long closures
  float local = 0;  ///< the same by the present level: what a blink is measured on
};

/// Learns one person's open and closed levels and says how open the eyes are.
///
///   x        = mean of EAR / usual open EAR of both eyes; the eye turned towards the camera weighs more
///   openness = (x - closed ratio) / (1 - closed ratio)
///   local    = the same with the level from which the lids fall just now in the place of 1
///
/// Sources: EAR: Soukupova and Cech, CVWW 2016. P80: Wierwille et al., DOT HS 808 247, 1994; Dinges and Grace,
/// FHWA-MCRT-98-006, 1998. The levels are ours (docs/drowsiness.md).
/// Preconditions: timestamps rise. No allocation. One thread at a time.
class EyeStateEstimator {
 public:
  explicit EyeStateEstimator(const EyeOptions& options);
  EyeReading Update(std::int64_t now_us, const EyeMeasures& measures);

  /// The clock has started anew: keeps what was learnt, forgets when.
  void Restart();

  float open_left() const { return left_.value(); }  ///< usual EAR of the open eye
  float open_right() const { return right_.value(); }
  float closed_ratio() const { return closed_.ratio(); }

 private:
  bool PoseAllows(const EyeMeasures& measures) const;

  EyeOptions options_;
  KnownTime time_;
  OpenLevel left_;
  OpenLevel right_;
  PresentLevel present_;
  ClosedLevel closed_;
};

}  // namespace vigil::face
