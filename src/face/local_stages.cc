#include "face/local_stages.h"

#include <cstddef>
#include <span>
#include <vector>

#include "face/eye_geometry.h"
#include "face/internal/people.h"
#include "face/person_attention.h"
#include "face/person_blinks.h"

namespace vigil::face {
namespace {

class HeadPoseHere final : public HeadPoseStage {
 public:
  HeadPoseHere(const CanonicalFace& canonical, const HeadPoseOptions& options)
      : canonical_(canonical), options_(options) {}

  bool at_once() const override { return true; }
  void Begin(const FollowedFaces& faces) override {
    poses_.clear();
    for (const TrackedFace& face : faces.seen)
      poses_.push_back(EstimateHeadPose(canonical_, face.mesh.span(), faces.frame, options_));
  }
  absl::StatusOr<std::span<const HeadPose>> Await() override {
    return std::span<const HeadPose>(poses_);
  }

 private:
  const CanonicalFace& canonical_;
  const HeadPoseOptions options_;
  std::vector<HeadPose> poses_;
};

// Those that another stage gave, or the same worked out here.
class Poses {
 public:
  Poses(const CanonicalFace& canonical, const HeadPoseOptions& options)
      : own_(canonical, options) {}

  std::span<const HeadPose> Of(const FollowedFaces& faces, std::span<const HeadPose> given) {
    if (!given.empty()) return given;
    own_.Begin(faces);
    return *own_.Await();
  }

 private:
  HeadPoseHere own_;
};

class GazeHere final : public GazeStage {
 public:
  GazeHere(const CanonicalFace& canonical, const StageOptions& options)
      : canonical_(canonical), options_(options.gaze), poses_(canonical, options.head_pose) {}

  void Begin(const FollowedFaces& faces, std::span<const HeadPose> given) override {
    const auto poses = poses_.Of(faces, given);
    gazes_.clear();
    for (std::size_t i = 0; i < faces.seen.size(); ++i)
      gazes_.push_back(
          EstimateGaze(faces.seen[i].mesh, poses[i], canonical_, faces.frame, options_));
  }
  absl::StatusOr<std::span<const Gaze>> Await() override { return std::span<const Gaze>(gazes_); }

 private:
  const CanonicalFace& canonical_;
  const GazeOptions options_;
  Poses poses_;
  std::vector<Gaze> gazes_;
};

FaceMeasures Measure(std::span<const Point3f> points, const HeadPose& pose,
                     const CanonicalFace& canonical) {
  FaceMeasures measures;
  measures.valid = true;
  measures.ear_left = FrontalEyeAspectRatio(points, EyeSide::kLeft, pose, canonical);
  measures.ear_right = FrontalEyeAspectRatio(points, EyeSide::kRight, pose, canonical);
  measures.mouth_aspect_ratio = MouthAspectRatio(points);
  // Angles to the line of sight: a person at the picture's edge who looks into the camera looks
  // at it.
  measures.yaw_deg = pose.to_camera.yaw_deg;
  measures.pitch_deg = pose.to_camera.pitch_deg;
  return measures;
}

class BlinkHere final : public BlinkStage {
 public:
  BlinkHere(const CanonicalFace& canonical, const StageOptions& options)
      : canonical_(canonical), options_(options.states), poses_(canonical, options.head_pose) {}

  void Begin(const FollowedFaces& faces, std::span<const HeadPose> given) override {
    const auto poses = poses_.Of(faces, given);
    results_.clear();
    people_.BeginFrame();
    for (std::size_t i = 0; i < faces.seen.size(); ++i) {
      const auto points = faces.seen[i].measured.span();
      results_.push_back(people_.Of(faces.seen[i].id, options_)
                             .Update(faces.timestamp_us, Measure(points, poses[i], canonical_)));
      // What is reported is what was measured; the state is judged on the frontal ratio.
      results_.back().eyes.ear_left = EyeAspectRatio(points, EyeSide::kLeft);
      results_.back().eyes.ear_right = EyeAspectRatio(points, EyeSide::kRight);
    }
    // Time in which a face is not seen counts as unknown; one that has left is a new person when it comes back, as its id
    // says.
    for (const std::int64_t id : faces.unseen)
      results_.push_back(people_.Of(id, options_).Update(faces.timestamp_us, {}));
    people_.EndFrame();
  }
  absl::StatusOr<std::span<const FaceBlinks>> Await() override {
    return std::span<const FaceBlinks>(results_);
  }
  void Reset() override { people_.Clear(); }

 private:
  const CanonicalFace& canonical_;
  const StateOptions options_;
  Poses poses_;
  People<PersonBlinks> people_;
  std::vector<FaceBlinks> results_;
};

class AttentionHere final : public AttentionStage {
 public:
  explicit AttentionHere(const StageOptions& options) : options_(options.states) {}

  void Begin(const FollowedFaces& faces, std::span<const HeadPose> poses,
             std::span<const Gaze> gazes, std::span<const FaceBlinks> blinks) override {
    results_.clear();
    people_.BeginFrame();
    for (std::size_t i = 0; i < faces.count(); ++i) {
      const bool seen = i < faces.seen.size();
      const std::int64_t id = seen ? faces.seen[i].id : faces.unseen[i - faces.seen.size()];
      FaceDirections directions;
      if (seen && !poses.empty()) {
        directions.valid = true;
        directions.yaw_deg = poses[i].to_camera.yaw_deg;
        directions.pitch_deg = poses[i].to_camera.pitch_deg;
        if (!gazes.empty()) directions.gaze = gazes[i].combined;
      }
      results_.push_back(
          people_.Of(id, options_)
              .Update(faces.timestamp_us, directions, blinks.empty() ? nullptr : &blinks[i]));
    }
    people_.EndFrame();
  }
  absl::StatusOr<std::span<const FaceScores>> Await() override {
    return std::span<const FaceScores>(results_);
  }
  void Reset() override { people_.Clear(); }

 private:
  const StateOptions options_;
  People<PersonAttention> people_;
  std::vector<FaceScores> results_;
};

}  // namespace

std::unique_ptr<HeadPoseStage> LocalHeadPose(const CanonicalFace& canonical,
                                             const HeadPoseOptions& options) {
  return std::make_unique<HeadPoseHere>(canonical, options);
}

std::unique_ptr<GazeStage> LocalGaze(const CanonicalFace& canonical, const StageOptions& options) {
  return std::make_unique<GazeHere>(canonical, options);
}

std::unique_ptr<BlinkStage> LocalBlink(const CanonicalFace& canonical,
                                       const StageOptions& options) {
  return std::make_unique<BlinkHere>(canonical, options);
}

std::unique_ptr<AttentionStage> LocalAttention(const StageOptions& options) {
  return std::make_unique<AttentionHere>(options);
}

StreamStages LocalStages(const CanonicalFace& canonical, const StageOptions& options) {
  return {LocalHeadPose(canonical, options.head_pose), LocalGaze(canonical, options),
          LocalBlink(canonical, options), LocalAttention(options)};
}

}  // namespace vigil::face
