// The gRPC server: vigil.v1, KServe v2, health and reflection, on connections that somebody else accepts.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/byte_size.h"
#include "core/descriptor.h"
#include "core/health.h"
#include "core/listener.h"
#include "core/metrics.h"
#include "core/stream_pool.h"
#include "media/picture.h"
#include "rpc/backends.h"

namespace vigil::rpc {

/// PEM texts. All empty: no TLS.
struct TlsOptions {
  std::string certificate;  ///< the server's, with those that lead to its root
  std::string key;          ///< its private key
  std::string client_ca;    ///< not empty: clients have to show a certificate that this one signed

  bool enabled() const { return !certificate.empty(); }
};

/// What is refused, so that no peer can take more than its share.
struct ServerLimits {
  ByteSize max_message{12'000'000};
  ByteSize max_memory = GiB(1);  ///< of messages that are on their way, of all connections
  ByteSize max_header = KiB(16);
  media::PictureLimits picture = media::NetworkPictureLimits();
  int max_streams_per_client = 64;                     ///< streams at once of one address
  int max_calls_per_connection = 100;                  ///< at once
  std::chrono::milliseconds idle_timeout{60'000};      ///< of a call without messages
  std::chrono::milliseconds idle_connection{300'000};  ///< of a connection without calls
  std::chrono::milliseconds ping_every{20'000};        ///< of a silent connection
  std::chrono::milliseconds ping_timeout{10'000};      ///< until it counts as lost
  std::chrono::milliseconds least_ping_interval{
      10'000};  ///< a client that pings more often is cut off
};

struct ServerOptions {
  TlsOptions tls;
  ServerLimits limits;
  int queues = 1;
  bool reflection = true;
  /// Told of each call that its client cut off before it was answered. Must not wait.
  std::function<void(const std::string& peer)> on_abandoned;
};

/// What is served, and by whom. All that is pointed to outlives the server.
struct ServedBackends {
  FaceBackend* faces = nullptr;                ///< null: StreamGaze says that it is not available
  ObjectBackend* objects = nullptr;            ///< the same for Infer and StreamInfer
  std::vector<ServedModel>* models = nullptr;  ///< null or empty: KServe knows no model
  const StageBackend* stage = nullptr;         ///< not null: this stage's service, and no other
};

struct ServerCounts {
  std::uint64_t calls = 0;      ///< so far
  std::uint64_t cancelled = 0;  ///< of them: cut off by clients
  std::uint64_t refused = 0;    ///< of them: over a limit
  int open = 0;                 ///< now
};

class Server {
 public:
  /// InvalidArgument: certificate or key. `pool`, `health` and `metrics` outlive it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const ServedBackends& backends,
                                                       StreamPool& pool, Health& health,
                                                       Metrics& metrics);
  /// As Stop() with no time left.
  virtual ~Server() = default;

  /// Takes over a connection whose client is about to speak HTTP/2, or TLS where the server does.
  virtual void Serve(Descriptor connection) = 0;

  /// Health turns to NOT_SERVING, no new calls are taken, streams answer what they have accepted; what is not over by
  /// `limit` is cut off. Waits for all that.
  virtual void Stop(std::chrono::milliseconds limit) = 0;

  /// What grpc.health.v1 answers for all services; `health` is asked for it twice a second as well.
  virtual void SetServing(bool serving) = 0;
  virtual ServerCounts counts() const = 0;
  /// What came of a connection's bytes, for the listener.
  virtual Progress ProgressOf(const std::string& peer) const = 0;
};

}  // namespace vigil::rpc
