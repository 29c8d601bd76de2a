// What "open" and "closed" mean for one person: three levels, learnt while watching.
//
// A fixed threshold on the eye aspect ratio (EAR) fails on narrow eyes and behind glasses, so every level here is the
// person's own. All are free of the frame rate and take no memory after construction. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "face/running_percentile.h"

namespace vigil::face {

struct EyeLevelOptions {
  float prior_open_ear =
      0.28F;  ///< assumed before anything is known; the mean of the mesh's EAR over many people
  float prior_s = 0.2F;          ///< seconds of watching that weigh as much as that assumption
  float least_open_ear = 0.12F;  ///< no open eye is taken to be narrower
  float open_quantile =
      0.85F;                 ///< of the EAR over time; high, so that blinks and squints do not pull
  float memory_s = 60;       ///< of the open level
  float low_weight = 0.25F;  ///< how much time with the eye less than half open counts there

  float prior_closed_ratio = 0.4F;  ///< closed EAR over open EAR, before blinks were seen
  float least_closed_ratio = 0.1F;
  float most_closed_ratio = 0.6F;  ///< glasses lift the closed EAR: 0.11 beneath 0.2 is 0.55

  float present_rise_s = 0.15F;  ///< time constants of the present level
  float present_fall_s = 0.7F;
};

/// The usual EAR of one eye while open.
class OpenLevel {
 public:
  explicit OpenLevel(const EyeLevelOptions& options);
  void Add(float ear, float seconds, bool less_than_half_open);
  float value() const { return value_; }

 private:
  EyeLevelOptions options_;
  RunningPercentile ears_;
  float value_;
};

/// The level from which lids fall in a blink just now: the usual one (1), less while a person squints or looks down.
/// Follows the relative opening (EAR over usual open EAR), and stands still during closures.
class PresentLevel {
 public:
  explicit PresentLevel(const EyeLevelOptions& options) : options_(options) {}
  /// `openness`: by the usual level. `local`: by this one, as before this frame.
  void Update(std::int64_t now_us, float seconds, float relative, float openness, float local);
  float value() const;

 private:
  EyeLevelOptions options_;
  float level_ = 1;
  std::optional<std::int64_t> low_since_us_;
};

/// The relative opening of the closed eye, from the troughs of what looks like blinks: quick dips that recover.
/// A low quantile of the last ones, so that half blinks do not count as closed.
class ClosedLevel {
 public:
  explicit ClosedLevel(const EyeLevelOptions& options);
  /// `fall`: relative opening over present level, 1 open. A gap is told by Interrupt.
  void Update(std::int64_t now_us, float fall);
  void Interrupt() { dip_since_us_.reset(); }
  float ratio() const { return ratio_; }

 private:
  void Learn(float trough);

  static constexpr int kTroughs = 16;
  EyeLevelOptions options_;
  float ratio_;
  std::array<float, kTroughs> troughs_{};  // ring
  int count_ = 0;
  int next_ = 0;
  std::optional<std::int64_t> dip_since_us_;
  float trough_ = 1;
};

}  // namespace vigil::face
