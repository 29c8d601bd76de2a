#include "app/serving_config.h"

#include <fmt/format.h>

#include "app/pem_file.h"
#include "core/limits.h"
#include "core/status.h"

namespace vigil::app {
namespace {

using config::Schema;
using std::chrono::hours;
using std::chrono::milliseconds;

absl::Status CheckAddress(const std::string& text) {
  return text.empty() ? absl::OkStatus() : ListenAddress::Parse(text).status();
}

void RegisterLimits(Schema& s, rpc::ServerLimits& limits, ListenerOptions& connections,
                    ServingConfig& config) {
  s.Key("connections", connections.max_connections)
      .Range(1, 100'000)
      .Doc("at once; further ones are closed");
  s.Key("connections_per_address", connections.max_per_address)
      .Range(1, 100'000)
      .Doc("of one address at once, loopback excepted");
  s.Key("streams_per_client", limits.max_streams_per_client)
      .Range(1, 100'000)
      .Doc("of one address at once; further ones end with RESOURCE_EXHAUSTED");
  s.Key("calls_per_connection", limits.max_calls_per_connection)
      .Range(1, 10'000)
      .Doc("at once; HTTP/2 keeps the client from opening more");
  s.Key("resets", config.max_resets)
      .Range(1, 1'000'000)
      .Doc("calls a second that a connection may open and cut off unanswered; then it is closed");
  s.Key("message", limits.max_message)
      .Range({1024}, MiB(256))
      .Doc("size of one message; larger ones end the call with RESOURCE_EXHAUSTED");
  s.Key("picture_pixels", limits.picture.max_pixels)
      .Range(10'000, limits::kMaxLocalPicturePixels)
      .Doc("of one picture, raw or JPEG; a larger one is an error of its frame");
  s.Key("memory", limits.max_memory)
      .Range(MiB(32), GiB(1024))
      .Doc("of messages that are on their way, all connections together");
  s.Key("header", limits.max_header).Range({1024}, MiB(1)).Doc("metadata of one call");
  s.Key("first_bytes", connections.first_bytes_timeout)
      .Range(milliseconds(10), hours(1))
      .Doc("silence after which a new connection is closed");
  s.Key("idle_call", limits.idle_timeout)
      .Range(milliseconds(100), hours(24))
      .Doc("a call without messages either way ends with DEADLINE_EXCEEDED");
  s.Key("idle_connection", limits.idle_connection)
      .Range(milliseconds(100), hours(24))
      .Doc("a connection without calls is closed");
  s.Key("ping_every", limits.ping_every)
      .Range(milliseconds(100), hours(24))
      .Doc("silence after which a connection is asked whether it lives");
  s.Key("ping_timeout", limits.ping_timeout)
      .Range(milliseconds(100), hours(1))
      .Doc("… and until it counts as lost");
  s.Key("least_ping_interval", limits.least_ping_interval)
      .Range(milliseconds(0), hours(1))
      .Doc("a client that asks more often without calls is cut off");
}

}  // namespace

void RegisterServing(Schema& schema, ServingConfig& config) {
  Schema& s =
      schema.Section("server", "what roles that serve gRPC listen on, and what they refuse");
  s.Key("listen", config.listen)
      .Check(CheckAddress)
      .Doc(
          "address and port of gRPC, and of HTTP on the same port; port 0: a free one; stages have "
          "ports of their own, 50052 to 50057");
  s.Key("http_listen", config.http_listen)
      .Check(CheckAddress)
      .Doc(
          "the same for HTTP alone: /health, /livez, /readyz, /metrics; empty: none, as it is for "
          "stages and orchestrate");
  s.Key("insecure", config.insecure)
      .Doc("listen beyond this machine without TLS: only behind something that encrypts");
  s.Key("reflection", config.reflection)
      .Doc("let clients ask which services and messages there are");
  s.Key("queues", config.queues)
      .Range(1, 64)
      .Doc("threads that move messages; one moves some ten thousand a second");
  s.Key("drain", config.drain)
      .Range(milliseconds(0), hours(1))
      .Doc("how long streams may come to their end when the process is asked to stop");
  s.Key("serve_models", config.serve_models)
      .Doc("offer the networks in use over KServe v2 (inference.GRPCInferenceService)");
  s.Map(
      "models", config.models,
      [](Schema& m, ServedModelConfig& model) {
        m.Key("file", model.file).Required().Doc(".onnx or .tflite");
        m.Key("version", model.version).Doc("as clients see it");
      },
      "further networks by name, offered over KServe v2", 64);
  s.Key("tls.certificate_file", config.certificate_file)
      .Doc("PEM: the server's certificate and those that lead to its root; empty: no TLS");
  s.Key("tls.key_file", config.key_file).Doc("PEM: its private key");
  s.Key("tls.client_ca_file", config.client_ca_file)
      .Doc("PEM: clients have to show a certificate signed by one of these (mutual TLS)");
  RegisterLimits(s.Section("limits"), config.limits, config.connections, config);
  s.Check([&config] {
    if (config.certificate_file.empty() != config.key_file.empty())
      return absl::InvalidArgumentError("tls: certificate_file and key_file belong together");
    if (!config.client_ca_file.empty() && config.certificate_file.empty())
      return absl::InvalidArgumentError("tls: client_ca_file needs certificate_file and key_file");
    return absl::OkStatus();
  });
}

absl::StatusOr<ServingAddresses> AddressesOf(const ServingConfig& config) {
  ServingAddresses addresses;
  auto grpc = ListenAddress::Parse(config.listen);
  if (!grpc.ok()) return grpc.status();
  addresses.grpc = *std::move(grpc);
  if (!config.http_listen.empty()) {
    auto http = ListenAddress::Parse(config.http_listen);
    if (!http.ok()) return http.status();
    addresses.http = *std::move(http);
  }
  if (!config.certificate_file.empty() || config.insecure) return addresses;
  const bool beyond =
      !addresses.grpc.is_loopback() || (addresses.http && !addresses.http->is_loopback());
  if (!beyond) return addresses;
  return absl::InvalidArgumentError(fmt::format(
      "{} can be reached from other machines and has no TLS: set server.tls.certificate_file and "
      "server.tls.key_file, or say --insecure where something else encrypts",
      addresses.grpc.is_loopback() ? config.http_listen : config.listen));
}

absl::Status CheckPurpose(const std::string& attention_purpose, const ServingAddresses& addresses) {
  if (addresses.grpc.is_loopback() || !attention_purpose.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "people's attention would be scored for other machines: say what for with "
      "--attention-purpose (face.attention_purpose), and tell those people; docs/drowsiness.md "
      "says why");
}

absl::StatusOr<rpc::TlsOptions> TlsOf(const ServingConfig& config) {
  rpc::TlsOptions tls;
  auto status =
      ReadPemFiles({{"server.tls.certificate_file", config.certificate_file, tls.certificate},
                    {"server.tls.key_file", config.key_file, tls.key},
                    {"server.tls.client_ca_file", config.client_ca_file, tls.client_ca}});
  if (!status.ok()) return status;
  return tls;
}

}  // namespace vigil::app
