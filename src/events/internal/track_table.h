// The tracks of one camera: found by id, walked from the one not seen for longest. Takes memory
// only while there are more than ever before.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/geometry.h"
#include "events/geometry.h"
#include "events/internal/motion.h"
#include "events/internal/watch.h"

namespace vigil::events {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xFFFFFFFF;

struct Track {
  std::int64_t id = 0;
  Ms first_seen = 0;
  Ms last_seen = 0;
  int sightings = 0;
  bool reported = false;  ///< has been seen often and long enough to cause events
  bool reseed = false;    ///< the next position begins anew: the frame's size has changed

  // As last seen.
  ClassIndex class_index = 0;
  int class_id = 0;
  float confidence = 0;
  PixelBox box;
  Point2f center;
  std::array<GridPoint, 2> at;  ///< by EvaluationPoint
  std::int32_t size = 0;        ///< longer side of the box, grid

  StandState stand;
  SpeedState speed;
  std::optional<double> speed_kmh;

  std::uint64_t message = 0;  ///< the last message that had it, for finding those that are absent
};

/// Tracks are in one of two lists, which differ in how long the unseen are kept.
enum class TrackList : std::uint8_t { kMoving, kStanding };

class TrackTable {
 public:
  /// Lines and zones of each track's states.
  TrackTable(std::size_t lines, std::size_t zones);

  std::size_t size() const { return size_; }
  Slot Find(std::int64_t id) const;
  /// Adds a track as the one seen last. `id` is not there yet.
  Slot Add(std::int64_t id);
  void Remove(Slot slot);
  /// Gives a track another id, which is not there yet.
  void Rename(Slot slot, std::int64_t id);
  /// Makes it the one seen last, in `list`.
  void Touch(Slot slot, TrackList list);

  Track& at(Slot slot) { return nodes_[slot].track; }
  const Track& at(Slot slot) const { return nodes_[slot].track; }
  std::span<LineState> lines(Slot slot) { return {&line_states_[slot * lines_], lines_}; }
  std::span<const LineState> lines(Slot slot) const {
    return {&line_states_[slot * lines_], lines_};
  }
  std::span<ZoneState> zones(Slot slot) { return {&zone_states_[slot * zones_], zones_}; }
  std::span<const ZoneState> zones(Slot slot) const {
    return {&zone_states_[slot * zones_], zones_};
  }

  /// The one not seen for longest, and the next; kNoSlot at the end.
  Slot oldest(TrackList list) const { return heads_[static_cast<std::size_t>(list)]; }
  Slot next(Slot slot) const { return nodes_[slot].next; }

 private:
  struct Node {
    Track track;
    Slot previous = kNoSlot, next = kNoSlot;
    TrackList list = TrackList::kMoving;
  };
  std::size_t Bucket(std::int64_t id) const;
  void Insert(std::int64_t id, Slot slot);
  void Erase(std::int64_t id);
  void Grow();
  void Unlink(Slot slot);
  void Append(Slot slot, TrackList list);

  const std::size_t lines_, zones_;
  std::size_t size_ = 0;
  std::vector<Node> nodes_;
  std::vector<LineState>
      line_states_;  // one row a slot; one state too many, so that no row is empty
  std::vector<ZoneState> zone_states_;
  std::vector<Slot> free_;
  std::vector<Slot> buckets_;  // open addressing, linear; a power of two, at most half full
  std::array<Slot, 2> heads_{kNoSlot, kNoSlot};
  std::array<Slot, 2> tails_{kNoSlot, kNoSlot};
};

}  // namespace vigil::events
