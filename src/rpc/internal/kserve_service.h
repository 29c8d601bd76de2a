// inference.GRPCInferenceService: KServe v2, for every model that is served.
#pragma once

#include <string>
#include <vector>

#include "core/health.h"
#include "core/metrics.h"
#include "core/stream_pool.h"
#include "rpc/backends.h"
#include "rpc/internal/call_server.h"

namespace vigil::rpc::internal {

/// All that is passed in outlives the server.
Service KserveService(std::vector<ServedModel>& models, StreamPool& pool, const Health& health,
                      Metrics& metrics);

}  // namespace vigil::rpc::internal
