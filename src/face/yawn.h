// Yawns, from how wide the mouth is open and for how long.
#pragma once

#include <cstdint>
#include <optional>

#include "face/blink.h"
#include "face/frame_clock.h"
#include "face/running_percentile.h"
#include "face/types.h"

namespace vigil::face {

struct YawnOptions {
  std::int64_t min_us = 1'500'000;  ///< open for longer than this is a yawn
  float open_above =
      0.45F;  ///< mouth aspect ratio over the person's usual closed one at which it opens
  float shut_below = 0.35F;  ///< … and at which it shuts
  float rest_quantile =
      0.3F;  ///< of the ratio over time: the mouth at rest, even of a person who talks
  float most_rest = 0.2F;  ///< the rest level is never taken to be higher
  float memory_s = 60;     ///< of the rest level
  float max_yaw_deg = 40;  ///< beyond: the mouth is foreshortened, its state unknown
  float max_pitch_deg = 35;
  GapOptions gaps;
};

struct MouthMeasures {
  bool valid = false;  ///< the mesh is there and to be trusted
  float aspect_ratio =
      0;  ///< inner lips (13, 14) over mouth width (78, 308); about 0 shut, 0.6 to 1 in a yawn
  float yaw_deg = 0;
  float pitch_deg = 0;
};

/// A yawn is a mouth that stays open, without shutting once, for longer than min_us: talking opens it as far only for
/// a few tenths of a second. It is counted the moment it has lasted that long and goes on until the mouth shuts.
/// Unknown time (GapOptions) ends it. Preconditions: timestamps rise. No allocation. One thread at a time.
class YawnDetector {
 public:
  explicit YawnDetector(const YawnOptions& options);
  const Yawn& Update(std::int64_t now_us, const MouthMeasures& measures);

  const ClosureLog& yawns() const {
    return yawns_;
  }  ///< each from its beginning to the moment it was counted
  void Restart();

 private:
  YawnOptions options_;
  KnownTime time_;
  RunningPercentile ratios_;
  Yawn state_;
  ClosureLog yawns_;
  std::optional<std::int64_t> open_since_us_;
};

}  // namespace vigil::face
