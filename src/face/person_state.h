// Everything that one person's face says over time: eyes, blinks, PERCLOS, yawns, attention, drowsiness.
#pragma once

#include <cstdint>

#include "face/person_attention.h"
#include "face/person_blinks.h"
#include "face/state_options.h"
#include "face/types.h"

namespace vigil::face {

/// What is known of one person after a frame.
struct StateResult {
  Eyes eyes;
  BlinkState blink;
  Perclos perclos;
  Yawn yawn;
  Attention attention;
  Drowsiness drowsiness;
};

/// One face id's state where both halves are in one place. Made when the face appears, thrown away when it left; about
/// 20 KiB, all of it in the object: Update allocates nothing, ever. All windows are in time, so the frame rate does not
/// matter; a repeated or backward timestamp is ignored (the last result is returned again, without `completed`). One thread
/// at a time.
class PersonState {
 public:
  /// Precondition: Validate(options) is OK.
  explicit PersonState(const StateOptions& options = {}) : blinks_(options), scores_(options) {}

  /// `timestamp_us`: stream time of the frame. The result stays valid until the next call.
  const StateResult& Update(std::int64_t timestamp_us, const FaceMeasures& measures);

  const StateResult& result() const { return result_; }
  const EyeStateEstimator& eyes() const { return blinks_.eyes(); }

 private:
  PersonBlinks blinks_;
  PersonAttention scores_;
  StateResult result_;
};

}  // namespace vigil::face
