// What happened in front of a camera: the value that rules match, logs and messages carry, and the
// store keeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/geometry.h"
#include "core/wall_time.h"

namespace vigil::events {

enum class EventType : std::uint8_t {
  kLineCross,         ///< LINE_CROSS: an object went over a line
  kLineCount,         ///< LINE_COUNT: the totals of a line after a crossing
  kZoneEnter,         ///< ZONE_ENTER
  kZoneExit,          ///< ZONE_EXIT: with entered, left, dwell
  kZoneDwell,         ///< ZONE_DWELL: an object has been in a zone for as long as configured
  kZoneOccupancy,     ///< ZONE_OCCUPANCY: how many objects are in a zone now, after a change
  kZoneCrowd,         ///< ZONE_CROWD: more objects than configured, for as long as configured
  kObjectAppear,      ///< OBJECT_APPEAR: a track is seen for the first time
  kObjectLost,        ///< OBJECT_LOST: a track ended
  kObjectStationary,  ///< OBJECT_STATIONARY: an object has not moved for as long as configured
  kWrongWay,          ///< WRONG_WAY: a crossing in a direction that the line forbids
  kSpeed,             ///< SPEED: an object faster than configured
  kCameraOffline,     ///< CAMERA_OFFLINE: no frame for as long as configured
  kCameraOnline,      ///< CAMERA_ONLINE: frames again
};

/// `LINE_CROSS` and so on.
[[nodiscard]] std::string_view NameOf(EventType type);
[[nodiscard]] std::optional<EventType> EventTypeNamed(std::string_view name);

/// Sequences of the two events of a camera that was silent when it was started: whoever has only the messages does not have
/// them, and numbers the others alike.
inline constexpr std::int64_t kOfflineAtStart = -2, kOnlineAtStart = -1;

/// Fields that do not concern the type are empty or none. Times are capture times, coordinates
/// pixels of the frame after its region of interest, as in the detection message.
struct Event {
  std::string
      id;  ///< the same whenever the same messages are processed: `device/camera/epoch/sequence`
  EventType type = EventType::kLineCross;
  std::string device_id;
  std::string camera_id;
  WallTime time;
  std::int64_t epoch = 0;
  /// Of the events of (device, camera, epoch), from 0 without gaps; below 0: no message brought it about, see
  /// kOfflineAtStart.
  std::int64_t sequence = 0;
  std::int64_t frame_number = 0;  ///< the message that brought it about

  std::string line;       ///< its name: the `description` of the configuration
  std::string zone;       ///< the same
  std::string direction;  ///< `left_to_right`, `a_to_b`, …

  std::optional<std::int64_t> track_id;
  std::optional<std::chrono::microseconds>
      track_age;  ///< since the track was first seen, in capture time; none where not known
  int class_id = 0;
  std::string class_name;
  float confidence = 0;  ///< 0..1, of the object in that message
  PixelBox box;
  Point2f point;    ///< where the object was evaluated, or crossed the line
  Size frame_size;  ///< of the coordinates above

  std::optional<WallTime> entered;  ///< a zone
  std::optional<WallTime> left;
  std::optional<std::chrono::microseconds> dwell;
  std::optional<std::int64_t> count;  ///< total of a line and direction, or objects in a zone
  std::optional<double> speed_kmh;
  std::string reason;  ///< ZONE_EXIT: `left`, `track_ended` …; CAMERA_OFFLINE: what is known

  friend bool operator==(const Event&, const Event&) = default;
};

/// How much a rule's event matters.
enum class Severity : std::uint8_t { kInfo, kWarning, kCritical };

}  // namespace vigil::events
