// From a live stream's time stamps and arrivals to times that rise strictly.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace vigil::media::internal {

/// When the frames of a live stream were, in microseconds since it was opened. One user at a time.
///
/// Frames with stamps keep the camera's own spacing: time = stamp + a constant, whatever the
/// network does to the arrivals. Stamps are believed over short times, arrival over long ones:
///
///  - The delay of a frame is its arrival minus its stamp; the least delay of the last 5 s of
///    stamps is that of frames nothing held up, so late ones and bursts after them do not count.
///  - While this stays within half a second of where it began, the constant is constant.
///  - Beyond (a camera whose clock runs fast or slow), times follow arrival: by a rate that grows
///    with the difference, of at most +50 % and -90 %, so without a jump. A clock a quarter too
///    slow, or ten times too fast, is followed with a constant lag.
///  - Where the stamps jump (a step back by more than 0.25 s: the camera's clock was set, a counter
///    ran over; a step ahead that brings a frame more than a second before its time), the stream
///    goes on by the frame's arrival, and its stamps count from there.
///  - Where it is over 3 s late for good (the camera stood still and its clock with it), times jump
///    ahead, once. Twice in a minute is a clock that cannot be followed: for an hour frames are then
///    timed as those without stamps.
///  - What comes in a burst in the first 2 s (what a server has kept for new listeners) keeps its
///    spacing: times are ahead of arrival by that much from then on.
///
/// Frames without a stamp, and with one that does not rise, are at their arrival; in a burst they
/// are spread by half the usual spacing (10 ms while that is not known), up to half a second ahead
/// of arrival.
///
/// The estimate is the usual one of clock skew from one-way delays, the lower envelope: Moon,
/// Skelly, Towsley, "Estimation and Removal of Clock Skew from Network Delay Measurements", INFOCOM
/// 1999; here a moving minimum, as the skew may change.
class LiveClock {
 public:
  /// The time of the next frame, here `arrival` after the opening (not falling). `stamp`: in order
  /// of presentation, any origin; none where there is none that the camera made.
  std::int64_t Next(std::optional<std::int64_t> stamp, std::int64_t arrival);

 private:
  struct Delay {
    std::int64_t stamp, delay;
  };

  std::int64_t ByArrival(std::int64_t arrival);
  std::int64_t ByStamp(std::int64_t stamp, std::int64_t arrival);
  bool Jumps(std::int64_t stamp, std::int64_t arrival) const;
  void Anchor(std::int64_t delay, std::int64_t arrival);
  void Follow(std::int64_t stamp, std::int64_t arrival);
  void CatchUp(std::int64_t least, std::int64_t delay, std::int64_t arrival);
  std::int64_t LeastDelay(std::int64_t stamp, std::int64_t delay);
  std::int64_t Rise(std::int64_t time);

  std::optional<std::int64_t> last_;    // given out
  std::deque<std::int64_t> arrivals_;   // the last ones
  std::optional<Delay> newest_;         // the last frame with a stamp; none: not anchored
  std::deque<Delay> least_;             // least delays to come as older ones leave; both rise
  std::int64_t level_ = 0;              // what a frame's delay is if nothing holds it up
  std::int64_t lead_ = 0;               // how far ahead of arrival such a frame's time is
  std::int64_t settled_ = 0;            // arrival from which on the level is known
  std::optional<std::int64_t> caught_;  // arrival at which it caught up last
  std::int64_t distrusted_until_ = 0;   // arrival
};

}  // namespace vigil::media::internal
