// The stages of this process: plain calculation, done when it is begun.
#pragma once

#include <memory>

#include "face/canonical_face.h"
#include "face/gaze.h"
#include "face/head_pose.h"
#include "face/stages.h"
#include "face/state_options.h"

namespace vigil::face {

struct StageOptions {
  HeadPoseOptions head_pose;
  GazeOptions gaze;
  StateOptions states;  ///< precondition: Validate() is OK
};

/// Each takes no memory while no face comes or goes. `canonical` is borrowed; all streams share it.
std::unique_ptr<HeadPoseStage> LocalHeadPose(const CanonicalFace& canonical,
                                             const HeadPoseOptions& options);
std::unique_ptr<GazeStage> LocalGaze(const CanonicalFace& canonical, const StageOptions& options);
std::unique_ptr<BlinkStage> LocalBlink(const CanonicalFace& canonical, const StageOptions& options);
std::unique_ptr<AttentionStage> LocalAttention(const StageOptions& options);

/// All four.
StreamStages LocalStages(const CanonicalFace& canonical, const StageOptions& options);

}  // namespace vigil::face
