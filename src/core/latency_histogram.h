// How long things took: counts of times in ranges that grow by a twentieth, so that memory is bounded and percentiles are right to 5 %.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace vigil {

/// A value, 3 KB. One thread at a time.
class LatencyHistogram {
 public:
  /// Below 0 counts as 0; beyond a minute as a minute.
  void Add(std::chrono::microseconds time);

  std::int64_t count() const { return count_; }
  std::chrono::microseconds max() const { return max_; }
  std::chrono::microseconds mean() const;
  /// The time that a share of `q` (0..1) of all does not exceed; 0 without any.
  std::chrono::microseconds Quantile(double q) const;

  /// "p50 11.9 ms, p95 17.2, p99 25.1, max 60.2"; "none" without any.
  std::string Line() const;
  /// A line for each doubling from 1 ms on in which there are any, with a bar of up to `width` characters. Ends with a line end.
  std::string Table(int width = 40) const;

 private:
  static constexpr double kGrowth = 1.05;
  static constexpr std::int64_t kFirstUs = 50;  // the end of the first range
  static constexpr int kRanges = 290;           // to beyond a minute
  static int RangeOf(std::int64_t us);
  static double EndOf(int range);

  std::array<std::int64_t, kRanges> counts_{};
  std::int64_t count_ = 0, sum_us_ = 0;
  std::chrono::microseconds max_{0};
};

}  // namespace vigil
