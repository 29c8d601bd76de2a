// The services of vigil.v1 that are one stage of the face pipeline each.
#pragma once

#include <chrono>

#include "core/metrics.h"
#include "core/stream_pool.h"
#include "media/picture.h"
#include "rpc/backends.h"
#include "rpc/internal/call_server.h"

namespace vigil::rpc::internal {

/// The service of `backend.stage`. All that is passed in outlives the server. `idle`: silence after which the state of a
/// stream that comes as single requests is forgotten.
Service StageService(const StageBackend& backend, std::chrono::milliseconds idle,
                     const media::PictureLimits& limits, StreamPool& pool, Metrics& metrics);

/// The single ones that have a file of their own: stage_networks.cc and stage_states.cc.
Service FaceDetectionService(const StageBackend& backend, StreamPool& pool,
                             const media::PictureLimits& limits, Metrics& metrics);
Service LandmarkDetectionService(const StageBackend& backend, StreamPool& pool,
                                 const media::PictureLimits& limits, Metrics& metrics);
Service BlinkDetectionService(const StageBackend& backend, std::chrono::milliseconds idle,
                              StreamPool& pool, Metrics& metrics);
Service AttentionService(const StageBackend& backend, std::chrono::milliseconds idle,
                         StreamPool& pool, Metrics& metrics);

}  // namespace vigil::rpc::internal
