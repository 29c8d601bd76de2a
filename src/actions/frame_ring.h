// The last moments of a camera, encoded: for pictures from before an event.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/byte_size.h"
#include "core/wall_time.h"

namespace vigil::actions {

struct EncodedFrame {
  WallTime time;  ///< capture time
  std::shared_ptr<const std::string> jpeg;
};

struct FrameRingOptions {
  std::size_t max_frames = 32;
  std::chrono::milliseconds max_age{10'000};  ///< against the newest frame
  ByteSize max_bytes = MiB(16);
};

/// The newest frames within all three limits. One thread at a time.
class FrameRing {
 public:
  explicit FrameRing(const FrameRingOptions& options) : options_(options) {}

  /// A frame from before the newest one begins the ring anew: the camera's clock was set back.
  void Add(EncodedFrame frame);

  /// Up to `count` frames from before `time`, each at least `spacing` older than the one behind it
  /// and than `time`; the newest of such, oldest first.
  std::vector<EncodedFrame> Before(WallTime time, std::size_t count,
                                   std::chrono::milliseconds spacing) const;

  /// Time of the newest frame.
  std::optional<WallTime> newest() const {
    return frames_.empty() ? std::nullopt : std::optional(frames_.back().time);
  }
  std::size_t size() const { return frames_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  void DropOldest();

  const FrameRingOptions options_;
  std::deque<EncodedFrame> frames_;  // by time
  std::size_t bytes_ = 0;
};

}  // namespace vigil::actions
