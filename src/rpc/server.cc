#include "rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/log.h"
#include "rpc/internal/call_server.h"
#include "rpc/internal/gaze_service.h"
#include "rpc/internal/grpc_log.h"
#include "rpc/internal/inference_service.h"
#include "rpc/internal/kserve_service.h"
#include "rpc/internal/stage_services.h"
#include "rpc/internal/transport.h"

namespace vigil::rpc {
namespace {

using internal::CallServer;

constexpr std::chrono::milliseconds kHandshake{5000};
constexpr std::chrono::milliseconds kLastWords{100};  // for statuses that are on their way

std::shared_ptr<grpc::ServerCredentials> Credentials(const TlsOptions& tls) {
  if (!tls.enabled()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      tls.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({tls.key, tls.certificate});
  options.pem_root_certs = tls.client_ca;
  return grpc::SslServerCredentials(options);
}

int Int(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

void SetLimits(const ServerLimits& limits, grpc::ServerBuilder& builder) {
  const auto set = [&builder](const char* name, int value) {
    builder.AddChannelArgument(name, value);
  };
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits.max_message.bytes));
  builder.SetMaxSendMessageSize(-1);
  grpc::ResourceQuota quota("server");
  quota.Resize(static_cast<std::size_t>(limits.max_memory.bytes));
  builder.SetResourceQuota(quota);
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_calls_per_connection);
  set(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(limits.max_header.bytes));
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Int(limits.idle_connection));
  set(GRPC_ARG_KEEPALIVE_TIME_MS, Int(limits.ping_every));
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Int(limits.ping_timeout));
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, Int(limits.least_ping_interval));
  set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Int(kHandshake));
  // A compressed message could be a thousand times its size; pictures are compressed already.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  internal::TuneTransport(builder);
}

// What a connection may send before anything comes of it: headers, and messages of several calls that come mixed.
constexpr std::int64_t kWithoutCalls = 4 << 20;
constexpr int kCallsAtOnce = 8;

class GrpcServer final : public Server {
 public:
  GrpcServer(Health& health, std::int64_t max_message)
      : health_(health), max_message_(max_message) {}
  ~GrpcServer() override { Stop(std::chrono::milliseconds(0)); }

  absl::Status Build(const ServerOptions& options, const ServedBackends& backends, StreamPool& pool,
                     Metrics& metrics) {
    internal::LogThroughCore();
    std::vector<internal::Service> services;
    if (backends.stage != nullptr) {
      services.push_back(internal::StageService(*backends.stage, options.limits.idle_timeout,
                                                options.limits.picture, pool, metrics));
    } else {
      services.push_back(
          internal::GazeService(backends.faces, pool, options.limits.picture, metrics));
      services.push_back(internal::InferenceService(backends.objects, pool, health_, names_,
                                                    options.limits.picture, metrics));
      services.push_back(internal::KserveService(
          backends.models != nullptr ? *backends.models : no_models_, pool, health_, metrics));
    }
    for (const auto& service : services) names_.push_back(service.name);

    calls_ = CallServer::Create({.queues = options.queues,
                                 .max_streams_per_client = options.limits.max_streams_per_client,
                                 .idle_timeout = options.limits.idle_timeout},
                                std::move(services), options.on_abandoned);
    grpc::EnableDefaultHealthCheckService(true);
    if (options.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    SetLimits(options.limits, builder);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        Credentials(options.tls));
    calls_->Register(builder);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr)
      return absl::InvalidArgumentError(
          "the gRPC server does not start: are certificate and key right?");
    calls_->Start();
    SetServing(true);
    return absl::OkStatus();
  }

  void Serve(Descriptor connection) override {
    if (stopped_) return;
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = connection.Release();
    acceptor_->HandleNewConnection(&parameters);
  }

  void SetServing(bool serving) override {
    if (serving_.exchange(serving) == static_cast<int>(serving))
      return;  // watchers hear of changes
    auto* health = server_->GetHealthCheckService();
    if (health == nullptr) return;
    health->SetServingStatus(serving);
    for (const std::string& name : names_) health->SetServingStatus(name, serving);
  }

  void Stop(std::chrono::milliseconds limit) override {
    if (server_ == nullptr || stopped_.exchange(true)) return;
    SetServing(false);
    const Deadline deadline = After(limit);
    calls_->Drain();
    calls_->AwaitNoCalls(deadline);
    // What is left was late, or watches health and would wait for ever.
    server_->Shutdown(std::chrono::system_clock::now() + kLastWords);
    server_->Wait();
    calls_->Stop();
  }

  ServerCounts counts() const override {
    const auto counts = calls_->counts();
    return {counts.begun, counts.cancelled, counts.refused, counts.open};
  }

  Progress ProgressOf(const std::string& peer) const override {
    const auto counts = calls_->CountsOf(peer);
    return {counts.steps, kWithoutCalls + std::min(counts.open, kCallsAtOnce) * max_message_};
  }

 private:
  Health& health_;
  const std::int64_t max_message_;
  std::vector<ServedModel> no_models_;
  std::vector<std::string> names_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<CallServer> calls_;  // its methods are known to server_, which goes first
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> stopped_ = false;
  std::atomic<int> serving_ = -1;  // what was said last; -1: nothing yet
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const ServedBackends& backends,
                                                      StreamPool& pool, Health& health,
                                                      Metrics& metrics) {
  auto server = std::make_unique<GrpcServer>(health, options.limits.max_message.bytes);
  if (auto status = server->Build(options, backends, pool, metrics); !status.ok()) return status;
  return server;
}

}  // namespace vigil::rpc
