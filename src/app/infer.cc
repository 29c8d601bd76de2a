#include "app/infer.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "app/config_command.h"
#include "app/inference_backends.h"
#include "app/serving.h"
#include "app/signals.h"
#include "app/version.h"
#include "core/health.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/status.h"
#include "core/stream_pool.h"
#include "nn/model_catalog.h"

namespace vigil::app {
namespace {

int Fail(const absl::Status& status) {
  fmt::print(stderr, "vigil: {}\n", MessageOf(status));
  return absl::IsInvalidArgument(status) ? kExitBadConfiguration : kExitFailed;
}

std::string NamesOf(const std::vector<rpc::ServedModel>& models) {
  std::string names;
  for (const auto& model : models) names += (names.empty() ? "" : ", ") + model.name;
  return names;
}

}  // namespace

int RunInfer(const Config& config) {
  StopOnSignal signals;
  // What can be said at once is said before models are loaded.
  const auto addresses = AddressesOf(config.server);
  if (!addresses.ok()) return Fail(addresses.status());
  const bool faces = config.face.enabled.value_or(config.scene.detector_file.empty());
  if (auto status = CheckPurpose(config.face.attention_purpose, *addresses); faces && !status.ok())
    return Fail(status);
  if (!config.masks.empty())
    log::Warning("masks: have no effect in infer; mask where the camera is");
  if (const nn::KnownModel* known = nn::FindKnownModel(config.scene.detector_file);
      known != nullptr && known->is_copyleft())
    log::Warning("{} is under {}: who uses it over this network is owed the source of the whole",
                 known->name, known->licence);
  const int workers = config.threads > 0
                          ? config.threads
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto backends = InferenceBackends::Create(config, workers);
  if (!backends.ok()) return Fail(backends.status());

  Metrics metrics;
  Health health("infer", VersionNumber());
  const auto tell = [&health](const char* part, bool on, const std::string& text) {
    health.Set(part, HealthState::kHealthy, on ? text : "not looked for");
  };
  tell("faces", (*backends)->faces() != nullptr, "ready");
  if (faces) TellPurpose(config, health);
  tell("objects", (*backends)->objects() != nullptr,
       (*backends)->objects() != nullptr ? (*backends)->objects()->model_name() : "");
  health.Set("models", HealthState::kHealthy, NamesOf((*backends)->models()));

  StreamPool pool(workers, "infer-");
  const auto serving = Serving::Start(
      config.server, {(*backends)->faces(), (*backends)->objects(), &(*backends)->models()}, pool,
      health, metrics);
  if (!serving.ok()) return Fail(serving.status());
  log::Info("{} workers; {}", workers, (*serving)->Where());
  fmt::print("serving {}\n", (*serving)->Where());
  std::fflush(stdout);
  (*serving)->Run(signals.token());
  return kExitOk;
}

}  // namespace vigil::app
