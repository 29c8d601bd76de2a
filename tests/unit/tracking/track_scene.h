// Objects before a tracker with a clock of its own.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <vector>

#include "core/detection.h"
#include "tracking/byte_track.h"

namespace vigil::tracking::test {

inline constexpr std::int64_t kFrame = 33'333;  // microseconds at 30 frames a second

inline Detection Car(float x, float y, float score = 0.9F, int class_id = 2) {
  return {{x, y, 100, 60}, score, class_id};
}
inline Detection Person(float x, float y, float score = 0.9F) {
  return {{x, y, 40, 100}, score, 0};
}

/// A tracker with its own clock, and what became of every id.
class Scene {
 public:
  explicit Scene(const ByteTrackOptions& options = {}) : tracker_(options) {}

  std::span<const Track> Step(const std::vector<Detection>& detections,
                              std::int64_t after_us = kFrame) {
    now_ += after_us;
    const auto tracks = tracker_.Update(detections, now_);
    std::int64_t before = 0;
    for (const Track& track : tracks) {
      EXPECT_GT(track.id, before) << "by id, no id twice";
      before = track.id;
      EXPECT_FALSE(ended_.contains(track.id)) << "an ended id came back: " << track.id;
      if (track.state == TrackState::kEnded) ended_.insert(track.id);
    }
    return tracks;
  }
  /// Of the frame: the only confirmed track whose box overlaps; 0: none.
  std::int64_t IdAt(std::span<const Track> tracks, const PixelBox& box) {
    std::int64_t id = 0;
    for (const Track& track : tracks) {
      if (track.state != TrackState::kConfirmed || IoU(track.box, box) < 0.5F) continue;
      EXPECT_EQ(id, 0) << "two tracks on one object";
      id = track.id;
    }
    return id;
  }
  const std::set<std::int64_t>& ended() const { return ended_; }
  ByteTracker& tracker() { return tracker_; }
  std::int64_t now() const { return now_; }

 private:
  ByteTracker tracker_;
  std::int64_t now_ = 1'700'000'000'000'000;
  std::set<std::int64_t> ended_;
};

}  // namespace vigil::tracking::test
