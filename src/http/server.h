// HTTP/1.1, on connections that somebody else accepts.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/descriptor.h"

namespace vigil::http {

struct Request {
  std::string method;  ///< "GET"
  std::string path;    ///< without the query, as it came
  std::string query;   ///< behind the '?', as it came
  std::string peer;    ///< "127.0.0.1:1234"
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct ServerOptions {
  std::size_t max_header_bytes = 16U << 10;
  std::size_t max_body_bytes = 1U << 20;
  std::chrono::milliseconds request_timeout{
      5000};  ///< from the first byte, or the answer before, to the last
  std::chrono::milliseconds write_timeout{10'000};
  int max_requests = 1000;  ///< of one connection; then it is closed
  /// PEM texts; both empty: no TLS.
  std::string certificate = {}, key = {};
};

/// One thread that serves all connections. The handler is called in it and must not wait.
class Server {
 public:
  using Handler = std::function<Response(const Request&)>;
  /// InvalidArgument: certificate or key.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const ServerOptions& options,
                                                        Handler handler);
  /// Cuts off what is open.
  virtual ~Server() = default;
  /// Takes a connection over. Safe from any thread.
  virtual void Serve(Descriptor connection, const std::string& peer) = 0;
};

}  // namespace vigil::http
