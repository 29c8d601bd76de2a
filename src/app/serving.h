// A gRPC server with its port, its HTTP and its limits: what every role that serves has.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <stop_token>
#include <string>

#include "app/config.h"
#include "app/serving_config.h"
#include "core/health.h"
#include "core/metrics.h"
#include "core/stream_pool.h"
#include "rpc/backends.h"

namespace vigil::app {

/// Listens as long as it lives.
class Serving {
 public:
  /// Errors: addresses, certificates, a port that is taken. All that is passed in outlives it.
  static absl::StatusOr<std::unique_ptr<Serving>> Start(const ServingConfig& config,
                                                        const rpc::ServedBackends& backends,
                                                        StreamPool& pool, Health& health,
                                                        Metrics& metrics);
  virtual ~Serving() = default;

  /// Where it listens: "gRPC and HTTP on 127.0.0.1:50051, HTTP on 127.0.0.1:8080".
  virtual std::string Where() const = 0;
  /// Serves until a stop is asked for, then lets streams come to their end and returns.
  virtual void Run(std::stop_token stop) = 0;
};

/// What attention is scored for, where it was said: in /health and in the log.
void TellPurpose(const Config& config, Health& health);

}  // namespace vigil::app
