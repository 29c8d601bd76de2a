// The detection message: what a device saw in one frame. The only thing that events are made of, so
// the code that makes them is the same beside the camera and behind a message bus. Its JSON is the
// version-1 envelope (events/envelope.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "core/wall_time.h"

namespace vigil {

/// How sure a tracker is of an object.
enum class TrackState : std::uint8_t {
  kTentative,  ///< seen too few times to be believed
  kConfirmed,
  kLost,   ///< not seen in this frame; the box is a prediction
  kEnded,  ///< will not be seen again under this id
};

/// An object as the message has it. Coordinates are pixels of the frame after `roi`, origin at its
/// top left.
struct TrackedObject {
  std::int64_t track_id = 0;  ///< unique within the message's epoch
  int class_id = 0;
  std::string class_name;
  float confidence = 0;  ///< 0..1
  PixelBox box;
  Point2f center;
  std::optional<Point2f>
      previous_center;  ///< where the track was in the sender's frame before; none: first seen
  TrackState state = TrackState::kConfirmed;
  friend bool operator==(const TrackedObject&, const TrackedObject&) = default;
};

/// The picture itself, for digests with photos.
struct FrameData {
  std::string encoding = "jpeg";
  int quality = 85;   ///< 1..100
  std::string bytes;  ///< encoded; base64 in the JSON
  friend bool operator==(const FrameData&, const FrameData&) = default;
};

/// Where the picture was stored apart.
struct FrameReference {
  std::string type;  ///< "s3"
  std::string bucket;
  std::string key;
  friend bool operator==(const FrameReference&, const FrameReference&) = default;
};

struct DetectionMessage {
  std::string device_id;
  std::string camera_id;
  WallTime timestamp;      ///< capture time
  std::int64_t epoch = 0;  ///< of the stream: another one means that all track ids are new
  std::int64_t frame_number = 0;
  Size frame_size;  ///< of the whole frame
  PixelBox roi;     ///< the part that was looked at; the whole frame where nothing was cut
  std::vector<TrackedObject> objects;
  std::optional<FrameData> frame_data;
  std::optional<FrameReference> frame_reference;
  friend bool operator==(const DetectionMessage&, const DetectionMessage&) = default;
};

}  // namespace vigil
