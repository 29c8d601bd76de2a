#include "face/pipeline.h"

#include <utility>

#include "face/local_stages.h"
#include "face/region.h"

namespace vigil::face {
namespace {

PixelBox CutToFrame(const PixelBox& box, Size frame) {
  return Intersect(box, {0, 0, static_cast<float>(frame.width), static_cast<float>(frame.height)});
}

LandmarkerOptions LandmarkerOf(const PipelineOptions& options) {
  LandmarkerOptions landmarker = options.landmarker;
  landmarker.degrade = options.degrade;
  return landmarker;
}

}  // namespace

Pipeline::Pipeline(const CanonicalFace& canonical, const PipelineOptions& options)
    : Pipeline(LocalStages(canonical, {options.head_pose, options.gaze, options.states}), options) {
}

Pipeline::Pipeline(StreamStages stages, const PipelineOptions& options)
    : options_(options), stages_(std::move(stages)), landmarker_(LandmarkerOf(options)) {}
Pipeline::~Pipeline() = default;

void Pipeline::Reset() {
  landmarker_.Reset();
  stages_.blink->Reset();
  stages_.attention->Reset();
}

absl::StatusOr<const FaceResult*> Pipeline::Next(FaceNetworks networks, ImageView image,
                                                 std::int64_t timestamp_us) {
  const auto start = Clock::now();
  const auto tracked = landmarker_.Next(networks, image, timestamp_us);
  if (!tracked.ok()) return tracked.status();
  return Interpret(*tracked, image.size(), timestamp_us, start);
}

absl::StatusOr<const FaceResult*> Pipeline::Still(FaceNetworks networks, ImageView image) {
  const auto start = Clock::now();
  stages_.blink->Reset();
  stages_.attention->Reset();
  const auto tracked = landmarker_.Still(networks, image);
  if (!tracked.ok()) return tracked.status();
  return Interpret(*tracked, image.size(), 0, start);
}

// What a stage gave; nothing of one that failed where that is no reason to fail the frame.
template <typename T>
absl::StatusOr<std::span<const T>> Pipeline::Result(Stage stage,
                                                    absl::StatusOr<std::span<const T>> result) {
  if (result.ok() || !options_.degrade) return result;
  result_.failed.Add(stage);
  return std::span<const T>();
}

absl::StatusOr<const FaceResult*> Pipeline::Interpret(std::span<const TrackedFace> tracked,
                                                      Size frame, std::int64_t timestamp_us,
                                                      Clock::time_point start) {
  const FollowedFaces faces{tracked, landmarker_.unseen(), frame, timestamp_us};
  result_.failed = landmarker_.failed();

  // A pose that is there at once is handed on. One that is not is not waited for: gaze and blinks, which are begun meanwhile,
  // work it out again, which takes them less time than waiting.
  HeadPoseStage& head_pose = *stages_.head_pose;
  absl::StatusOr<std::span<const HeadPose>> poses = std::span<const HeadPose>();
  head_pose.Begin(faces);
  const bool at_once = head_pose.at_once();
  if (at_once) poses = Result(Stage::kHeadPose, head_pose.Await());
  const auto given = poses.ok() ? *poses : std::span<const HeadPose>();
  stages_.gaze->Begin(faces, given);
  stages_.blink->Begin(faces, given);
  if (!at_once) poses = Result(Stage::kHeadPose, head_pose.Await());
  const auto gazes = Result(Stage::kGaze, stages_.gaze->Await());
  const auto blinks = Result(Stage::kBlink, stages_.blink->Await());
  if (!poses.ok()) return poses.status();
  if (!gazes.ok()) return gazes.status();
  if (!blinks.ok()) return blinks.status();
  stages_.attention->Begin(faces, *poses, *gazes, *blinks);
  const auto scores = Result(Stage::kAttention, stages_.attention->Await());
  if (!scores.ok()) return scores.status();

  result_.faces.resize(tracked.size());
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    Face& face = result_.faces[i];
    face.id = tracked[i].id;
    face.mesh = tracked[i].mesh;
    face.score = face.mesh.score;
    face.box = CutToFrame(BoundingBox(face.mesh.span()), frame);
    face.head_pose = poses->empty() ? HeadPose{} : (*poses)[i];
    face.gaze = gazes->empty() ? Gaze{} : (*gazes)[i];
    const FaceBlinks states = blinks->empty() ? FaceBlinks{} : (*blinks)[i];
    face.eyes = states.eyes;
    face.blink = states.blink;
    face.perclos = states.perclos;
    face.yawn = states.yawn;
    const FaceScores score = scores->empty() ? FaceScores{} : (*scores)[i];
    face.attention = score.attention;
    face.drowsiness = score.drowsiness;
  }

  const auto spent = landmarker_.timing();
  result_.timing = {spent.detect_us, spent.mesh_us,
                    MicrosBetween(start, Clock::now()) - spent.detect_us - spent.mesh_us};
  return &result_;
}

}  // namespace vigil::face
