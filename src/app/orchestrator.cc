#include "app/orchestrator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/attention_updates.h"
#include "core/log.h"
#include "core/utf8.h"
#include "face/canonical_face.h"
#include "face/local_stages.h"
#include "face/models.h"
#include "face/pipeline.h"
#include "rpc/remote_stages.h"
#include "rpc/stage_client.h"

namespace vigil::app {
namespace {

using face::Stage;

constexpr std::size_t kReadableKeyBytes = 80;  // of a stream's own id in the key of its states

// What all streams share.
struct Shared {
  Config config;
  face::PipelineOptions options;
  std::optional<face::CanonicalFace> canonical;  // of stages of this process
  std::vector<face::FaceModels> networks_of_worker;
  std::array<std::unique_ptr<rpc::StageClient>, face::kStages.size()> clients;  // null: here
  bus::Publisher* attention = nullptr;
  std::vector<Counter> failures;  // by stage

  rpc::StageClient* client(Stage stage) const {
    return clients[static_cast<std::size_t>(stage)].get();
  }
  bool looks_in_squares() const {
    return config.face.detector != FaceDetector::kYuNet &&
           config.face.detector != FaceDetector::kYoloFace;
  }
};

// Two streams of the same name must not share a state, and one that comes back begins anew as its ids do.
std::string KeyOf(std::string_view stream_id) {
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
  std::size_t size = 0;  // of whole characters
  for (std::size_t next = 0; size < stream_id.size(); size += next) {
    next = Utf8Length(stream_id.substr(size));
    if (next == 0 || size + next > kReadableKeyBytes) break;
  }
  return fmt::format("{}~{:016x}", stream_id.substr(0, size), number);
}

class Stream final : public rpc::FaceStream {
 public:
  explicit Stream(Shared& shared) : shared_(shared), updates_(shared.attention) {}

  absl::StatusOr<const face::FaceResult*> Next(int worker, const rpc::StreamFrame& frame) override {
    if (!pipeline_) Begin(frame.stream_id);
    remote_->BeginFrame(
        {.deadline = std::min(frame.deadline, After(shared_.config.orchestrate.frame_deadline)),
         .sequence = frame.sequence,
         .trace_id = frame.trace_id,
         .jpeg = shared_.config.orchestrate.picture == SentPicture::kAsReceived
                     ? frame.jpeg
                     : std::span<const std::uint8_t>()});
    const auto result = pipeline_->Next(NetworksOf(worker), frame.image, frame.timestamp_us);
    if (!result.ok()) return result;
    for (const Stage stage : face::kStages) {
      if ((*result)->failed.has(stage)) shared_.failures[static_cast<std::size_t>(stage)].Add();
    }
    updates_.Tell(frame, **result);
    return result;
  }

 private:
  void Begin(std::string_view stream_id) {
    const std::string key = KeyOf(stream_id);
    log::Debug("stream {}: its states are those of {}", stream_id, key);
    remote_ = rpc::RemoteStages::Create(key);
    if (auto* client = shared_.client(Stage::kFaceDetection))
      detection_ = remote_->Detection(*client, shared_.looks_in_squares());
    if (auto* client = shared_.client(Stage::kLandmarkDetection))
      landmarks_ = remote_->Landmarks(*client);
    const face::StageOptions options{shared_.options.head_pose, shared_.options.gaze,
                                     shared_.options.states};
    const auto* here = shared_.canonical ? &*shared_.canonical : nullptr;
    face::StreamStages stages;
    const auto choose = [&](Stage stage, auto& into, auto there, auto local) {
      if (auto* client = shared_.client(stage)) {
        into = there(*client);
      } else {
        into = local();
      }
    };
    choose(
        Stage::kHeadPose, stages.head_pose, [&](auto& c) { return remote_->HeadPose(c); },
        [&] { return face::LocalHeadPose(*here, options.head_pose); });
    choose(
        Stage::kGaze, stages.gaze, [&](auto& c) { return remote_->Gaze(c); },
        [&] { return face::LocalGaze(*here, options); });
    choose(
        Stage::kBlink, stages.blink, [&](auto& c) { return remote_->Blink(c); },
        [&] { return face::LocalBlink(*here, options); });
    choose(
        Stage::kAttention, stages.attention, [&](auto& c) { return remote_->Attention(c); },
        [&] { return face::LocalAttention(options); });
    pipeline_.emplace(std::move(stages), shared_.options);
  }

  face::FaceNetworks NetworksOf(int worker) {
    face::DetectionStage* detection = detection_.get();
    face::LandmarkStage* landmarks = landmarks_.get();
    if (detection == nullptr || landmarks == nullptr) {
      auto& here = shared_.networks_of_worker[static_cast<std::size_t>(worker)];
      if (detection == nullptr) detection = &here;
      if (landmarks == nullptr) landmarks = &here;
    }
    return {*detection, *landmarks};
  }

  Shared& shared_;  // nothing in it changes but the networks of a worker, in its thread
  AttentionUpdates updates_;
  std::unique_ptr<rpc::RemoteStages> remote_;
  std::unique_ptr<face::DetectionStage> detection_;  // null: here; as the next
  std::unique_ptr<face::LandmarkStage> landmarks_;
  std::optional<face::Pipeline> pipeline_;
};

class OrchestratorImpl final : public Orchestrator {
 public:
  absl::Status Load(const Config& config, int workers, Metrics& metrics,
                    bus::Publisher* attention) {
    shared_.config = config;
    shared_.options = PipelineOptionsOf(config, false);
    shared_.options.degrade = true;
    shared_.attention = attention;
    const auto tls = ClientTlsOf(config.orchestrate.tls);
    if (!tls.ok()) return tls.status();
    for (const Stage stage : face::kStages) {
      shared_.failures.push_back(metrics.AddCounter("vigil_stage_missing_total",
                                                    "Frames that a stage gave nothing for",
                                                    {{"stage", std::string(NameOf(stage))}}));
      const StageConfig& one = config.orchestrate.of(stage);
      if (one.endpoints.empty()) continue;
      auto client = rpc::StageClient::Create(
          {stage, one.endpoints, one.timeout, config.orchestrate.breaker, *tls}, metrics);
      if (!client.ok()) return client.status();
      shared_.clients[static_cast<std::size_t>(stage)] = *std::move(client);
    }
    return LoadLocal(workers);
  }

  std::unique_ptr<rpc::FaceStream> Open() override { return std::make_unique<Stream>(shared_); }

  void TellHealth(Health& health) const override {
    for (const Stage stage : face::kStages) {
      const std::string name(NameOf(stage));
      rpc::StageClient* client = shared_.client(stage);
      if (client == nullptr) {
        health.Set(name, HealthState::kHealthy, "in this process");
        continue;
      }
      client->Probe();
      const auto state = client->state();
      if (state.away == 0) {
        health.Set(name, HealthState::kHealthy,
                   state.replicas == 1 ? "1 replica" : fmt::format("{} replicas", state.replicas));
      } else if (state.replicas == 1) {
        health.Set(name, HealthState::kDegraded, state.last_error);
      } else {
        health.Set(name, HealthState::kDegraded,
                   fmt::format("{} of {} replicas do not answer; {}", state.away, state.replicas,
                               state.last_error));
      }
    }
  }

 private:
  absl::Status LoadLocal(int workers) {
    const auto here = [&](Stage stage) { return shared_.client(stage) == nullptr; };
    const bool networks = here(Stage::kFaceDetection) || here(Stage::kLandmarkDetection);
    const bool geometry = here(Stage::kHeadPose) || here(Stage::kGaze) || here(Stage::kBlink);
    if (!networks && !geometry) return absl::OkStatus();
    auto options = ModelOptionsOf(shared_.config);
    if (!options.ok()) return options.status();
    if (geometry) {
      auto canonical = face::LoadFaceGeometry(options->dir);
      if (!canonical.ok()) return canonical.status();
      shared_.canonical = *std::move(canonical);
    }
    if (!networks) return absl::OkStatus();
    options->with_detector = here(Stage::kFaceDetection);
    options->with_mesh = here(Stage::kLandmarkDetection);
    for (int i = 0; i < workers; ++i) {
      auto models = face::FaceModels::Load(*options);
      if (!models.ok()) return models.status();
      shared_.networks_of_worker.push_back(*std::move(models));
      if (auto status = shared_.networks_of_worker.back().Warm(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  Shared shared_;
};

}  // namespace

face::StageOptions StageOptionsOf(const Config& config) {
  const face::PipelineOptions options = PipelineOptionsOf(config, false);
  return {options.head_pose, options.gaze, options.states};
}

absl::StatusOr<std::unique_ptr<Orchestrator>> Orchestrator::Create(const Config& config,
                                                                   int workers, Metrics& metrics,
                                                                   bus::Publisher* attention) {
  auto orchestrator = std::make_unique<OrchestratorImpl>();
  if (auto status = orchestrator->Load(config, workers, metrics, attention); !status.ok())
    return status;
  return orchestrator;
}

}  // namespace vigil::app
