// vigil.v1.InferenceService.
#pragma once

#include "core/health.h"
#include "core/metrics.h"
#include "core/stream_pool.h"
#include "rpc/backends.h"
#include "rpc/internal/call_server.h"

namespace vigil::rpc::internal {

/// All that is passed in outlives the server. `objects` null: not available, but for HealthCheck.
Service InferenceService(ObjectBackend* objects, StreamPool& pool, const Health& health,
                         Metrics& metrics);

}  // namespace vigil::rpc::internal
