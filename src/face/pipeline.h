// Everything that is known about the faces of one stream, frame by frame.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/image.h"
#include "core/time.h"
#include "face/canonical_face.h"
#include "face/gaze.h"
#include "face/head_pose.h"
#include "face/landmarker.h"
#include "face/models.h"
#include "face/person_state.h"
#include "face/types.h"

namespace vigil::face {

struct PipelineOptions {
  LandmarkerOptions landmarker;
  HeadPoseOptions head_pose;
  GazeOptions gaze;
  StateOptions states;
};

/// One stream: landmarks, then head pose, then gaze, then what they mean over time. One thread at a time; the networks
/// come with each call, so that a worker's streams share them.
///
/// Exactly one result a call. Takes no memory while no face comes or goes.
class Pipeline {
 public:
  /// `canonical` is borrowed, and shared by all pipelines. Precondition: Validate(options.states) is OK.
  Pipeline(const CanonicalFace& canonical, const PipelineOptions& options);
  ~Pipeline();

  /// The next frame of a video; time stamps rise strictly. Valid until the next call, as the one below.
  absl::StatusOr<const FaceResult*> Next(FaceModels& models, ImageView image,
                                         std::int64_t timestamp_us);

  /// A single picture: no history, so blinks, PERCLOS and yawns say nothing and the scores' confidence is low.
  absl::StatusOr<const FaceResult*> Still(FaceModels& models, ImageView image);

  /// Forgets all people. Ids are not used again.
  void Reset();

 private:
  struct Person;
  const FaceResult* Interpret(std::span<const TrackedFace> tracked, Size frame,
                              std::int64_t timestamp_us, Clock::time_point start);
  PersonState& StateOf(std::int64_t id);

  const CanonicalFace& canonical_;
  const PipelineOptions options_;
  Landmarker landmarker_;
  std::vector<std::unique_ptr<Person>> people_;  // of the faces in view
  FaceResult result_;
};

}  // namespace vigil::face
