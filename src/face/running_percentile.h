// A percentile of a signal over time that forgets slowly.
#pragma once

#include <array>

namespace vigil::face {

/// Histogram of a signal weighted by time; what is older than `memory_s` counts 1/e. Fixed memory, no allocation,
/// free of the frame rate. Values below 0 or above `top` count as these. One thread at a time.
class RunningPercentile {
 public:
  /// `top` > 0: the largest value told apart; `memory_s` > 0.
  RunningPercentile(float top, float memory_s) : top_(top), memory_s_(memory_s) {}

  /// The signal had `value` for `seconds` ≥ 0; `weight` in 0..1 is how much that time counts.
  void Add(float value, float seconds, float weight = 1);

  /// The value below which the share `quantile` (0..1) of the remembered time lies; 0 before any.
  [[nodiscard]] float Value(float quantile) const;

  float seconds() const { return total_; }  ///< remembered time

 private:
  static constexpr int kBins = 128;
  float top_;
  float memory_s_;
  float total_ = 0;
  std::array<float, kBins> bins_{};
};

}  // namespace vigil::face
