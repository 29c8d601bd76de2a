// What every service answers over HTTP to those who watch over it.
#pragma once

#include "core/health.h"
#include "core/metrics.h"
#include "http/server.h"

namespace vigil::http {

/// GET and HEAD of:
///   /health   Health::ToJson() with Metrics::Sums(); 200 while healthy or degraded, 503 while unhealthy
///   /readyz   "ok", or 503 while unhealthy: send no work
///   /livez    "ok": the process answers
///   /metrics  Prometheus' text format
/// 404 for other paths, 405 for other methods. `health` and `metrics` outlive it.
Server::Handler Operations(const Health& health, const Metrics& metrics);

}  // namespace vigil::http
