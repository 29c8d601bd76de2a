#include "rpc/remote_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "core/log.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/picture_request.h"
#include "rpc/internal/replicas.h"
#include "rpc/internal/stage_call.h"
#include "rpc/internal/stage_messages.h"

namespace vigil::rpc {
namespace {

using internal::FromMessage;
using internal::Replicas;
using internal::Serialise;
using internal::StageCall;
using internal::StreamCalls;
using internal::ToMessage;

// Squares that one call is asked for: a second's work, so that a deadline can hold.
constexpr std::size_t kSquaresPerCall = 512;
static_assert(kSquaresPerCall <= internal::kMaxSquares);

// What the stages of a stream share.
class Shared {
 public:
  explicit Shared(std::string stream_key) : key_(std::move(stream_key)) {}

  void BeginFrame(const RemoteFrame& frame) {
    calls_.BeginFrame(frame.deadline, frame.trace_id);
    frame_ = frame;
    picture_.reset();
  }
  StreamCalls& calls() { return calls_; }
  const std::string& key() const { return key_; }
  std::uint64_t sequence() const { return frame_.sequence; }

  // A request with the frame's picture: as it came, or its pixels, copied once a frame for all that ask.
  grpc::ByteBuffer WithPicture(const google::protobuf::MessageLite& rest, std::uint32_t field,
                               ImageView image) {
    const bool as_file = !frame_.jpeg.empty();
    if (!picture_) picture_ = as_file ? FileOf(frame_.jpeg) : PixelsOf(image);
    return internal::SerialiseWithPicture(
        rest, field, *picture_, as_file ? v1::IMAGE_ENCODING_JPEG : v1::IMAGE_ENCODING_RGB24,
        image.size());
  }

 private:
  static grpc::Slice FileOf(std::span<const std::uint8_t> file) {
    return {file.data(), file.size()};
  }
  static grpc::Slice PixelsOf(ImageView image) {
    const std::size_t row = 3 * static_cast<std::size_t>(image.width);
    grpc::Slice pixels(row * static_cast<std::size_t>(image.height));
    auto* to = const_cast<std::uint8_t*>(pixels.begin());  // new, and nobody else's yet
    for (int y = 0; y < image.height; ++y, to += row) std::memcpy(to, image.row(y), row);
    return pixels;
  }

  StreamCalls calls_;
  const std::string key_;
  RemoteFrame frame_;
  std::optional<grpc::Slice> picture_;
};

absl::Status WrongCount(face::Stage stage, int given, std::size_t asked) {
  return absl::InternalError(
      fmt::format("stage {} answered with {} results for {}", NameOf(stage), given, asked));
}

// --- Networks --------------------------------------------------------------------------------------------------------

class DetectionThere final : public face::DetectionStage {
 public:
  DetectionThere(Shared& shared, StageClient& client, bool looks_in_squares)
      : shared_(shared),
        call_(shared.calls(), client.replicas(), "/vigil.v1.FaceDetectionService/DetectFaces"),
        looks_in_squares_(looks_in_squares) {}

  bool looks_in_squares() const override { return looks_in_squares_; }

  absl::StatusOr<std::span<const face::Find>> Detect(ImageView image,
                                                     std::span<const PixelBox> squares) override {
    finds_.clear();
    std::size_t first = 0;
    do {
      const auto part = squares.subspan(first, std::min(kSquaresPerCall, squares.size() - first));
      if (auto status = DetectIn(image, part, static_cast<int>(first)); !status.ok()) return status;
      first += part.size();
    } while (first < squares.size());
    return std::span<const face::Find>(finds_);
  }

 private:
  absl::Status DetectIn(ImageView image, std::span<const PixelBox> squares, int first) {
    request_.set_sequence(shared_.sequence());
    request_.clear_squares();
    for (const PixelBox& square : squares) ToMessage(square, *request_.add_squares());
    call_.Begin(shared_.WithPicture(request_, v1::DetectFacesRequest::kImageFieldNumber, image));
    const auto reply = call_.Await();
    if (!reply.ok()) return reply.status();
    if (auto status = internal::Parse(*reply, response_); !status.ok()) return status;
    const int count = std::max(1, static_cast<int>(squares.size()));
    for (const v1::DetectedFace& message : response_.faces()) {
      auto find = FromMessage(message);
      if (!find.ok()) return find.status();
      if (find->square < 0 || find->square >= count || finds_.size() >= kMostFinds)
        return WrongCount(face::Stage::kFaceDetection, response_.faces_size(), squares.size());
      find->square += first;
      finds_.push_back(*find);
    }
    return absl::OkStatus();
  }

  static constexpr std::size_t kMostFinds = 100'000;
  Shared& shared_;
  StageCall call_;
  const bool looks_in_squares_;
  v1::DetectFacesRequest request_;
  v1::DetectFacesResponse response_;
  std::vector<face::Find> finds_;
};

class LandmarksThere final : public face::LandmarkStage {
 public:
  LandmarksThere(Shared& shared, StageClient& client)
      : shared_(shared),
        call_(shared.calls(), client.replicas(),
              "/vigil.v1.LandmarkDetectionService/DetectLandmarks") {}

  int lookahead() const override { return limits::kMaxFaces; }
  std::int64_t network_us() const override { return took_us_; }

  absl::StatusOr<std::span<const face::Mesh>> Meshes(ImageView image,
                                                     std::span<const RotatedBox> regions) override {
    const auto start = Clock::now();
    request_.set_sequence(shared_.sequence());
    request_.clear_regions();
    for (const RotatedBox& region : regions) ToMessage(region, *request_.add_regions());
    call_.Begin(
        shared_.WithPicture(request_, v1::DetectLandmarksRequest::kImageFieldNumber, image));
    const auto status = Take(call_.Await(), regions.size());
    took_us_ = MicrosBetween(start, Clock::now());
    if (!status.ok()) return status;
    return std::span<const face::Mesh>(meshes_);
  }

 private:
  absl::Status Take(const absl::StatusOr<grpc::ByteBuffer>& reply, std::size_t asked) {
    if (!reply.ok()) return reply.status();
    if (auto status = internal::Parse(*reply, response_); !status.ok()) return status;
    if (static_cast<std::size_t>(response_.meshes_size()) != asked)
      return WrongCount(face::Stage::kLandmarkDetection, response_.meshes_size(), asked);
    meshes_.clear();
    for (const v1::FaceMesh& message : response_.meshes()) {
      const auto mesh = FromMessage(message);
      if (!mesh.ok()) return mesh.status();
      meshes_.push_back(*mesh);
    }
    return absl::OkStatus();
  }

  Shared& shared_;
  StageCall call_;
  v1::DetectLandmarksRequest request_;
  v1::DetectLandmarksResponse response_;
  std::vector<face::Mesh> meshes_;
  std::int64_t took_us_ = 0;
};

// --- Calculation without state ---------------------------------------------------------------------------------------

class HeadPoseThere final : public face::HeadPoseStage {
 public:
  HeadPoseThere(Shared& shared, StageClient& client)
      : shared_(shared),
        call_(shared.calls(), client.replicas(), "/vigil.v1.HeadPoseService/EstimateHeadPose") {}

  bool at_once() const override { return false; }

  void Begin(const face::FollowedFaces& faces) override {
    asked_ = faces.seen.size();
    if (asked_ == 0) return;
    request_.set_sequence(shared_.sequence());
    request_.clear_meshes();
    for (const face::TrackedFace& face : faces.seen) ToMessage(face.mesh, *request_.add_meshes());
    request_.set_frame_width(faces.frame.width);
    request_.set_frame_height(faces.frame.height);
    call_.Begin(Serialise(request_));
  }

  absl::StatusOr<std::span<const face::HeadPose>> Await() override {
    poses_.clear();
    if (asked_ == 0) return std::span<const face::HeadPose>(poses_);
    const auto reply = call_.Await();
    if (!reply.ok()) return reply.status();
    if (auto status = internal::Parse(*reply, response_); !status.ok()) return status;
    if (static_cast<std::size_t>(response_.head_poses_size()) != asked_)
      return WrongCount(face::Stage::kHeadPose, response_.head_poses_size(), asked_);
    for (const v1::HeadPose& message : response_.head_poses()) {
      const auto pose = FromMessage(message);
      if (!pose.ok()) return pose.status();
      poses_.push_back(*pose);
    }
    return std::span<const face::HeadPose>(poses_);
  }

 private:
  const Shared& shared_;
  StageCall call_;
  std::size_t asked_ = 0;
  v1::EstimateHeadPoseRequest request_;
  v1::EstimateHeadPoseResponse response_;
  std::vector<face::HeadPose> poses_;
};

class GazeThere final : public face::GazeStage {
 public:
  GazeThere(Shared& shared, StageClient& client)
      : shared_(shared),
        call_(shared.calls(), client.replicas(), "/vigil.v1.GazeTrackingService/EstimateGaze") {}

  void Begin(const face::FollowedFaces& faces, std::span<const face::HeadPose> poses) override {
    asked_ = faces.seen.size();
    if (asked_ == 0) return;
    request_.set_sequence(shared_.sequence());
    request_.clear_meshes();
    request_.clear_head_poses();
    for (const face::TrackedFace& face : faces.seen) ToMessage(face.mesh, *request_.add_meshes());
    for (const face::HeadPose& pose : poses) ToMessage(pose, *request_.add_head_poses());
    request_.set_frame_width(faces.frame.width);
    request_.set_frame_height(faces.frame.height);
    call_.Begin(Serialise(request_));
  }

  absl::StatusOr<std::span<const face::Gaze>> Await() override {
    gazes_.clear();
    if (asked_ == 0) return std::span<const face::Gaze>(gazes_);
    const auto reply = call_.Await();
    if (!reply.ok()) return reply.status();
    if (auto status = internal::Parse(*reply, response_); !status.ok()) return status;
    if (static_cast<std::size_t>(response_.gazes_size()) != asked_)
      return WrongCount(face::Stage::kGaze, response_.gazes_size(), asked_);
    for (const v1::Gaze& message : response_.gazes()) {
      const auto one = FromMessage(message);
      if (!one.ok()) return one.status();
      gazes_.push_back(*one);
    }
    return std::span<const face::Gaze>(gazes_);
  }

 private:
  const Shared& shared_;
  StageCall call_;
  std::size_t asked_ = 0;
  v1::EstimateGazeRequest request_;
  v1::EstimateGazeResponse response_;
  std::vector<face::Gaze> gazes_;
};

// --- Calculation with a state there ----------------------------------------------------------------------------------

// One face's state elsewhere is found by the stream's key; after a Reset() there is a new one.
class StateKey {
 public:
  explicit StateKey(const std::string& stream) : stream_(stream), key_(stream) {}
  const std::string& text() const { return key_; }
  void Renew() {
    key_ = fmt::format("{}.{}", stream_, ++renewed_);
    begun_ = false;
  }
  // An answer has come. True: the state that was there is lost.
  bool Lost(bool is_new) { return std::exchange(begun_, true) && is_new; }

 private:
  const std::string stream_;
  std::string key_;
  int renewed_ = 0;
  bool begun_ = false;
};

void TellLostState(Replicas& replicas, const StateKey& key) {
  replicas.StateLost();
  log::Warning("stage {}: stream {} goes on from a new state", NameOf(replicas.stage()),
               key.text());
}

class BlinkThere final : public face::BlinkStage {
 public:
  BlinkThere(Shared& shared, StageClient& client)
      : shared_(shared),
        call_(shared.calls(), client.replicas(), "/vigil.v1.BlinkDetectionService/DetectBlinks"),
        key_(shared.key()) {}

  void Begin(const face::FollowedFaces& faces, std::span<const face::HeadPose> poses) override {
    asked_ = faces.count();
    if (asked_ == 0) return;
    request_.set_sequence(shared_.sequence());
    request_.clear_faces();
    for (std::size_t i = 0; i < faces.seen.size(); ++i) {
      const face::TrackedFace& face = faces.seen[i];
      v1::MeasuredFace& to = *request_.add_faces();
      to.set_id(face.id);
      ToMessage(face.measured, *to.mutable_mesh());
      if (poses.empty()) {
        ToMessage(face.mesh, *to.mutable_pose_mesh());
      } else {
        ToMessage(poses[i], *to.mutable_head_pose());
      }
    }
    for (const std::int64_t id : faces.unseen) request_.add_faces()->set_id(id);
    request_.set_stream_id(key_.text());
    request_.set_timestamp_us(faces.timestamp_us);
    request_.set_frame_width(faces.frame.width);
    request_.set_frame_height(faces.frame.height);
    call_.Begin(Serialise(request_), key_.text());
  }

  absl::StatusOr<std::span<const face::FaceBlinks>> Await() override {
    blinks_.clear();
    if (asked_ == 0) return std::span<const face::FaceBlinks>(blinks_);
    const auto reply = call_.Await();
    if (!reply.ok()) return reply.status();
    if (auto status = internal::Parse(*reply, response_); !status.ok()) return status;
    if (static_cast<std::size_t>(response_.faces_size()) != asked_)
      return WrongCount(face::Stage::kBlink, response_.faces_size(), asked_);
    if (key_.Lost(response_.state_is_new())) TellLostState(call_.replicas(), key_);
    for (const v1::FaceBlinks& message : response_.faces()) {
      const auto one = FromMessage(message);
      if (!one.ok()) return one.status();
      blinks_.push_back(*one);
    }
    return std::span<const face::FaceBlinks>(blinks_);
  }

  void Reset() override { key_.Renew(); }

 private:
  const Shared& shared_;
  StageCall call_;
  StateKey key_;
  std::size_t asked_ = 0;
  v1::DetectBlinksRequest request_;
  v1::DetectBlinksResponse response_;
  std::vector<face::FaceBlinks> blinks_;
};

class AttentionThere final : public face::AttentionStage {
 public:
  AttentionThere(Shared& shared, StageClient& client)
      : shared_(shared),
        call_(shared.calls(), client.replicas(), "/vigil.v1.AttentionService/ScoreAttention"),
        key_(shared.key()) {}

  void Begin(const face::FollowedFaces& faces, std::span<const face::HeadPose> poses,
             std::span<const face::Gaze> gazes, std::span<const face::FaceBlinks> blinks) override {
    asked_ = faces.count();
    if (asked_ == 0) return;
    request_.set_sequence(shared_.sequence());
    request_.clear_faces();
    for (std::size_t i = 0; i < asked_; ++i) {
      v1::ScoredFace& to = *request_.add_faces();
      const bool seen = i < faces.seen.size();
      to.set_id(seen ? faces.seen[i].id : faces.unseen[i - faces.seen.size()]);
      to.set_unseen(!seen);
      if (seen && !poses.empty()) ToMessage(poses[i], *to.mutable_head_pose());
      if (seen && !gazes.empty()) ToMessage(gazes[i], *to.mutable_gaze());
      if (!blinks.empty()) ToMessage(blinks[i], *to.mutable_blinks());
    }
    request_.set_stream_id(key_.text());
    request_.set_timestamp_us(faces.timestamp_us);
    call_.Begin(Serialise(request_), key_.text());
  }

  absl::StatusOr<std::span<const face::FaceScores>> Await() override {
    scores_.clear();
    if (asked_ == 0) return std::span<const face::FaceScores>(scores_);
    const auto reply = call_.Await();
    if (!reply.ok()) return reply.status();
    if (auto status = internal::Parse(*reply, response_); !status.ok()) return status;
    if (static_cast<std::size_t>(response_.faces_size()) != asked_)
      return WrongCount(face::Stage::kAttention, response_.faces_size(), asked_);
    if (key_.Lost(response_.state_is_new())) TellLostState(call_.replicas(), key_);
    for (const v1::FaceAttention& message : response_.faces()) {
      const auto one = FromMessage(message);
      if (!one.ok()) return one.status();
      scores_.push_back(*one);
    }
    return std::span<const face::FaceScores>(scores_);
  }

  void Reset() override { key_.Renew(); }

 private:
  const Shared& shared_;
  StageCall call_;
  StateKey key_;
  std::size_t asked_ = 0;
  v1::ScoreAttentionRequest request_;
  v1::ScoreAttentionResponse response_;
  std::vector<face::FaceScores> scores_;
};

class RemoteStagesImpl final : public RemoteStages {
 public:
  explicit RemoteStagesImpl(std::string key) : shared_(std::move(key)) {}

  void BeginFrame(const RemoteFrame& frame) override { shared_.BeginFrame(frame); }

  std::unique_ptr<face::DetectionStage> Detection(StageClient& client,
                                                  bool looks_in_squares) override {
    return std::make_unique<DetectionThere>(shared_, client, looks_in_squares);
  }
  std::unique_ptr<face::LandmarkStage> Landmarks(StageClient& client) override {
    return std::make_unique<LandmarksThere>(shared_, client);
  }
  std::unique_ptr<face::HeadPoseStage> HeadPose(StageClient& client) override {
    return std::make_unique<HeadPoseThere>(shared_, client);
  }
  std::unique_ptr<face::GazeStage> Gaze(StageClient& client) override {
    return std::make_unique<GazeThere>(shared_, client);
  }
  std::unique_ptr<face::BlinkStage> Blink(StageClient& client) override {
    return std::make_unique<BlinkThere>(shared_, client);
  }
  std::unique_ptr<face::AttentionStage> Attention(StageClient& client) override {
    return std::make_unique<AttentionThere>(shared_, client);
  }

 private:
  Shared shared_;
};

}  // namespace

std::unique_ptr<RemoteStages> RemoteStages::Create(std::string stream_key) {
  return std::make_unique<RemoteStagesImpl>(std::move(stream_key));
}

}  // namespace vigil::rpc
