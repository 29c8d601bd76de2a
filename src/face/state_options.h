// Every number of what is judged over time.
#pragma once

#include <absl/status/status.h>

#include "face/attention.h"
#include "face/blink.h"
#include "face/drowsiness.h"
#include "face/eye_state.h"
#include "face/frame_clock.h"
#include "face/perclos.h"
#include "face/yawn.h"

namespace vigil::face {

/// `gaps` holds for eyes and mouth alike and overwrites the parts' own.
struct StateOptions {
  GapOptions gaps;
  EyeOptions eyes;
  BlinkOptions blink;
  PerclosOptions perclos;  ///< closed_openness is taken from `eyes`
  YawnOptions yawn;
  AttentionOptions attention;
  DrowsinessOptions drowsiness;
};

/// InvalidArgument naming the first value out of its range and what is allowed. A state made from options that fail here is
/// not safe to use.
[[nodiscard]] absl::Status Validate(const StateOptions& options);

}  // namespace vigil::face
