// vigil.v1.GazeService.
#pragma once

#include "core/metrics.h"
#include "core/stream_pool.h"
#include "media/picture.h"
#include "rpc/backends.h"
#include "rpc/internal/call_server.h"

namespace vigil::rpc::internal {

/// All that is passed in outlives the server. `faces` null: not available.
Service GazeService(FaceBackend* faces, StreamPool& pool, const media::PictureLimits& limits,
                    Metrics& metrics);

}  // namespace vigil::rpc::internal
