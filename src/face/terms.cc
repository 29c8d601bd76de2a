#include "face/terms.h"

namespace vigil::face {
namespace {

constexpr const char* kNames[] = {"head_yaw",   "head_pitch", "gaze_away",     "eyes_closed",
                                  "drowsiness", "perclos",    "long_closures", "blinks_lengthening",
                                  "yawns",      "lids_now"};

}  // namespace

const char* KnownTermName(std::string_view name) {
  for (const char* known : kNames) {
    if (name == known) return known;
  }
  return "other";
}

}  // namespace vigil::face
