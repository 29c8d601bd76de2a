#include "face/pipeline.h"

#include <algorithm>
#include <utility>

#include "core/time.h"
#include "face/eye_geometry.h"
#include "face/region.h"

namespace vigil::face {

struct Pipeline::Person {
  std::int64_t id = 0;
  bool in_view = false;  // or only just lost sight of
  PersonState state;
};

namespace {

PixelBox CutToFrame(const PixelBox& box, Size frame) {
  return Intersect(box, {0, 0, static_cast<float>(frame.width), static_cast<float>(frame.height)});
}

}  // namespace

Pipeline::Pipeline(const CanonicalFace& canonical, const PipelineOptions& options)
    : canonical_(canonical), options_(options), landmarker_(options.landmarker) {}
Pipeline::~Pipeline() = default;

void Pipeline::Reset() {
  landmarker_.Reset();
  people_.clear();
}

absl::StatusOr<const FaceResult*> Pipeline::Next(FaceModels& models, ImageView image,
                                                 std::int64_t timestamp_us) {
  const auto start = Clock::now();
  const auto tracked = landmarker_.Next(models, image, timestamp_us);
  if (!tracked.ok()) return tracked.status();
  return Interpret(*tracked, image.size(), timestamp_us, start);
}

absl::StatusOr<const FaceResult*> Pipeline::Still(FaceModels& models, ImageView image) {
  const auto start = Clock::now();
  people_.clear();
  const auto tracked = landmarker_.Still(models, image);
  if (!tracked.ok()) return tracked.status();
  return Interpret(*tracked, image.size(), 0, start);
}

const FaceResult* Pipeline::Interpret(std::span<const TrackedFace> tracked, Size frame,
                                      std::int64_t timestamp_us, Clock::time_point start) {
  result_.faces.resize(tracked.size());
  for (auto& person : people_) person->in_view = false;
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    Face& face = result_.faces[i];
    face.id = tracked[i].id;
    face.mesh = tracked[i].mesh;
    face.score = face.mesh.score;
    face.box = CutToFrame(BoundingBox(face.mesh.span()), frame);
    face.head_pose = EstimateHeadPose(canonical_, face.mesh.span(), frame, options_.head_pose);
    face.gaze = EstimateGaze(face.mesh, face.head_pose, canonical_, frame, options_.gaze);

    FaceMeasures measures;
    measures.valid = true;
    const auto points = tracked[i].measured.span();
    measures.ear_left = FrontalEyeAspectRatio(points, EyeSide::kLeft, face.head_pose, canonical_);
    measures.ear_right = FrontalEyeAspectRatio(points, EyeSide::kRight, face.head_pose, canonical_);
    measures.mouth_aspect_ratio = MouthAspectRatio(points);
    // Angles to the line of sight: a person at the picture's edge who looks into the camera looks
    // at it.
    measures.yaw_deg = face.head_pose.to_camera.yaw_deg;
    measures.pitch_deg = face.head_pose.to_camera.pitch_deg;
    measures.gaze = face.gaze.combined;

    const StateResult& state = StateOf(face.id).Update(timestamp_us, measures);
    face.eyes = state.eyes;
    // What is reported is what was measured; the state is judged on the frontal ratio.
    face.eyes.ear_left = EyeAspectRatio(points, EyeSide::kLeft);
    face.eyes.ear_right = EyeAspectRatio(points, EyeSide::kRight);
    face.blink = state.blink;
    face.perclos = state.perclos;
    face.yawn = state.yawn;
    face.attention = state.attention;
    face.drowsiness = state.drowsiness;
  }
  // Time in which a face is not seen counts as unknown; one that has left is a new person when it comes back, as its id
  // says.
  for (const std::int64_t id : landmarker_.unseen()) StateOf(id).Update(timestamp_us, {});
  std::erase_if(people_, [](const auto& person) { return !person->in_view; });

  const auto spent = landmarker_.timing();
  result_.timing = {spent.detect_us, spent.mesh_us,
                    MicrosBetween(start, Clock::now()) - spent.detect_us - spent.mesh_us};
  return &result_;
}

PersonState& Pipeline::StateOf(std::int64_t id) {
  auto found = std::ranges::find(people_, id, [](const auto& person) { return person->id; });
  if (found == people_.end()) {
    people_.push_back(std::make_unique<Person>(Person{id, true, PersonState(options_.states)}));
    return people_.back()->state;
  }
  (*found)->in_view = true;
  return (*found)->state;
}

}  // namespace vigil::face
