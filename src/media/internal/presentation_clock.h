// From a file's time stamps, present or not, to times that rise strictly.
#pragma once

#include <cstdint>
#include <optional>

namespace vigil::media::internal {

/// A stamp that can be computed with; none where it is missing or absurd.
std::optional<std::int64_t> SaneStamp(std::optional<std::int64_t> stamp);

/// All times in microseconds. One user at a time. Of live streams: live_clock.h.
///
/// A file's first frame is at 0; the spacing of the stamps is kept (variable frame rate), a missing
/// stamp is filled from the frame before and its duration, a stamp that does not rise is put 1 µs
/// after the one before, and where the stamps jump back by more than a second (files joined end to
/// end) or ahead by more than a day, the stream goes on where it was.
class PresentationClock {
 public:
  /// The time of the next frame. `stamp`: any origin; `duration`: of this frame, > 0, a guess will
  /// do.
  std::int64_t Next(std::optional<std::int64_t> stamp, std::int64_t duration);

 private:
  std::int64_t Rise(std::int64_t time);

  std::optional<std::int64_t> offset_;  // added to stamps
  std::optional<std::int64_t> last_;    // given out
  std::int64_t last_duration_ = 0;
};

}  // namespace vigil::media::internal
