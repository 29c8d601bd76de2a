#include "rpc/internal/stage_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/inference_metrics.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/picture_request.h"
#include "rpc/internal/pooled_calls.h"
#include "rpc/internal/stage_messages.h"
#include "rpc/internal/stream_states.h"

namespace vigil::rpc::internal {
namespace {

// What the calls of a stage share.
struct Shared {
  Shared(const StageBackend& stage_backend, int workers, Metrics& all_metrics)
      : backend(stage_backend),
        name(NameOf(stage_backend.stage)),
        metrics(all_metrics, name),
        decoders(static_cast<std::size_t>(workers)) {}

  const StageBackend& backend;
  const std::string name;
  const InferenceMetrics metrics;
  std::vector<FrameDecoder> decoders;  // one a worker
};

absl::Status CheckCount(int count, int most, const char* what) {
  if (count <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} {}: at most {}", count, what, most));
}

// Of messages without a picture: what is beyond them is not even parsed.
absl::Status ParseMeshes(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& into) {
  if (bytes.Length() > kMaxMeshesBytes)
    return absl::ResourceExhaustedError(fmt::format(
        "{} bytes: at most {} of a message without a picture", bytes.Length(), kMaxMeshesBytes));
  return Parse(bytes, into);
}

// Answers each request by `Work`, which has
//   using Request, Response: messages;
//   absl::Status Answer(rpc::internal::Request&, Response&): where times are told of networks, it fills them in.
template <typename Work>
class StageAnswerer final : public Answerer {
 public:
  StageAnswerer(std::shared_ptr<Shared> shared, const Call& call, bool is_stream)
      : shared_(std::move(shared)),
        work_(*shared_, is_stream),
        is_stream_(is_stream),
        deadline_(call.deadline()),
        trace_id_(call.trace_id()) {
    if (is_stream_) shared_->metrics.Streams(1);
  }
  ~StageAnswerer() override {
    if (is_stream_) shared_->metrics.Streams(-1);
  }

  absl::StatusOr<grpc::ByteBuffer> Answer(Request request) override {
    const auto taken = Clock::now();
    response_.Clear();
    v1::Timings& timings = *response_.mutable_timings();
    absl::Status status = absl::DeadlineExceededError("nobody waits for the answer any more");
    if (taken < deadline_) status = work_.Answer(request, response_);
    const auto answered = Clock::now();
    const std::int64_t total_us = MicrosBetween(request.arrived, answered);
    timings.set_queue_us(MicrosBetween(request.arrived, taken));
    timings.set_total_us(total_us);
    timings.set_other_us(MicrosBetween(taken, answered) - timings.decode_us() -
                         timings.detect_us() - timings.mesh_us());
    shared_->metrics.Answered(status.ok(), work_.count(response_),
                              timings.detect_us() + timings.mesh_us(), total_us);
    if (log::Shown(log::Level::kDebug)) Tell(total_us, status);
    if (!status.ok()) {
      if (!is_stream_) return status;
      ToMessage(status, *response_.mutable_error());
    }
    return Serialise(response_);
  }

 private:
  void Tell(std::int64_t total_us, const absl::Status& status) const {
    const std::string frame = fmt::format("{}", response_.sequence());
    const log::Field fields[] = {
        {"stream_id", work_.stream()}, {"frame", frame}, {"trace_id", trace_id_}};
    log::Write(
        log::Level::kDebug,
        fmt::format("answered in {} us{}{}", total_us, status.ok() ? "" : ": ", MessageOf(status)),
        fields);
  }

  const std::shared_ptr<Shared> shared_;
  Work work_;
  const bool is_stream_;
  const Deadline deadline_;
  const std::string trace_id_;
  typename Work::Response response_;
};

// --- Networks --------------------------------------------------------------------------------------------------------

class DetectFaces {
 public:
  using Response = v1::DetectFacesResponse;
  DetectFaces(Shared& shared, bool) : shared_(shared) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.faces_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    const auto start = Clock::now();
    if (auto status = picture_.Read(request.message, v1::DetectFacesRequest::kImageFieldNumber,
                                    v1::DetectFacesRequest::kSquaresFieldNumber, message_);
        !status.ok())
      return status;
    response.set_sequence(message_.sequence());
    face::FaceModels& networks =
        *shared_.backend.networks_of_worker[static_cast<std::size_t>(request.worker)];
    if (auto status = ReadSquares(networks.looks_in_squares()); !status.ok()) return status;
    const auto image = picture_.Decode(shared_.decoders[static_cast<std::size_t>(request.worker)]);
    const auto decoded = Clock::now();
    response.mutable_timings()->set_decode_us(MicrosBetween(start, decoded));
    if (!image.ok()) return image.status();
    const auto finds = networks.Detect(*image, squares_);
    response.mutable_timings()->set_detect_us(MicrosBetween(decoded, Clock::now()));
    if (!finds.ok()) return finds.status();
    for (const auto& [face, square] : *finds) {
      if (face.score >= message_.min_score()) ToMessage(face, square, *response.add_faces());
    }
    picture_.Clear();
    return absl::OkStatus();
  }

 private:
  absl::Status ReadSquares(bool looks_in_squares) {
    squares_.clear();
    if (!message_.has_region() && message_.squares_size() == 0) return absl::OkStatus();
    if (!looks_in_squares)
      return absl::FailedPreconditionError(
          "the detector of this stage looks at whole pictures only: face.detector has to be the "
          "same "
          "here and where the request comes from");
    if (message_.has_region() && message_.squares_size() > 0)
      return absl::InvalidArgumentError("region and squares do not go together");
    if (auto status = CheckCount(message_.squares_size(), kMaxSquares, "squares"); !status.ok())
      return status;
    if (message_.has_region()) {
      const auto region = FromMessage(message_.region());
      if (!region.ok()) return region.status();
      const float side = std::max(region->width, region->height);
      squares_.push_back({region->x + (region->width - side) / 2,
                          region->y + (region->height - side) / 2, side, side});
    }
    for (const v1::Box& box : message_.squares()) {
      const auto square = FromMessage(box);
      if (!square.ok()) return square.status();
      squares_.push_back(*square);
    }
    return absl::OkStatus();
  }

  Shared& shared_;
  PictureRequest picture_;
  v1::DetectFacesRequest message_;
  std::vector<PixelBox> squares_;
};

class DetectLandmarks {
 public:
  using Response = v1::DetectLandmarksResponse;
  DetectLandmarks(Shared& shared, bool) : shared_(shared) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.meshes_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    const auto start = Clock::now();
    if (auto status = picture_.Read(request.message, v1::DetectLandmarksRequest::kImageFieldNumber,
                                    v1::DetectLandmarksRequest::kSequenceFieldNumber, message_);
        !status.ok())
      return status;
    response.set_sequence(message_.sequence());
    if (auto status = CheckCount(message_.regions_size(), limits::kMaxFaces, "regions");
        !status.ok())
      return status;
    regions_.clear();
    for (const v1::FaceRegion& one : message_.regions()) {
      const auto region = FromMessage(one);
      if (!region.ok()) return region.status();
      regions_.push_back(*region);
    }
    const auto image = picture_.Decode(shared_.decoders[static_cast<std::size_t>(request.worker)]);
    response.mutable_timings()->set_decode_us(MicrosBetween(start, Clock::now()));
    if (!image.ok()) return image.status();
    face::FaceModels& networks =
        *shared_.backend.networks_of_worker[static_cast<std::size_t>(request.worker)];
    const auto meshes = networks.Meshes(*image, regions_);
    response.mutable_timings()->set_mesh_us(networks.network_us());
    if (!meshes.ok()) return meshes.status();
    for (const face::Mesh& mesh : *meshes) ToMessage(mesh, *response.add_meshes());
    picture_.Clear();
    return absl::OkStatus();
  }

 private:
  Shared& shared_;
  PictureRequest picture_;
  v1::DetectLandmarksRequest message_;
  std::vector<RotatedBox> regions_;
};

// --- Calculation without state ---------------------------------------------------------------------------------------

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

class EstimatePoses {
 public:
  using Response = v1::EstimateHeadPoseResponse;
  EstimatePoses(Shared& shared, bool)
      : stage_(face::LocalHeadPose(*shared.backend.canonical, shared.backend.options.head_pose)) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.head_poses_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    if (auto status = ParseMeshes(request.message, message_); !status.ok()) return status;
    response.set_sequence(message_.sequence());
    const auto frame = FrameSize(message_.frame_width(), message_.frame_height());
    if (!frame.ok()) return frame.status();
    if (auto status = ReadMeshes(message_.meshes(), faces_); !status.ok()) return status;
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
  EstimateGazes(Shared& shared, bool)
      : stage_(face::LocalGaze(*shared.backend.canonical, shared.backend.options)) {}
  std::string_view stream() const { return {}; }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.gazes_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    if (auto status = ParseMeshes(request.message, message_); !status.ok()) return status;
    response.set_sequence(message_.sequence());
    const auto frame = FrameSize(message_.frame_width(), message_.frame_height());
    if (!frame.ok()) return frame.status();
    if (auto status = ReadMeshes(message_.meshes(), faces_); !status.ok()) return status;
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

// --- Calculation with a state a stream -------------------------------------------------------------------------------

// What a request of a stage with a state says beside its faces.
template <typename Message>
absl::Status CheckStreamRequest(const Message& message) {
  if (message.stream_id().empty() || message.stream_id().size() > limits::kMaxIdBytes)
    return absl::InvalidArgumentError(
        fmt::format("stream_id has to have 1 to {} bytes", limits::kMaxIdBytes));
  if (message.timestamp_us() < 0) return absl::InvalidArgumentError("timestamp_us is below 0");
  if (auto status = CheckCount(message.faces_size(), limits::kMaxFaces, "faces"); !status.ok())
    return status;
  std::unordered_set<std::int64_t> ids;
  for (const auto& face : message.faces()) {
    if (face.id() < 1 || !ids.insert(face.id()).second)
      return absl::InvalidArgumentError(
          fmt::format("face {}: ids are 1 or more, each once", face.id()));
  }
  return absl::OkStatus();
}

// The order of results is that of stages, seen ones first; that of an answer is the request's.
class Order {
 public:
  void Clear() { seen_.clear(), unseen_.clear(); }
  void Add(bool seen, int place) { (seen ? seen_ : unseen_).push_back(place); }
  // Calls `give` with each place in the request and in the results.
  template <typename Give>
  void Each(Give give) const {
    std::size_t result = 0;
    for (const auto* places : {&seen_, &unseen_}) {
      for (const int place : *places) give(place, result++);
    }
  }

 private:
  std::vector<int> seen_, unseen_;
};

// Whose state a request goes to: that of its call, or of its stream among all single requests.
template <typename State>
using States = StreamStates<std::unique_ptr<State>>;

template <typename State>
struct StateShared : Shared {
  StateShared(const StageBackend& stage_backend, int workers, Metrics& all_metrics,
              std::chrono::milliseconds idle, std::function<std::unique_ptr<State>()> make_state)
      : Shared(stage_backend, workers, all_metrics),
        make(std::move(make_state)),
        states({.idle = idle}, make) {}

  const std::function<std::unique_ptr<State>()> make;
  States<State> states;
};

// `Part` takes a message apart, asks the stage and answers.
template <typename State, typename Part>
class WithState {
 public:
  using Response = typename Part::Response;
  WithState(Shared& shared, bool is_stream) : shared_(static_cast<StateShared<State>&>(shared)) {
    if (!is_stream) return;
    own_ = std::make_shared<typename States<State>::Entry>();
    own_->state = shared_.make();
  }
  std::string_view stream() const { return part_.message().stream_id(); }
  std::size_t count(const Response& response) const {
    return static_cast<std::size_t>(response.faces_size());
  }

  absl::Status Answer(const Request& request, Response& response) {
    if (auto status = ParseMeshes(request.message, part_.message()); !status.ok()) return status;
    response.set_sequence(part_.message().sequence());
    if (auto status = CheckStreamRequest(part_.message()); !status.ok()) return status;
    if (auto status = part_.Read(); !status.ok()) return status;
    const auto entry =
        own_ ? own_
             : shared_.states.Of(part_.message().stream_id(),
                                 static_cast<std::size_t>(part_.message().faces_size()),
                                 Clock::now());
    std::lock_guard lock(entry->mutex);
    if (auto status = part_.Ask(*entry->state, response); !status.ok()) return status;
    response.set_state_is_new(!std::exchange(entry->begun, true));
    return absl::OkStatus();
  }

 private:
  StateShared<State>& shared_;
  std::shared_ptr<typename States<State>::Entry> own_;
  Part part_;
};

class BlinksPart {
 public:
  using Response = v1::DetectBlinksResponse;
  v1::DetectBlinksRequest& message() { return message_; }
  const v1::DetectBlinksRequest& message() const { return message_; }

  absl::Status Read() {
    const auto frame = FrameSize(message_.frame_width(), message_.frame_height());
    if (!frame.ok()) return frame.status();
    frame_ = *frame;
    order_.Clear();
    seen_.clear();
    unseen_.clear();
    poses_.clear();
    for (int i = 0; i < message_.faces_size(); ++i) {
      const v1::MeasuredFace& face = message_.faces(i);
      order_.Add(face.has_mesh(), i);
      if (!face.has_mesh()) {
        unseen_.push_back(face.id());
        continue;
      }
      const auto measured = FromMessage(face.mesh());
      if (!measured.ok()) return measured.status();
      const auto shown = face.has_pose_mesh() ? FromMessage(face.pose_mesh()) : measured;
      if (!shown.ok()) return shown.status();
      seen_.push_back({face.id(), *shown, *measured});
      if (!face.has_head_pose()) continue;
      const auto pose = FromMessage(face.head_pose());
      if (!pose.ok()) return pose.status();
      poses_.push_back(*pose);
    }
    if (!poses_.empty() && poses_.size() != seen_.size())
      return absl::InvalidArgumentError("head poses of some faces but not of all");
    return absl::OkStatus();
  }

  absl::Status Ask(face::BlinkStage& stage, Response& response) {
    stage.Begin({seen_, unseen_, frame_, message_.timestamp_us()}, poses_);
    const auto blinks = stage.Await();
    if (!blinks.ok()) return blinks.status();
    for (const auto& face : message_.faces()) response.add_faces()->set_id(face.id());
    order_.Each([&](int place, std::size_t result) {
      ToMessage((*blinks)[result], *response.mutable_faces(place));
    });
    return absl::OkStatus();
  }

 private:
  v1::DetectBlinksRequest message_;
  Size frame_;
  Order order_;
  std::vector<face::TrackedFace> seen_;
  std::vector<std::int64_t> unseen_;
  std::vector<face::HeadPose> poses_;
};

class AttentionPart {
 public:
  using Response = v1::ScoreAttentionResponse;
  v1::ScoreAttentionRequest& message() { return message_; }
  const v1::ScoreAttentionRequest& message() const { return message_; }

  absl::Status Read() {
    order_.Clear();
    seen_.clear();
    unseen_.clear();
    poses_.clear();
    gazes_.clear();
    std::size_t blinks = 0;
    for (int i = 0; i < message_.faces_size(); ++i) {
      const v1::ScoredFace& face = message_.faces(i);
      order_.Add(!face.unseen(), i);
      blinks += face.has_blinks();
      if (face.unseen()) {
        unseen_.push_back(face.id());
        continue;
      }
      seen_.push_back({face.id(), {}, {}});
      if (face.has_head_pose()) {
        const auto pose = FromMessage(face.head_pose());
        if (!pose.ok()) return pose.status();
        poses_.push_back(*pose);
      }
      if (face.has_gaze()) {
        const auto gaze = FromMessage(face.gaze());
        if (!gaze.ok()) return gaze.status();
        gazes_.push_back(*gaze);
      }
    }
    const auto all_or_none = [](std::size_t some, std::size_t all) {
      return some == 0 || some == all;
    };
    if (!all_or_none(poses_.size(), seen_.size()) || !all_or_none(gazes_.size(), seen_.size()) ||
        !all_or_none(blinks, static_cast<std::size_t>(message_.faces_size())))
      return absl::InvalidArgumentError(
          "head poses, gazes or blinks of some faces but not of all: a stage answers for all of "
          "them");
    blinks_.assign(blinks, {});
    absl::Status status;
    if (blinks > 0) {
      order_.Each([&](int place, std::size_t result) {
        const auto one = FromMessage(message_.faces(place).blinks());
        if (one.ok()) blinks_[result] = *one;
        status.Update(one.status());
      });
    }
    return status;
  }

  absl::Status Ask(face::AttentionStage& stage, Response& response) {
    stage.Begin({seen_, unseen_, {}, message_.timestamp_us()}, poses_, gazes_, blinks_);
    const auto scores = stage.Await();
    if (!scores.ok()) return scores.status();
    for (const auto& face : message_.faces()) response.add_faces()->set_id(face.id());
    order_.Each([&](int place, std::size_t result) {
      ToMessage((*scores)[result], *response.mutable_faces(place));
    });
    return absl::OkStatus();
  }

 private:
  v1::ScoreAttentionRequest message_;
  Order order_;
  std::vector<face::TrackedFace> seen_;
  std::vector<std::int64_t> unseen_;
  std::vector<face::HeadPose> poses_;
  std::vector<face::Gaze> gazes_;
  std::vector<face::FaceBlinks> blinks_;
};

template <typename Work>
Service MakeService(const char* name, const char* method, const std::shared_ptr<Shared>& shared,
                    StreamPool& pool) {
  const auto open = [&](bool is_stream) {
    return [shared, is_stream](const Call& call) -> absl::StatusOr<std::unique_ptr<Answerer>> {
      return std::make_unique<StageAnswerer<Work>>(shared, call, is_stream);
    };
  };
  Service service{fmt::format("vigil.v1.{}", name), {}};
  service.methods.push_back(UnaryMethod(method, pool, open(false)));
  service.methods.push_back(
      StreamMethod(fmt::format("Stream{}", method), pool, Pace::kAnswerEvery, open(true)));
  return service;
}

}  // namespace

Service StageService(const StageBackend& backend, std::chrono::milliseconds idle, StreamPool& pool,
                     Metrics& metrics) {
  using face::Stage;
  const auto plain = [&] { return std::make_shared<Shared>(backend, pool.workers(), metrics); };
  switch (backend.stage) {
    case Stage::kFaceDetection:
      return MakeService<DetectFaces>("FaceDetectionService", "DetectFaces", plain(), pool);
    case Stage::kLandmarkDetection:
      return MakeService<DetectLandmarks>("LandmarkDetectionService", "DetectLandmarks", plain(),
                                          pool);
    case Stage::kHeadPose:
      return MakeService<EstimatePoses>("HeadPoseService", "EstimateHeadPose", plain(), pool);
    case Stage::kGaze:
      return MakeService<EstimateGazes>("GazeTrackingService", "EstimateGaze", plain(), pool);
    case Stage::kBlink:
      return MakeService<WithState<face::BlinkStage, BlinksPart>>(
          "BlinkDetectionService", "DetectBlinks",
          std::make_shared<StateShared<face::BlinkStage>>(
              backend, pool.workers(), metrics, idle,
              [&backend] { return face::LocalBlink(*backend.canonical, backend.options); }),
          pool);
    case Stage::kAttention:
      break;
  }
  return MakeService<WithState<face::AttentionStage, AttentionPart>>(
      "AttentionService", "ScoreAttention",
      std::make_shared<StateShared<face::AttentionStage>>(
          backend, pool.workers(), metrics, idle,
          [&backend] { return face::LocalAttention(backend.options); }),
      pool);
}

}  // namespace vigil::rpc::internal
