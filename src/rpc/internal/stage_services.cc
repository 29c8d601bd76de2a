#include "rpc/internal/stage_services.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "core/limits.h"
#include "rpc/internal/stage_answerer.h"

namespace vigil::rpc::internal {
namespace {

// The stages that only calculate: head pose and gaze.

// The meshes of a request, as faces that are all seen.
absl::Status ReadMeshes(const google::protobuf::RepeatedPtrField<v1::FaceMesh>& meshes,
                        std::vector<face::TrackedFace>& faces) {
  if (auto status = CheckCount(meshes.size(), limits::kMaxFaces, "meshes"); !status.ok())
    return status;
  faces.clear();
  for (const v1::FaceMesh& message : meshes) {
    const auto mesh = FromMessage(message);
    if (!mesh.ok()) return mesh.status();
    faces.push_back({static_cast<std::int64_t>(faces.size()) + 1, *mesh, {}});
  }
  return absl::OkStatus();
}

// What both begin with: the frame's size, and the meshes as faces.
template <typename Message, typename Response>
absl::StatusOr<Size> ReadFrame(const Request& request, Message& message, Response& response,
                               std::vector<face::TrackedFace>& faces) {
  if (auto status = ParseMeshes(request.message, message); !status.ok()) return status;
  response.set_sequence(message.sequence());
  auto frame = FrameSize(message.frame_width(), message.frame_height());
  if (!frame.ok()) return frame;
  if (auto status = ReadMeshes(message.meshes(), faces); !status.ok()) return status;
  return frame;
}

class EstimatePoses {
 public:
  using Response = v1::EstimateHeadPoseResponse;
  EstimatePoses(StageShared& shared, bool)
      : stage_(face::LocalHeadPose(*shared.backend.canonical, shared.backend.options.head_pose)) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.head_poses_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    const auto frame = ReadFrame(request, message_, response, faces_);
    if (!frame.ok()) return frame.status();
    stage_->Begin({.seen = faces_, .unseen = {}, .frame = *frame});
    const auto poses = stage_->Await();
    if (!poses.ok()) return poses.status();
    for (const face::HeadPose& pose : *poses) ToMessage(pose, *response.add_head_poses());
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<face::HeadPoseStage> stage_;
  v1::EstimateHeadPoseRequest message_;
  std::vector<face::TrackedFace> faces_;
};

class EstimateGazes {
 public:
  using Response = v1::EstimateGazeResponse;
  EstimateGazes(StageShared& shared, bool)
      : stage_(face::LocalGaze(*shared.backend.canonical, shared.backend.options)) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.gazes_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    const auto frame = ReadFrame(request, message_, response, faces_);
    if (!frame.ok()) return frame.status();
    if (message_.head_poses_size() > 0 && message_.head_poses_size() != message_.meshes_size())
      return absl::InvalidArgumentError(fmt::format(
          "{} head poses for {} meshes", message_.head_poses_size(), message_.meshes_size()));
    poses_.clear();
    for (const v1::HeadPose& one : message_.head_poses()) {
      const auto pose = FromMessage(one);
      if (!pose.ok()) return pose.status();
      poses_.push_back(*pose);
    }
    stage_->Begin({.seen = faces_, .unseen = {}, .frame = *frame}, poses_);
    const auto gazes = stage_->Await();
    if (!gazes.ok()) return gazes.status();
    for (const face::Gaze& gaze : *gazes) ToMessage(gaze, *response.add_gazes());
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<face::GazeStage> stage_;
  v1::EstimateGazeRequest message_;
  std::vector<face::TrackedFace> faces_;
  std::vector<face::HeadPose> poses_;
};

}  // namespace

Service StageService(const StageBackend& backend, std::chrono::milliseconds idle,
                     const media::PictureLimits& limits, StreamPool& pool, Metrics& metrics) {
  using face::Stage;
  const auto shared = [&] {
    return std::make_shared<StageShared>(backend, pool.workers(), metrics);
  };
  switch (backend.stage) {
    case Stage::kFaceDetection:
      return FaceDetectionService(backend, pool, limits, metrics);
    case Stage::kLandmarkDetection:
      return LandmarkDetectionService(backend, pool, limits, metrics);
    case Stage::kHeadPose:
      return MakeService<EstimatePoses>("HeadPoseService", "EstimateHeadPose", shared(), pool);
    case Stage::kGaze:
      return MakeService<EstimateGazes>("GazeTrackingService", "EstimateGaze", shared(), pool);
    case Stage::kBlink:
      return BlinkDetectionService(backend, idle, pool, metrics);
    case Stage::kAttention:
      break;
  }
  return AttentionService(backend, idle, pool, metrics);
}

}  // namespace vigil::rpc::internal
