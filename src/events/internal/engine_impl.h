// The engine's parts: messages (order, streams), objects (lines, zones, motion), ends of tracks,
// and the camera itself.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/engine.h"
#include "events/ground_plane.h"
#include "events/internal/bytes.h"
#include "events/internal/class_table.h"
#include "events/internal/compiled_scene.h"
#include "events/internal/tally.h"
#include "events/internal/track_table.h"
#include "events/message_check.h"

namespace vigil::events {

/// Where the stream of messages is.
struct StreamState {
  std::int64_t epoch = 0;
  std::int64_t sequence = 0;  ///< of the next event of the epoch
  std::int64_t frame = -1;    ///< of the last message; -1: none yet
  Ms time = kNever;           ///< of the last message; before one: when waiting for it began
  Ms offline_since = kNever;  ///< kNever: it is not offline
  Ms back_since = kNever;     ///< offline, but messages come again since
  bool silent_start = false;  ///< offline before the first message, and not back yet

  bool offline() const { return offline_since != kNever; }
  bool began() const { return frame >= 0; }
};

struct LineCounts {
  Tally crossings;  ///< a to b, b to a
};
struct ZoneCounts {
  Tally objects;            ///< inside now, entered ever
  std::int64_t inside = 0;  ///< of all classes
  std::int64_t most = 0;    ///< at the end of a message
  CrowdState crowd;
};

class EventEngine::Impl {
 public:
  Impl(SceneOptions options, std::string device_id, std::string camera_id);

  absl::StatusOr<std::span<const Event>> Process(const DetectionMessage& message);
  std::span<const Event> Advance(WallTime now);
  void Await(std::int64_t epoch, WallTime since);
  std::span<const Event> GiveUp(WallTime now);
  std::span<const Event> Finish();
  std::string Save() const;

  // engine_state.cc
  absl::Status Restore(std::string_view state);
  struct RestoredNames {  // what the saved numbers of classes, lines and zones are now
    std::vector<ClassIndex> classes;
    std::vector<std::optional<std::size_t>> lines, zones;
  };
  RestoredNames GetNames(ByteReader& in);
  void GetTrackInto(ByteReader& in, const RestoredNames& names, bool same_shapes);

  // engine_messages.cc
  enum class Follows : std::uint8_t { kPlainly, kNewEpoch, kRestarted, kClockSetBack };
  absl::StatusOr<Follows> CheckOrder(const DetectionMessage& message) const;
  void BeginStream(const DetectionMessage& message, Follows how);
  void SetEpoch(std::int64_t epoch);
  void PlaceShapes(Size size);
  void MarkPresent(const DetectionMessage& message);
  void UpdateCamera();
  void UpdateCrowds(Ms now);

  // engine_objects.cc
  void Update(const TrackedObject& object);
  Slot BeginTrack(const TrackedObject& object);
  Slot StandingAt(const TrackedObject& object, ClassIndex index) const;
  void Move(Slot slot, const TrackedObject& object);
  struct Way {
    std::array<GridPoint, 2> from;
    std::optional<std::array<GridPoint, 2>> between;
  };
  Way WayOf(Slot slot, const TrackedObject& object, const std::array<GridPoint, 2>& to);
  bool IsPlausible(Point2f from, Point2f to, std::int32_t size, Ms span) const;
  void Reseed(Slot slot, const std::array<GridPoint, 2>& at);
  void WatchLines(Slot slot, const std::array<GridPoint, 2>& from,
                  const std::array<GridPoint, 2>& to);
  void WatchZones(Slot slot);
  void WatchMotion(Slot slot);
  void OnCrossing(const Track& track, std::size_t index, const LineCrossing& crossing);
  void OnEntered(const Track& track, std::size_t index, ZoneState& state);
  void OnLeft(const Track& track, std::size_t index, ZoneState& state, Ms left, Ms now,
              std::string_view reason);
  void WatchDwell(const Track& track, std::size_t index, ZoneState& state);
  void LeaveOnJump(Slot slot, const std::array<GridPoint, 2>& to);

  // engine_ends.cc
  void ExpireUntil(Ms until);
  void EndTrack(Slot slot, Ms when, std::string_view reason);
  void EndAllTracks(std::string_view reason);
  void EvictOldest();
  void GoOffline(Ms when);
  Ms Deadline(TrackList list, Slot slot) const;

  Event& Emit(EventType type, Ms time) { return Emit(type, time, stream.sequence++); }
  Event& Emit(EventType type, Ms time, std::int64_t sequence);
  Event& Emit(EventType type, Ms time, const Track& track);
  std::uint64_t Fingerprint() const;

  const SceneOptions options;
  const std::string device_id, camera_id;
  std::string id_prefix;  // of events of this epoch

  ClassTable classes;
  CompiledScene scene;
  Size frame_size;        // of the last message, after its region of interest
  double least_size = 0;  // pixels: no object counts as smaller where moves are measured in sizes
  std::optional<GroundPlane> ground;

  StreamState stream;
  Ms previous_time = kNever;        // of the message before the one being processed
  bool frame_missing = false;       // one or more before it
  std::uint64_t message_index = 0;  // counts up
  TrackTable tracks;
  std::size_t standing = 0;  // stationary tracks, seen or not
  std::vector<LineCounts> line_counts;
  std::vector<ZoneCounts> zone_counts;

  MessageCheck check;
  EngineCounts counts;
  std::vector<Event> events;  // of the call
};

/// Time in the engine is milliseconds, as in the envelope.
inline Ms ToMs(WallTime time) {
  return std::chrono::floor<Milliseconds>(time).time_since_epoch().count();
}
inline WallTime ToWallTime(Ms ms) { return WallTime(Milliseconds(ms)); }

}  // namespace vigil::events
