// One camera's scene: detections become tracks, tracks a detection message, messages events. The
// message is the only thing that passes from the first half to the second, as it is where both
// halves run on different machines.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/scene_config.h"
#include "app/scene_overlay.h"
#include "core/detection.h"
#include "core/detection_message.h"
#include "events/engine.h"
#include "events/rule.h"
#include "tracking/byte_track.h"

namespace vigil::app {

/// Who speaks in messages and events.
struct SceneIdentity {
  std::string device_id;
  std::string camera_id;
  std::int64_t epoch = 0;
  WallTime start;  ///< calendar time of timestamp 0
};

/// A name made of `input` (a path or an address) that is fit for an id: its last part without
/// ending, of an address host and path, anything but letters, digits, `.`, `_` and `-` replaced by
/// `-`.
std::string CameraIdOf(const std::string& input);

/// The half beside the camera: follows what the detector finds. One stream, one thread.
class SceneWatcher {
 public:
  SceneWatcher(const tracking::ByteTrackOptions& options, SceneIdentity identity,
               std::vector<std::string> class_names);

  /// Calendar time of timestamp 0, where it is known only once frames come.
  void SetStart(WallTime start) { identity_.start = start; }

  /// The message of a frame; valid until the next call. Time stamps rise.
  const DetectionMessage& Next(std::span<const Detection> detections, Size frame,
                               std::int64_t number, std::int64_t timestamp_us);
  /// A single picture: objects are numbered, none is followed.
  const DetectionMessage& Still(std::span<const Detection> detections, Size frame);

  /// How many different objects there were so far, by class.
  const std::map<std::string, std::int64_t>& objects() const { return objects_; }

 private:
  void Begin(Size frame, std::int64_t number, std::int64_t timestamp_us);
  void Add(std::int64_t id, int class_id, float score, const PixelBox& box, TrackState state);

  SceneIdentity identity_;
  const std::vector<std::string> class_names_;
  tracking::ByteTracker tracker_;
  DetectionMessage message_;
  std::map<std::string, std::int64_t> objects_;
  std::vector<std::int64_t> known_, now_known_;  // ids of confirmed tracks that live, ascending
};

/// What a rule did.
struct RuleOutcome {
  std::int64_t delivered = 0;
  std::int64_t held = 0;
};

/// The other half: from messages, live or recorded, to events and what rules make of them. One
/// camera, one thread.
class SceneInterpreter {
 public:
  /// InvalidArgument: lines, zones or rules that cannot be. `cooldowns`: of all cameras of the run that have the same
  /// rules; null: this camera's alone.
  static absl::StatusOr<std::unique_ptr<SceneInterpreter>> Create(
      const DeviceConfig& device, const std::string& device_id, const std::string& camera_id,
      events::RunCooldowns* cooldowns = nullptr);

  /// Events of a message, valid until the next call; a refused one gives its reason.
  absl::StatusOr<std::span<const events::Event>> Process(const DetectionMessage& message);
  /// Messages of a live camera are waited for: see EventEngine.
  void Await(std::int64_t epoch, WallTime since) { engine_->Await(epoch, since); }
  /// Time goes on without a message.
  std::span<const events::Event> Advance(WallTime now);
  /// No message will come any more: the camera was given up.
  std::span<const events::Event> GiveUp(WallTime now) { return engine_->GiveUp(now); }
  /// The input has ended.
  std::span<const events::Event> Finish();

  /// What the rules decide about an event, and counts it. In the order of events.
  std::vector<events::Decision> Decide(const events::Event& event);

  const events::EventEngine& engine() const { return *engine_; }
  const std::map<std::string, RuleOutcome>& rule_outcomes() const { return outcomes_; }
  bool has_rules() const { return rules_.size() > 0; }

  /// Lines and zones with their counts as they are now, for SceneOverlay. `events` light those that
  /// they concern. Valid until the next call.
  DrawnScene Drawing(const DetectionMessage& message, std::span<const events::Event> events);

 private:
  SceneInterpreter(std::unique_ptr<events::EventEngine> engine, events::RuleSet rules);

  const std::unique_ptr<events::EventEngine> engine_;
  events::RuleSet rules_;
  std::map<std::string, RuleOutcome> outcomes_;
  std::vector<DrawnLine> lines_;  // of Drawing
  std::vector<DrawnZone> zones_;
};

}  // namespace vigil::app
