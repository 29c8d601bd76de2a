// The configuration of scenes: what is looked for, where, and what it causes. Part of Config.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/scene_overlay.h"
#include "core/config/schema.h"
#include "core/wall_time.h"
#include "events/rule.h"
#include "events/scene.h"
#include "objects/detector_options.h"
#include "tracking/byte_track.h"

namespace vigil::app {

/// What one process does of the distributed design.
enum class Mode : std::uint8_t { kLocal, kEdge, kProcessor };

/// One camera: its scene and the rules for what happens there.
struct DeviceConfig {
  std::string camera_id;
  events::SceneOptions scene;
  events::SpeedOptions speed;  ///< in effect where it says how pixels become metres
  std::vector<events::RuleOptions> rules;
};

enum class BusType : std::uint8_t { kNone, kRedis, kMqtt, kZmq };

/// Where detection messages go to, or come from.
struct BusConfig {
  BusType type = BusType::kNone;
  std::string redis_url;
  std::string stream = "detections";
  std::string consumer_group = "event-processor";
  std::string broker;
  std::string topic = "detections/{camera_id}";
  int qos = 1;
  std::string endpoint;
  std::string pattern = "push";
};

struct SceneConfig {
  Mode mode = Mode::kLocal;
  std::string device_id = "local";
  std::string camera_url;
  std::string start_time_text;        ///< ISO 8601; empty: 1970
  WallTime start_time;                ///< of the first frame of a file, read from the text above
  std::optional<std::int64_t> epoch;  ///< of messages and events; none: see EpochOf
  std::string detector_file;          ///< "hog", or an ONNX file; empty: no objects are looked for
  std::string detector_family = "auto";
  objects::DetectorOptions detector;  ///< but for kind, file and family, see DetectorOf
  tracking::ByteTrackOptions tracker;
  std::optional<float> tracker_scale;  ///< see TrackerOf
  DeviceConfig device;                 ///< of this device, unless `devices` has it
  std::map<std::string, DeviceConfig> devices;
  BusConfig output;
  BusConfig input;
  SceneOverlayOptions overlay;
};

/// Registers the keys at the top of the file. `output` has keys of its own for drawings beside
/// those of the bus.
void RegisterScene(config::Schema& schema, SceneConfig& config);

/// What the configuration of a device means to the event engine.
events::SceneOptions SceneOf(const DeviceConfig& device);

/// What the rules of a device may refer to. Classes and actions are not known here.
events::KnownNames NamesOf(const DeviceConfig& device);

/// Whether any line, zone or rule is configured for `device`.
bool HasScene(const DeviceConfig& device);

/// The configuration of device and camera: the entry of `devices` of that name, else the one at the
/// top of the file.
const DeviceConfig& DeviceOf(const SceneConfig& config, const std::string& device_id);

/// The tracker's options for a detector: their scores times `tracker_scale`. Without that it
/// depends on the detector: networks that are asked for scores from 0.25 on are unsure where the
/// built-in one is sure.
tracking::ByteTrackOptions TrackerOf(const SceneConfig& config,
                                     const objects::DetectorOptions& detector);

/// The object detector that is asked for; none: no objects are looked for. InvalidArgument: the
/// file is of a kind that no engine runs, with the remedy.
absl::StatusOr<std::optional<objects::DetectorOptions>> DetectorOf(const SceneConfig& config);

}  // namespace vigil::app
