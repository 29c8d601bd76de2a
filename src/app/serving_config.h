// The configuration of what listens: addresses, TLS, limits. The same for every role that serves gRPC.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "core/config/schema.h"
#include "core/listener.h"
#include "rpc/server.h"

namespace vigil::app {

/// A model that KServe's protocol offers beside those in use.
struct ServedModelConfig {
  std::string file;
  std::string version = "1";
};

struct ServingConfig {
  std::string listen = "127.0.0.1:50051";
  std::string http_listen = "127.0.0.1:8080";
  bool insecure = false;
  bool reflection = true;
  int queues = 1;
  std::chrono::milliseconds drain{5000};
  int max_resets = 100;
  ListenerOptions connections;
  rpc::ServerLimits limits;
  std::string certificate_file, key_file, client_ca_file;
  bool serve_models = true;
  std::map<std::string, ServedModelConfig> models;
};

void RegisterServing(config::Schema& schema, ServingConfig& config);

/// The addresses, once they may be listened on: nobody but this machine is served without TLS, unless server.insecure
/// says so. InvalidArgument.
struct ServingAddresses {
  ListenAddress grpc;
  std::optional<ListenAddress> http;
};
absl::StatusOr<ServingAddresses> AddressesOf(const ServingConfig& config);

/// InvalidArgument: people's attention would be scored for other machines, and nobody said what for.
absl::Status CheckPurpose(const std::string& attention_purpose, const ServingAddresses& addresses);

/// Certificates and key, read from their files. InvalidArgument; what is in a key file is in no message.
absl::StatusOr<rpc::TlsOptions> TlsOf(const ServingConfig& config);

}  // namespace vigil::app
