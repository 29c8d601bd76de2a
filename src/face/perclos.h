// Percentage of eye closure (PERCLOS), P80.
#pragma once

#include <array>
#include <cstdint>

#include "face/eye_state.h"
#include "face/frame_clock.h"
#include "face/types.h"

namespace vigil::face {

/// How much of a sliding window of time was known, and how much of that was "on". The window is a ring of 600 equal
/// slices; what leaves it is exact to a part of one slice (0.1 s of 60 s). No allocation. One thread at a time.
class TimeWindow {
 public:
  static constexpr int kSlices = 600;

  /// `length_us` ≥ kSlices.
  explicit TimeWindow(std::int64_t length_us);

  /// The window now ends at `now_us`; what is older than its length is gone. Must not fall.
  void Advance(std::int64_t now_us);
  /// [from_us, to_us) was known, `on_share` (0..1) of it on. To be called after Advance(now), to_us ≤ now.
  void Add(std::int64_t from_us, std::int64_t to_us, double on_share);
  void Clear();

  std::int64_t length_us() const { return slice_us_ * kSlices; }
  [[nodiscard]] double known_us() const;
  [[nodiscard]] double on_us() const;

 private:
  struct Slice {
    double known_us = 0;
    double on_us = 0;
  };
  static std::size_t Index(std::int64_t slice) {  // streams may begin before 0
    return static_cast<std::size_t>((slice % kSizeOfRing + kSizeOfRing) % kSizeOfRing);
  }
  double InWindow(double sum, double oldest) const;

  // One more than the window's length: the newest slice is partly filled, so the oldest counts in part.
  static constexpr std::int64_t kSizeOfRing = kSlices + 1;
  std::int64_t slice_us_;
  std::int64_t newest_ = 0;  // number of the slice that now_us_ is in
  std::int64_t now_us_ = 0;
  bool begun_ = false;
  double known_sum_ = 0;  // of the whole ring
  double on_sum_ = 0;
  std::array<Slice, kSizeOfRing> slices_{};
};

struct PerclosOptions {
  std::int64_t window_us = 60'000'000;  ///< 10 s … 10 min
  float closed_openness = 0.2F;         ///< at most this open is closed (P80)
  GapOptions gaps;
};

/// P80 over a window of time. Blinks are part of it (a wakeful minute has 0.02 to 0.05 for this reason). Each known
/// frame stands for half of the time to its known neighbours; time between frames one of which is unknown, or that are
/// too far apart, is left out of value and coverage both.
/// Sources: Wierwille et al., DOT HS 808 247, 1994; Dinges and Grace, FHWA-MCRT-98-006, 1998.
/// Preconditions: timestamps rise. No allocation. One thread at a time.
class PerclosMeter {
 public:
  explicit PerclosMeter(const PerclosOptions& options);
  Perclos Update(std::int64_t now_us, const EyeReading& reading);

  double known_s() const { return window_.known_us() * 1e-6; }  ///< in the window
  double closed_s() const { return window_.on_us() * 1e-6; }
  void Restart();

 private:
  PerclosOptions options_;
  KnownTime time_;
  TimeWindow window_;
  int last_closed_ = 0;  // 1: the last known frame was
};

}  // namespace vigil::face
