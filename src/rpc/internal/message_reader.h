// Values of messages that come from elsewhere, and whether all of them can be.
#pragma once

#include <cmath>
#include <concepts>

#include "face/terms.h"
#include "face/types.h"
#include "vigil/v1/face.pb.h"

namespace vigil::rpc::internal {

/// Passes numbers on, and remembers whether each was one within reason. A state that took in what is no number would never
/// be right again.
class MessageReader {
 public:
  /// Degrees, centimetres, pixels, ratios: up to a million, either way.
  float operator()(float value) { return Within(value, kMost); }
  /// Confidences and shares: 0..1; sums of shares may round to a little beyond.
  float Share(float value) {
    constexpr float kRounding = 1e-4F;
    sane_ = sane_ && value >= -kRounding && value <= 1 + kRounding;
    return value;
  }
  /// 0..100.
  float Score(float value) {
    Share(value / 100);
    return value;
  }
  /// Sums of a window; they may round to a little below 0.
  double Seconds(double value) { return Within(value, double{kMost}); }
  float Milliseconds(float value) {
    sane_ = sane_ && value >= 0;
    return Within(value, 1e3F * kMost);
  }
  template <std::integral T>
  T Count(T value) {
    sane_ = sane_ && value >= 0 && value <= T{1} << (sizeof(T) == 8 ? 60 : 30);
    return value;
  }
  bool sane() const { return sane_; }

 private:
  static constexpr float kMost = 1e6F;
  template <typename T>
  T Within(T value, T most) {
    sane_ = sane_ && std::abs(value) <= most;  // false for what is no number
    return value;
  }
  bool sane_ = true;
};

face::HeadPose Read(const v1::HeadPose& message,
                    MessageReader& read);  ///< a rotation of another size is none
face::Gaze Read(const v1::Gaze& message, MessageReader& read);
face::Eyes Read(const v1::Eyes& message, MessageReader& read);
face::BlinkState Read(const v1::Blink& message, MessageReader& read);
face::Perclos Read(const v1::Perclos& message, MessageReader& read);
face::Yawn Read(const v1::Yawn& message, MessageReader& read);
face::Attention Read(const v1::Attention& message, MessageReader& read);
face::Drowsiness Read(const v1::Drowsiness& message, MessageReader& read);

}  // namespace vigil::rpc::internal
