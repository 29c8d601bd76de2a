#include "app/serving.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/log.h"
#include "core/status.h"
#include "core/time.h"
#include "http/operations.h"
#include "http/server.h"
#include "rpc/server.h"

namespace vigil::app {
namespace {

constexpr std::chrono::milliseconds kTick{500};    // of health and gauges
constexpr std::chrono::seconds kRefusedEvery{10};  // a line about refused streams

// Which connection opens calls only to cut them off, faster than it may (HTTP/2's rapid reset).
class ResetGuard {
 public:
  explicit ResetGuard(int max_a_second) : max_(max_a_second) {}

  /// Counts one of `peer`. True: too many in this second.
  bool TooMany(const std::string& peer) {
    const auto now = Clock::now();
    std::lock_guard lock(mutex_);
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      counts_.clear();
    }
    return ++counts_[peer] > max_;  // as many entries as open connections, at most
  }

 private:
  const int max_;
  std::mutex mutex_;
  Clock::time_point second_;
  std::map<std::string, int> counts_;
};

struct Gauges {
  explicit Gauges(Metrics& m)
      : connections(m.AddGauge("vigil_connections", "Open connections")),
        calls(m.AddGauge("vigil_calls", "Open calls")),
        in_line(m.AddGauge("vigil_streams_waiting", "Streams whose turn has not come")),
        flooding(m.AddCounter("vigil_connections_flooding_total",
                              "Connections closed for sending what leads to nothing")),
        refused(m.AddCounter("vigil_connections_refused_total", "Connections over a limit")),
        calls_begun(m.AddCounter("vigil_calls_total", "Calls")),
        cancelled(m.AddCounter("vigil_calls_cancelled_total", "Calls that were cut off")),
        calls_refused(m.AddCounter("vigil_calls_refused_total", "Calls over a limit")),
        resets(m.AddCounter("vigil_connections_reset_total",
                            "Connections closed for opening calls only to cut them off")) {}
  Gauge connections, calls, in_line;
  Counter flooding, refused, calls_begun, cancelled, calls_refused, resets;
};

class ServingImpl final : public Serving {
 public:
  ServingImpl(const ServingConfig& config, StreamPool& pool, Health& health, Metrics& metrics)
      : config_(config),
        pool_(pool),
        health_(health),
        gauges_(metrics),
        resets_(config.max_resets) {}

  ~ServingImpl() override { Stop(std::chrono::milliseconds(0)); }

  absl::Status Open(const rpc::ServedBackends& backends, Metrics& metrics) {
    const auto addresses = AddressesOf(config_);
    if (!addresses.ok()) return addresses.status();
    auto tls = TlsOf(config_);
    if (!tls.ok()) return tls.status();
    if (config_.insecure && !tls->enabled())
      log::Warning("server.insecure: what is sent can be read and changed on its way");

    // HTTP beyond this machine is encrypted wherever gRPC is.
    http::ServerOptions http_options;
    auto plain = http::Server::Create(http_options, http::Operations(health_, metrics));
    if (!plain.ok()) return plain.status();
    http_ = *std::move(plain);
    if (tls->enabled()) {
      http_options.certificate = tls->certificate;
      http_options.key = tls->key;
      auto encrypted = http::Server::Create(http_options, http::Operations(health_, metrics));
      if (!encrypted.ok())
        return absl::Status(encrypted.status().code(),
                            fmt::format("server.tls.certificate_file, server.tls.key_file: {}",
                                        MessageOf(encrypted.status())));
      https_ = *std::move(encrypted);
    }

    rpc::ServerOptions options;
    options.tls = *tls;
    options.limits = config_.limits;
    options.queues = config_.queues;
    options.reflection = config_.reflection;
    options.on_abandoned = [this](const std::string& peer) { OnAbandoned(peer); };
    auto server = rpc::Server::Start(options, backends, pool_, health_, metrics);
    if (!server.ok()) return server.status();
    rpc_ = *std::move(server);

    Listener::Routes routes;
    const auto grpc = [this](Descriptor connection, const std::string&) {
      rpc_->Serve(std::move(connection));
    };
    if (tls->enabled()) {
      routes.tls = grpc;
    } else {
      routes.http2 = grpc;
      routes.http1 = [this](Descriptor connection, const std::string& peer) {
        http_->Serve(std::move(connection), peer);
      };
    }
    auto listener =
        Listener::Open(addresses->grpc, config_.connections, std::move(routes),
                       [this](const std::string& peer) { return rpc_->ProgressOf(peer); });
    if (!listener.ok()) return listener.status();
    main_ = *std::move(listener);
    where_ = fmt::format("gRPC{} on {}:{}", tls->enabled() ? "" : " and HTTP", addresses->grpc.host,
                         main_->port());
    if (!addresses->http) return absl::OkStatus();

    Listener::Routes http_routes;
    const bool encrypt = tls->enabled() && !addresses->http->is_loopback();
    auto& route = encrypt ? http_routes.tls : http_routes.http1;
    route = [this, encrypt](Descriptor connection, const std::string& peer) {
      (encrypt ? https_ : http_)->Serve(std::move(connection), peer);
    };
    auto second = Listener::Open(*addresses->http, config_.connections, std::move(http_routes));
    if (!second.ok()) return second.status();
    second_ = *std::move(second);
    where_ += fmt::format(", HTTP{} on {}:{}", encrypt ? "S" : "", addresses->http->host,
                          second_->port());
    return absl::OkStatus();
  }

  std::string Where() const override { return where_; }

  void Run(std::stop_token stop) override {
    while (!stop.stop_requested()) {
      Update();
      SleepUntil(After(kTick), stop);
    }
    log::Info("stopping: streams come to their end, within {} ms", config_.drain.count());
    Stop(config_.drain);
  }

 private:
  void Update() {
    rpc_->SetServing(health_.state() != HealthState::kUnhealthy);
    const auto connections = main_->counts();
    const auto calls = rpc_->counts();
    gauges_.connections.Set(connections.open);
    gauges_.refused.RaiseTo(static_cast<double>(connections.refused + connections.unknown));
    gauges_.flooding.RaiseTo(static_cast<double>(connections.flooded));
    gauges_.calls.Set(calls.open);
    gauges_.calls_begun.RaiseTo(static_cast<double>(calls.calls));
    gauges_.cancelled.RaiseTo(static_cast<double>(calls.cancelled));
    gauges_.calls_refused.RaiseTo(static_cast<double>(calls.refused));
    gauges_.in_line.Set(static_cast<double>(pool_.in_line()));
    TellRefused(calls.refused);
  }

  // One line for many: who is refused tries again at once, often.
  void TellRefused(std::uint64_t refused) {
    const auto now = Clock::now();
    if (refused == refused_told_ || now < next_told_) return;
    log::Warning(
        "{} streams were refused: more than {} at once of one address "
        "(server.limits.streams_per_client)",
        refused - refused_told_, config_.limits.max_streams_per_client);
    refused_told_ = refused;
    next_told_ = now + kRefusedEvery;
  }

  void OnAbandoned(const std::string& peer) {
    if (!resets_.TooMany(peer) || main_ == nullptr || !main_->Disconnect(peer)) return;
    gauges_.resets.Add();
    log::Warning("{}: closed, it opens calls only to cut them off", peer);
  }

  void Stop(std::chrono::milliseconds limit) {
    if (std::exchange(stopped_, true)) return;
    health_.Set("server", HealthState::kUnhealthy, "stopping");
    // Who asks for health until then hears that it stops; new calls are refused, not hung.
    if (rpc_ != nullptr) rpc_->Stop(limit);
    if (main_ != nullptr) main_->StopAccepting();
    if (second_ != nullptr) second_->StopAccepting();
  }

  const ServingConfig& config_;
  StreamPool& pool_;
  Health& health_;
  const Gauges gauges_;
  ResetGuard resets_;
  std::uint64_t refused_told_ = 0;
  Clock::time_point next_told_;
  std::string where_;
  bool stopped_ = false;
  std::unique_ptr<http::Server> http_, https_;
  std::unique_ptr<rpc::Server> rpc_;
  std::unique_ptr<Listener> main_, second_;  // end first: they hand over to those above
};

}  // namespace

absl::StatusOr<std::unique_ptr<Serving>> Serving::Start(const ServingConfig& config,
                                                        const rpc::ServedBackends& backends,
                                                        StreamPool& pool, Health& health,
                                                        Metrics& metrics) {
  auto serving = std::make_unique<ServingImpl>(config, pool, health, metrics);
  if (auto status = serving->Open(backends, metrics); !status.ok()) return status;
  return serving;
}

void TellPurpose(const Config& config, Health& health) {
  const std::string& purpose = config.face.attention_purpose;
  if (purpose.empty()) return;
  log::Info("attention is scored for: {}", purpose);
  health.Set("attention", HealthState::kHealthy, fmt::format("scored for: {}", purpose));
}

}  // namespace vigil::app
