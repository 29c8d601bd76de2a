// vigil.v1.InferenceService.
#pragma once

#include <string>
#include <vector>

#include "core/health.h"
#include "core/metrics.h"
#include "core/stream_pool.h"
#include "media/picture.h"
#include "rpc/backends.h"
#include "rpc/internal/call_server.h"

namespace vigil::rpc::internal {

/// All that is passed in outlives the server. `objects` null: not available, but for HealthCheck, which knows `services`,
/// those of the whole server.
Service InferenceService(ObjectBackend* objects, StreamPool& pool, const Health& health,
                         const std::vector<std::string>& services,
                         const media::PictureLimits& limits, Metrics& metrics);

}  // namespace vigil::rpc::internal
