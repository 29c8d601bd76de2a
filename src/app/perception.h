// From the frames of one input to everything that is known about them: faces, objects, events.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/result_json.h"
#include "app/scene.h"
#include "core/frame.h"
#include "events/event.h"
#include "face/canonical_face.h"
#include "face/models.h"
#include "face/overlay.h"
#include "face/pipeline.h"
#include "media/picture_list.h"
#include "objects/detector.h"

namespace vigil::app {

/// Which networks a worker needs. At least one.
struct ModelPlan {
  std::optional<face::ModelOptions> faces;
  std::optional<objects::DetectorOptions> objects;
  tracking::ByteTrackOptions tracker;  ///< fit for that detector
};

/// What the configuration asks to be looked for. Errors: the models folder, the detector's file.
absl::StatusOr<ModelPlan> PlanModels(const Config& config);

/// The networks of one worker; every stream it serves shares them. One thread at a time.
struct WorkerModels {
  std::optional<face::FaceModels> faces;
  std::unique_ptr<objects::Detector> objects;
  tracking::ByteTrackOptions tracker;  ///< fit for the detector

  static absl::StatusOr<WorkerModels> Load(const ModelPlan& plan);
};

/// The camera that an input stands for: as configured, or by its name.
std::string CameraOf(const Config& config, const media::Input& input);

/// One input. One thread at a time. What it returns is valid until the next call.
class Perception {
 public:
  /// `canonical` outlives it, as do the `cooldowns` of all cameras of the run. `input` names the camera where the configuration does not (its name is without credentials).
  /// `epoch`: see DetectionMessage.
  static absl::StatusOr<std::unique_ptr<Perception>> Create(
      const Config& config, const face::CanonicalFace& canonical, const WorkerModels& models,
      const media::Input& input, std::int64_t epoch, events::RunCooldowns& cooldowns);

  /// The next frame of a video.
  absl::Status Next(WorkerModels& models, const Frame& frame);
  /// A single picture: a stream of one frame, in which nothing is followed.
  absl::Status Still(WorkerModels& models, const Frame& frame);
  /// Frames of a live input are waited for since then: without any, its camera is offline.
  void Await(WallTime since);
  /// No frame came, but time went on: a camera may be offline.
  void Advance();
  /// No frame of a live input will come any more: it was given up.
  void GiveUp();
  /// The input has ended: tracks do as well.
  void Finish();

  FrameResult result() const;
  /// Of the last call.
  std::span<const events::Event> events() const { return events_; }
  /// Null where no objects are looked for.
  SceneInterpreter* scene() { return interpreter_.get(); }
  const SceneWatcher* watcher() const { return watcher_.get(); }

  void Draw(MutableImageView image, std::int64_t timestamp_us);

 private:
  Perception(bool live, bool still, std::int64_t epoch)
      : live_(live), still_(still), epoch_(epoch) {}
  absl::Status Look(WorkerModels& models, const Frame& frame, bool still);
  absl::Status LookForObjects(WorkerModels& models, const Frame& frame, bool still);

  const bool live_;
  const bool still_;  // a picture: what is in a zone has not just come, so nothing is lit
  const std::int64_t epoch_;
  std::unique_ptr<face::Pipeline> faces_;
  std::unique_ptr<face::Overlay> face_overlay_;
  const face::FaceResult* face_result_ = nullptr;
  std::unique_ptr<SceneWatcher> watcher_;
  std::unique_ptr<SceneInterpreter> interpreter_;
  std::unique_ptr<SceneOverlay> scene_overlay_;
  const DetectionMessage* message_ = nullptr;
  std::span<const events::Event> events_;
  std::int64_t objects_us_ = 0, events_us_ = 0;
};

}  // namespace vigil::app
