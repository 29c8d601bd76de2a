// What is looked for in front of one camera: lines, zones, and how tracks are judged. Plain values
// that a configuration fills in.
#pragma once

#include <absl/status/status.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "core/wall_time.h"
#include "events/event.h"

namespace vigil::events {

using Milliseconds = std::chrono::milliseconds;

/// The point of an object that counts.
enum class EvaluationPoint : std::uint8_t {
  kCenter,        ///< the message's `center`
  kBottomCenter,  ///< the middle of the box's lower edge: where a person stands
};

enum class LineType : std::uint8_t {
  kPoints,      ///< two points or more, given by `points` or `points_px`
  kVertical,    ///< across the whole height, at `position_pct` of the width
  kHorizontal,  ///< across the whole width, at `position_pct` of the height
};

/// A line that is crossed from side a to side b, or back. Who walks along it from its first point
/// to its last has side a on the right hand; side a of a vertical line is left, of a horizontal one
/// above.
struct LineOptions {
  std::string description;  ///< its name, by which rules and events refer to it; required
  LineType type = LineType::kPoints;
  std::optional<double> position_pct;            ///< 0..100
  std::vector<Point2f> points;                   ///< 2..64, fractions of the frame
  std::vector<std::array<double, 2>> points_px;  ///< or the same in pixels
  /// What the directions are called. Empty: left_to_right, right_to_left; top_to_bottom,
  /// bottom_to_top; a_to_b, b_to_a.
  std::string a_to_b;
  std::string b_to_a;
  std::string forbidden;  ///< direction that is a WRONG_WAY as well; empty: none
  EvaluationPoint evaluation_point = EvaluationPoint::kCenter;
  std::vector<std::string> classes;  ///< names that count; empty: all
  /// A crossing counts once the object was this far from the line on both sides: the larger of the
  /// two. Less than that is jitter.
  double hysteresis_px = 1;
  double hysteresis_size = 0.05;  ///< as a share of the longer side of the object's box, 0..10
  Milliseconds confirm{0};        ///< and stayed there for so long
};

/// When an object in a zone has been there for long, by its class.
struct DwellOptions {
  std::vector<Milliseconds> after;  ///< each is one ZONE_DWELL a visit, such as 10 s, 1 min
};

struct ZoneOptions {
  std::string description;                               ///< its name; required
  std::optional<double> x1_pct, y1_pct, x2_pct, y2_pct;  ///< a rectangle, 0..100
  std::vector<Point2f> points;                   ///< or a polygon, 3..64, fractions of the frame
  std::vector<std::array<double, 2>> points_px;  ///< or the same in pixels
  EvaluationPoint evaluation_point = EvaluationPoint::kCenter;
  std::vector<std::string> classes;  ///< names that count; empty: all
  /// An object enters as soon as it is inside, and has left once it is this far outside: the
  /// larger of the two.
  double hysteresis_px = 1;
  double hysteresis_size = 0.05;
  Milliseconds confirm{0};  ///< entered only after so long inside (the entry time is the first)
  Milliseconds grace{0};    ///< left only after so long outside (the exit time is the first)
  std::vector<Milliseconds> dwell;                     ///< ZONE_DWELL after each of these times
  std::map<std::string, DwellOptions> dwell_by_class;  ///< instead of `dwell`, for these classes
  int crowd_count = 0;         ///< ZONE_CROWD where more than so many objects are inside; 0: never
  Milliseconds crowd_time{0};  ///< for so long; as long with no more than that ends the crowd
  Milliseconds stationary{0};  ///< OBJECT_STATIONARY for those that stand in here; 0: never
};

/// How pixels become metres, for speeds. One of the two.
struct SpeedOptions {
  double metres_per_pixel = 0;  ///< where the camera looks straight at the plane of movement
  /// Four points on the ground, no three in a line: in the frame (fractions) and, in the same
  /// order, on the ground (metres).
  std::vector<Point2f> frame_points;
  std::vector<std::array<double, 2>> ground_points_m;
  double limit_kmh = 0;       ///< SPEED above this; 0: speeds only stand in other events
  Milliseconds window{1000};  ///< over which a speed is measured, 100 ms..60 s
};

struct TrackOptions {
  int min_sightings = 1;    ///< a track causes nothing before it was seen so often …
  Milliseconds min_age{0};  ///< … and for so long
  /// An object that messages have been without for so long has gone. (While no message comes, those
  /// of the last are kept until the camera is offline.)
  Milliseconds lost_timeout{2000};
  /// The same for one that stood still: parked cars are hidden for long. Within it, a new track of
  /// the same class at the same place is the same object.
  Milliseconds stationary_timeout{60'000};
  Milliseconds stationary_time{10'000};  ///< OBJECT_STATIONARY after so long; 0: never
  double stationary_distance = 0.15;     ///< as a share of the longer side of the box
  /// A move faster than this many box sides a second (one side is free) is another object under
  /// the same id: it crosses nothing on the way. 0: no limit.
  double max_speed_sizes = 10;
};

struct CameraOptions {
  Milliseconds offline_after{10'000};  ///< CAMERA_OFFLINE after so long without a message; 0: never
  /// CAMERA_ONLINE once messages come for so long, none more than offline_after behind the one before
  Milliseconds online_after{2000};
};

struct SceneOptions {
  std::vector<LineOptions> lines;
  std::vector<ZoneOptions> zones;
  std::optional<SpeedOptions> speed;
  TrackOptions tracks;
  CameraOptions camera;
  bool count_events = true;   ///< LINE_COUNT and ZONE_OCCUPANCY
  bool object_events = true;  ///< OBJECT_APPEAR and OBJECT_LOST
};

/// Types of events that a scene never brings about, with what it lacks: `no zone has dwell`.
[[nodiscard]] std::map<EventType, std::string> SilentTypes(const SceneOptions& options);

/// Events of one type and place that a scene can bring about, by what rules match them with.
struct EventKind {
  EventType type = EventType::kLineCross;
  std::string line;                     ///< empty: its events have none
  std::string zone;                     ///< the same
  std::vector<std::string> directions;  ///< one of these; empty: its events have none
  bool has_class = true;                ///< of an object …
  std::vector<std::string> classes;     ///< … which is one of these; empty: any …
  std::vector<std::string> but;         ///< … but these
};

/// All of them: what matches none of these never happens there.
[[nodiscard]] std::vector<EventKind> EventKindsOf(const SceneOptions& options);

/// Names, ranges, and fields that exclude each other. The message begins with the key:
/// `lines.0.position_pct: …`.
[[nodiscard]] absl::Status Validate(const SceneOptions& options);

/// What the two directions of a line are called, defaults filled in.
struct DirectionNames {
  std::string a_to_b;
  std::string b_to_a;
};
[[nodiscard]] DirectionNames DirectionsOf(const LineOptions& line);

}  // namespace vigil::events
