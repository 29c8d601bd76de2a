// Everything that is known about the faces of one stream, frame by frame.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>

#include "core/image.h"
#include "core/time.h"
#include "face/canonical_face.h"
#include "face/gaze.h"
#include "face/head_pose.h"
#include "face/landmarker.h"
#include "face/models.h"
#include "face/person_state.h"
#include "face/stages.h"
#include "face/types.h"

namespace vigil::face {

struct PipelineOptions {
  LandmarkerOptions landmarker;
  HeadPoseOptions head_pose;
  GazeOptions gaze;
  StateOptions states;
  bool degrade =
      false;  ///< a stage that fails is named in the result (FaceResult::failed) instead of failing the frame
};

/// One stream: landmarks, then head pose, gaze and blinks, then what they mean over time. One thread at a time; the networks
/// come with each call, so that a worker's streams share them.
///
/// Exactly one result a call. Takes no memory while no face comes or goes.
class Pipeline {
 public:
  /// All stages behind the networks are of this process. `canonical` is borrowed, and shared by all pipelines.
  /// Precondition: Validate(options.states) is OK.
  Pipeline(const CanonicalFace& canonical, const PipelineOptions& options);
  /// Stages of the caller's choice; what `options` says about them is theirs to keep.
  Pipeline(StreamStages stages, const PipelineOptions& options);
  ~Pipeline();

  /// The next frame of a video; time stamps rise strictly. Valid until the next call, as the one below.
  absl::StatusOr<const FaceResult*> Next(FaceNetworks networks, ImageView image,
                                         std::int64_t timestamp_us);

  /// A single picture: no history, so blinks, PERCLOS and yawns say nothing and the scores' confidence is low.
  absl::StatusOr<const FaceResult*> Still(FaceNetworks networks, ImageView image);

  /// Forgets all people. Ids are not used again.
  void Reset();

 private:
  absl::StatusOr<const FaceResult*> Interpret(std::span<const TrackedFace> tracked, Size frame,
                                              std::int64_t timestamp_us, Clock::time_point start);
  template <typename T>
  absl::StatusOr<std::span<const T>> Result(Stage stage, absl::StatusOr<std::span<const T>> result);

  const PipelineOptions options_;
  StreamStages stages_;
  Landmarker landmarker_;
  FaceResult result_;
};

}  // namespace vigil::face
