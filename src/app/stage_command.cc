#include "app/stage_command.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "app/config_command.h"
#include "app/orchestrator.h"
#include "app/serving.h"
#include "app/signals.h"
#include "app/version.h"
#include "bus/redis_publisher.h"
#include "core/health.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/status.h"
#include "core/stream_pool.h"
#include "core/time.h"
#include "face/canonical_face.h"
#include "face/models.h"

namespace vigil::app {
namespace {

constexpr int kFirstStagePort = 50052;
constexpr std::chrono::milliseconds kHealthTick{500};

int Fail(const absl::Status& status) {
  fmt::print(stderr, "vigil: {}\n", MessageOf(status));
  return absl::IsInvalidArgument(status) ? kExitBadConfiguration : kExitFailed;
}

int WorkersOf(const Config& config) {
  return config.threads > 0 ? config.threads
                            : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Looks after health while it lives.
class HealthWatch {
 public:
  explicit HealthWatch(std::function<void()> tell)
      : thread_([tell = std::move(tell)](std::stop_token stop) {
          do {
            tell();
          } while (SleepUntil(After(kHealthTick), stop));
        }) {}

 private:
  std::jthread thread_;
};

int Serve(const ServingConfig& config, const rpc::ServedBackends& backends, StreamPool& pool,
          Health& health, Metrics& metrics, std::stop_token stop) {
  const auto serving = Serving::Start(config, backends, pool, health, metrics);
  if (!serving.ok()) return Fail(serving.status());
  log::Info("{}: {} workers; {}", health.service(), pool.workers(), (*serving)->Where());
  fmt::print("serving {}\n", (*serving)->Where());
  std::fflush(stdout);
  (*serving)->Run(stop);
  return kExitOk;
}

// What a stage works with.
struct StageParts {
  std::vector<face::FaceModels> networks;
  std::optional<face::CanonicalFace> canonical;
  rpc::StageBackend backend;
};

absl::Status LoadStage(face::Stage stage, const Config& config, int workers, StageParts& parts) {
  using face::Stage;
  parts.backend.stage = stage;
  parts.backend.options = StageOptionsOf(config);
  if (stage == Stage::kAttention) return absl::OkStatus();
  auto options = ModelOptionsOf(config);
  if (!options.ok()) return options.status();
  options->with_detector = stage == Stage::kFaceDetection;
  options->with_mesh = stage == Stage::kLandmarkDetection;
  if (!options->with_detector && !options->with_mesh) {
    auto canonical = face::LoadFaceGeometry(options->dir);
    if (!canonical.ok()) return canonical.status();
    parts.canonical = *std::move(canonical);
    parts.backend.canonical = &*parts.canonical;
    return absl::OkStatus();
  }
  for (int i = 0; i < workers; ++i) {
    auto models = face::FaceModels::Load(*options);
    if (!models.ok()) return models.status();
    parts.networks.push_back(*std::move(models));
  }
  for (auto& models : parts.networks) {
    if (auto status = models.Warm(); !status.ok()) return status;
    parts.backend.networks_of_worker.push_back(&models);
  }
  return absl::OkStatus();
}

}  // namespace

std::string StageAddress(face::Stage stage) {
  return fmt::format("127.0.0.1:{}", kFirstStagePort + static_cast<int>(stage));
}

int RunStage(face::Stage stage, const Config& config) {
  StopOnSignal signals;
  const bool scores = stage == face::Stage::kAttention;
  const auto addresses = AddressesOf(config.server);
  if (!addresses.ok()) return Fail(addresses.status());
  if (auto status = CheckPurpose(config.face.attention_purpose, *addresses); scores && !status.ok())
    return Fail(status);
  const int workers = WorkersOf(config);
  StageParts parts;
  if (auto status = LoadStage(stage, config, workers, parts); !status.ok()) return Fail(status);
  Metrics metrics;
  Health health(std::string(NameOf(stage)), VersionNumber());
  health.Set("stage", HealthState::kHealthy, "ready");
  if (scores) TellPurpose(config, health);
  StreamPool pool(workers, "stage-");
  return Serve(config.server, {nullptr, nullptr, nullptr, &parts.backend}, pool, health, metrics,
               signals.token());
}

int RunOrchestrate(const Config& config) {
  StopOnSignal signals;
  const auto addresses = AddressesOf(config.server);
  if (!addresses.ok()) return Fail(addresses.status());
  if (auto status = CheckPurpose(config.face.attention_purpose, *addresses); !status.ok())
    return Fail(status);
  const int workers = WorkersOf(config);
  Metrics metrics;
  std::optional<bus::RedisPublisher> redis;
  if (!config.orchestrate.redis.url.empty()) {
    const auto url = bus::RedisUrl::Parse(config.orchestrate.redis.url);
    if (!url.ok()) return Fail(url.status());
    bus::RedisPublisherOptions options;
    options.url = *url;
    redis.emplace(options, metrics);
  }
  const auto orchestrator =
      Orchestrator::Create(config, workers, metrics, redis ? &*redis : nullptr);
  if (!orchestrator.ok()) return Fail(orchestrator.status());
  Health health("orchestrate", VersionNumber());
  TellPurpose(config, health);
  const auto tell = [&] {
    (*orchestrator)->TellHealth(health);
    if (!redis) return;
    const auto state = redis->state();
    health.Set("redis", state.away ? HealthState::kDegraded : HealthState::kHealthy,
               state.away ? state.last_error : "attention updates are published");
  };
  const HealthWatch watch(tell);
  StreamPool pool(workers, "orch-");
  return Serve(config.server, {orchestrator->get(), nullptr, nullptr, nullptr}, pool, health,
               metrics, signals.token());
}

}  // namespace vigil::app
