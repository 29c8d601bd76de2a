// From detection messages to events: the state of one camera, built only from its messages, so that
// it is the same beside the camera and behind a message bus. Same messages, same events, same ids.
// The rules are written down in docs/events.md.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/detection_message.h"
#include "core/geometry.h"
#include "core/wall_time.h"
#include "events/event.h"
#include "events/refusal.h"
#include "events/scene.h"

namespace vigil::events {

/// Crossings of a line since the state began, by class of the object.
struct LineTotals {
  struct Class {
    std::string class_name;
    std::int64_t a_to_b = 0;
    std::int64_t b_to_a = 0;
    friend bool operator==(const Class&, const Class&) = default;
  };
  std::string name;
  DirectionNames directions;
  std::vector<Class> classes;  ///< those that crossed; in the order in which they first were seen

  std::int64_t a_to_b() const;
  std::int64_t b_to_a() const;
};

/// Objects of a zone, by class.
struct ZoneTotals {
  struct Class {
    std::string class_name;
    std::int64_t inside = 0;   ///< now
    std::int64_t entered = 0;  ///< since the state began
    friend bool operator==(const Class&, const Class&) = default;
  };
  std::string name;
  std::vector<Class> classes;
  bool crowded = false;
  std::int64_t most = 0;  ///< inside at once, of all classes, in one message; not saved

  std::int64_t inside() const;
  std::int64_t entered() const;
};

/// Lines and zones in pixels of the last frame, for drawing. Empty before the first message.
struct PlacedShapes {
  Size frame_size;  ///< after the region of interest
  std::vector<std::vector<Point2f>> lines;
  std::vector<std::vector<Point2f>> zones;
};

/// What happened to messages and tracks, for metrics.
struct EngineCounts {
  std::int64_t messages = 0;  ///< accepted
  RefusalCounts refused;
  std::int64_t missing_frames = 0;  ///< numbers that were skipped
  std::int64_t objects = 0;         ///< that took part
  std::int64_t without_track = 0;   ///< ignored: no track id
  std::int64_t unconfirmed = 0;     ///< ignored: tentative or lost
  std::int64_t jumps = 0;           ///< moves too fast for one object
  std::int64_t resumed = 0;         ///< standing objects found again under another id
  std::int64_t evicted = 0;         ///< tracks dropped since there were too many
  std::int64_t restarts = 0;        ///< streams begun anew: by epoch, frame number or clock
};

/// One thread at a time.
class EventEngine {
 public:
  /// InvalidArgument: Validate(options), or a bad name.
  static absl::StatusOr<std::unique_ptr<EventEngine>> Create(SceneOptions options,
                                                             std::string device_id,
                                                             std::string camera_id);
  EventEngine(const EventEngine&) = delete;
  EventEngine& operator=(const EventEngine&) = delete;
  ~EventEngine();

  /// The events that the message brings about, in order, valid until the next call. A refused
  /// message changes nothing but a counter; its status has a RefusalReason.
  absl::StatusOr<std::span<const Event>> Process(const DetectionMessage& message);

  /// Time goes on though no message comes: tracks that are lost end, and the camera goes offline.
  /// `now` is a time up to which all messages have arrived, such as the clock less the usual delay.
  /// Events carry the times at which they fell due, so that they are the same when the messages are
  /// processed again without these calls.
  std::span<const Event> Advance(WallTime now);

  /// The stream of this epoch was started at `since`: from there on its first message is waited for, so that a camera
  /// that never sends any goes offline too. Without effect once a message has come.
  void Await(std::int64_t epoch, WallTime since);

  /// No message will come any more: whoever receives from the camera has given up. It goes offline at once, if it is not
  /// and cameras are watched (offline_after).
  std::span<const Event> GiveUp(WallTime now);

  /// The input has ended: all tracks end where they were seen last.
  std::span<const Event> Finish();

  std::vector<LineTotals> line_totals() const;
  std::vector<ZoneTotals> zone_totals() const;
  PlacedShapes shapes() const;
  const EngineCounts& counts() const;
  std::size_t tracks() const;
  bool is_offline() const;

  /// Everything that later events depend on, to be given to Restore after a restart. Binary.
  std::string Save() const;
  /// Takes over a saved state of the same device and camera: nothing is lost, and messages that it
  /// has seen are refused. Lines and zones are found by name; where their shape has changed, counts
  /// and visits are kept and positions are judged anew. InvalidArgument: not a state of this
  /// camera, or damaged; the engine is as it was.
  absl::Status Restore(std::string_view state);

 private:
  class Impl;
  explicit EventEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::events
