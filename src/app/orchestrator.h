// The face pipeline with each stage where the configuration says: in this process or in others.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "app/config.h"
#include "bus/publisher.h"
#include "core/health.h"
#include "core/metrics.h"
#include "rpc/backends.h"

namespace vigil::app {

/// Makes streams; safe from any thread. A stage that fails is named in the result, and costs its part alone.
class Orchestrator : public rpc::FaceBackend {
 public:
  /// Loads what stages of this process need, and runs it once for each worker. `metrics` and `attention` outlive it; null:
  /// attention is not published. Errors: the configuration, the models folder.
  static absl::StatusOr<std::unique_ptr<Orchestrator>> Create(const Config& config, int workers,
                                                              Metrics& metrics,
                                                              bus::Publisher* attention);

  /// Tells how each stage is, as a part of its name: degraded while replicas of it do not answer. Never unhealthy: another
  /// orchestrator would do no better.
  virtual void TellHealth(Health& health) const = 0;
};

/// Options of what is calculated, the same for the orchestrator and for stages elsewhere.
face::StageOptions StageOptionsOf(const Config& config);

}  // namespace vigil::app
