#include "http/operations.h"

namespace vigil::http {

Server::Handler Operations(const Health& health, const Metrics& metrics) {
  return [&health, &metrics](const Request& request) -> Response {
    if (request.method != "GET" && request.method != "HEAD")
      return {405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
    const int ready = health.state() == HealthState::kUnhealthy ? 503 : 200;
    if (request.path == "/health")
      return {ready, "application/json", health.ToJson(metrics.Sums()) + "\n"};
    if (request.path == "/readyz")
      return {ready, "text/plain; charset=utf-8", ready == 200 ? "ok\n" : "not ready\n"};
    if (request.path == "/livez") return {200, "text/plain; charset=utf-8", "ok\n"};
    if (request.path == "/metrics")
      return {200, "text/plain; version=0.0.4; charset=utf-8", metrics.Text()};
    return {404, "text/plain; charset=utf-8", "not found\n"};
  };
}

}  // namespace vigil::http
