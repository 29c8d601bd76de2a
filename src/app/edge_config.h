// The configuration of `vigil edge`: which server, and what happens without it.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "core/circuit_breaker.h"
#include "core/config/schema.h"
#include "rpc/gaze_client.h"

namespace vigil::app {

enum class EdgeMode : std::uint8_t {
  kRemote,  ///< the server alone; frames that it has no result for are lost
  kLocal,   ///< this device alone
  kAuto,    ///< the server; this device where the server is away, slow or unhealthy
  kBoth,    ///< both look at every frame
};
/// "remote", "local", "auto", "both".
std::string_view Name(EdgeMode mode);

struct EdgeConfig {
  std::string server;  ///< remote_dgx_url
  EdgeMode mode = EdgeMode::kAuto;
  rpc::SentEncoding encoding = rpc::SentEncoding::kJpeg;
  int jpeg_quality = 85;
  int max_side = 0;  ///< of frames that are sent, pixels; 0: as they are
  std::chrono::milliseconds deadline{200};
  int max_in_flight = 8;
  double max_fps = 0;  ///< 0: all
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds health_interval{2'000};
  BreakerOptions breaker;
  std::string http_listen;
  bool insecure = false;
  std::string ca_file, certificate_file, key_file, server_name;
};

/// `remote_dgx_url`, and the section `edge`.
void RegisterEdge(config::Schema& schema, EdgeConfig& config);

/// InvalidArgument: the mode needs a server, and none is named.
absl::Status CheckServerIsNamed(const EdgeConfig& config);

/// The server and how it is spoken to; certificates are read. `stream_id` and `trace_id` are left empty.
/// InvalidArgument: the server's address is none, or a certificate's file.
absl::StatusOr<rpc::GazeClientOptions> ClientOptionsOf(const EdgeConfig& config);

}  // namespace vigil::app
