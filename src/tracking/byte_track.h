// Follows objects from frame to frame: detections in, tracks with identities out.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/detection.h"
#include "core/detection_message.h"
#include "tracking/assignment.h"
#include "tracking/kalman_filter.h"

namespace vigil::tracking {

/// Scores are those of the detector. A cost is 1 - IoU, in the first association 1 - IoU x score.
struct ByteTrackOptions {
  float high_score = 0.6F;             ///< from here a detection is matched first; 0..1
  float low_score = 0.1F;              ///< below, it is not looked at; 0..high_score
  float new_track_score = 0.8F;        ///< from here it may begin a track; high_score..1
  float match_limit = 0.8F;            ///< largest cost of the first association; 0..1
  float low_match_limit = 0.6F;        ///< of the second, with low scores
  float tentative_match_limit = 0.6F;  ///< of the third, with tracks not yet confirmed
  bool class_aware = true;             ///< false: classes mix, a track has the one it had most
  int confirm_hits = 2;                ///< a track is confirmed when it was seen so often; 1..100
  float confirm_score = 1.7F;          ///< … and its scores sum up to this; 0..100
  std::chrono::milliseconds tentative_for{50};        ///< how long it may be unseen before that
  std::chrono::milliseconds lost_for{1000};           ///< how long a confirmed track may; up to 1 h
  std::chrono::milliseconds parked_after{3000};       ///< in one place for so long: it is parked,
  std::chrono::milliseconds parked_lost_for{10'000};  ///< and may be unseen longer; up to 1 h
};

/// InvalidArgument names the field that is out of range.
[[nodiscard]] absl::Status Validate(const ByteTrackOptions& options);

/// For a detector whose scores are `scale` times as high, 0 < scale <= 1: the same tracks that
/// `options` give with all scores divided by `scale`.
[[nodiscard]] ByteTrackOptions ScaledTo(ByteTrackOptions options, float scale);

/// One object, as it stands after a frame.
struct Track {
  std::int64_t id = 0;  ///< from 1, ascending
  int class_id = 0;
  float score = 0;                         ///< of the detection it was last seen in
  PixelBox box;                            ///< smoothed; while it is lost, where it should be
  std::optional<Point2f> previous_center;  ///< of the box in the frame before; none in its first
  TrackState state = TrackState::kTentative;
  std::int64_t first_us = 0;  ///< first seen
  std::int64_t last_us = 0;   ///< last seen
  friend bool operator==(const Track&, const Track&) = default;
};

/// ByteTrack (Zhang et al., ECCV 2022): sure detections are matched to tracks by optimal
/// assignment, then unsure ones to what is left, so that an object half hidden keeps its track.
/// Ours differs where measuring says so (docs/tracking.md):
/// - Time is time, not frames: uneven rates and lost frames are handled.
/// - The filter trusts detections less and steady motion more.
/// - The motion of an unseen object slows down; a parked one is remembered longer.
/// - A track is confirmed by hits and by the sum of their scores.
///
/// One tracker belongs to one camera and one epoch of its stream. Equal input gives equal output.
/// For one thread. Takes memory only while there are more objects than ever before.
class ByteTracker {
 public:
  /// `options` are valid.
  explicit ByteTracker(const ByteTrackOptions& options = {});

  /// The next frame. All live tracks, by id, and those that end now, once; valid until the next
  /// call. An id never comes back after it ended.
  ///
  /// A detection is refused, and counted, where a number is not finite, a size not positive, a
  /// coordinate beyond 100,000 pixels, or limits::kMaxDetections came before it. A time before the
  /// last frame's counts as that. Beyond limits::kMaxTracks the longest lost track ends for a new
  /// one; where none is lost, none begins.
  std::span<const Track> Update(std::span<const Detection> detections, std::int64_t timestamp_us);

  /// Another epoch: forgets all tracks. Ids go on, so none means two objects.
  void Reset();

  std::int64_t refused() const { return refused_; }  ///< detections, since construction
  std::int64_t crowded_out() const {                 ///< tracks ended or not begun for kMaxTracks
    return crowded_out_;
  }

 private:
  struct Entry {
    Track track;
    BoxFilter filter;
    PixelBox predicted;     // for this frame
    Point2f place;          // where it has stayed
    std::int64_t place_us;  // since when
    double score_sum;
    int hits;
    float class_weight;  // how much its class is ahead
    bool seen;           // in this frame
  };
  /// What is needed of an entry to tell that most detections are not it.
  struct Column {
    PixelBox predicted;
    int class_id;
    int entry;
    bool at_its_place_only;  // long lost
  };
  enum class Stage { kFirst, kSecond, kTentative };

  void Sort(std::span<const Detection> detections);
  void Predict(double seconds);
  void Associate(Stage stage, std::vector<Detection>& detections);
  double LimitOf(Stage stage) const;
  bool TakesPart(const Entry& entry, Stage stage) const;
  void AddCandidates(Stage stage, int row, const Detection& detection);
  void Take(Entry& entry, const Detection& detection);
  void Settle(Entry& entry) const;
  bool IsParked(const Entry& entry) const;
  std::int64_t LostLimit(const Entry& entry) const;
  void Begin();
  void SortLost();
  std::span<const Track> Report();

  const ByteTrackOptions options_;
  std::vector<Entry> entries_;  // by id
  std::int64_t next_id_ = 1;
  std::optional<std::int64_t> now_us_;
  std::int64_t refused_ = 0, crowded_out_ = 0;

  // Of one frame, kept for their memory.
  std::vector<Detection> high_, low_;
  std::vector<Column> columns_;  // entries that take part in a stage
  std::vector<Candidate> candidates_;
  std::vector<char> taken_;
  std::vector<int> lost_;
  std::vector<Track> tracks_;
  Assigner assigner_;
};

}  // namespace vigil::tracking
