// The stages that remember: blinks and attention keep a state a stream.
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "rpc/internal/frame_request.h"
#include "rpc/internal/stage_answerer.h"
#include "rpc/internal/stage_services.h"
#include "rpc/internal/stream_states.h"

namespace vigil::rpc::internal {
namespace {

// What a request of a stage with a state says beside its faces.
template <typename Message>
absl::Status CheckStreamRequest(const Message& message) {
  if (message.stream_id().empty() || message.stream_id().size() > limits::kMaxIdBytes)
    return absl::InvalidArgumentError(
        fmt::format("stream_id has to have 1 to {} bytes", limits::kMaxIdBytes));
  if (auto status = CheckTimestamp(message.timestamp_us()); !status.ok()) return status;
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
struct StateShared : StageShared {
  StateShared(const StageBackend& stage_backend, int workers, Metrics& all_metrics,
              std::chrono::milliseconds max_idle,
              std::function<std::unique_ptr<State>()> make_state)
      : StageShared(stage_backend, workers, all_metrics),
        states({.idle = max_idle}, std::move(make_state)) {}

  States<State> states;
};

// `Part` takes a message apart, asks the stage and answers.
template <typename State, typename Part>
class WithState {
 public:
  using Response = typename Part::Response;
  WithState(StageShared& shared, bool is_stream)
      : shared_(static_cast<StateShared<State>&>(shared)) {
    if (is_stream) own_ = shared_.states.Own();
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
    const auto now = Clock::now();
    shared_.states.ForgetIfSilent(*entry, now);
    // A time that comes twice or goes back would be counted twice in the windows.
    const std::int64_t now_us = part_.message().timestamp_us();
    if (now_us <= entry->latest_us)
      return absl::InvalidArgumentError(
          fmt::format("timestamp_us {} does not come after {}; {} begins anew", now_us,
                      entry->latest_us, own_ ? "a new call" : "another stream_id"));
    if (auto status = part_.Ask(*entry->state, response); !status.ok()) return status;
    entry->answered = now;
    response.set_state_is_new(std::exchange(entry->latest_us, now_us) == States<State>::kNever);
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
      if (face.has_blinks() && face.blinks().id() != 0 && face.blinks().id() != face.id())
        return absl::InvalidArgumentError(
            fmt::format("face {} comes with the blinks of face {}", face.id(), face.blinks().id()));
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

}  // namespace

Service BlinkDetectionService(const StageBackend& backend, std::chrono::milliseconds idle,
                              StreamPool& pool, Metrics& metrics) {
  return MakeService<WithState<face::BlinkStage, BlinksPart>>(
      "BlinkDetectionService", "DetectBlinks",
      std::make_shared<StateShared<face::BlinkStage>>(
          backend, pool.workers(), metrics, idle,
          [&backend] { return face::LocalBlink(*backend.canonical, backend.options); }),
      pool);
}

Service AttentionService(const StageBackend& backend, std::chrono::milliseconds idle,
                         StreamPool& pool, Metrics& metrics) {
  return MakeService<WithState<face::AttentionStage, AttentionPart>>(
      "AttentionService", "ScoreAttention",
      std::make_shared<StateShared<face::AttentionStage>>(
          backend, pool.workers(), metrics, idle,
          [&backend] { return face::LocalAttention(backend.options); }),
      pool);
}

}  // namespace vigil::rpc::internal
