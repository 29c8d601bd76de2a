// The configuration of the pipeline whose stages may be services of their own.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/circuit_breaker.h"
#include "core/config/schema.h"
#include "face/stage_set.h"
#include "rpc/stage_client.h"

namespace vigil::app {

struct StageConfig {
  std::vector<std::string> endpoints;  ///< none: in this process
  std::chrono::milliseconds timeout{200};
};

/// What is sent to stages that look at pictures.
enum class SentPicture : std::uint8_t { kAsReceived, kPixels };

struct OrchestrateConfig {
  std::array<StageConfig, face::kStages.size()> stages;  ///< by face::Stage
  std::chrono::milliseconds frame_deadline{500};
  SentPicture picture = SentPicture::kAsReceived;
  BreakerOptions breaker;
  struct Tls {
    bool enabled = false;
    std::string ca_file, certificate_file, key_file;
  } tls;
  struct Redis {
    std::string url;  ///< empty: nothing is published
    bool insecure = false;
  } redis;

  const StageConfig& of(face::Stage stage) const { return stages[static_cast<std::size_t>(stage)]; }
};

void RegisterOrchestrate(config::Schema& schema, OrchestrateConfig& config);

/// What calls of stages show and trust, read from its files. NotFound, PermissionDenied or InvalidArgument.
absl::StatusOr<rpc::ClientTlsOptions> ClientTlsOf(const OrchestrateConfig::Tls& config);

}  // namespace vigil::app
