// The replicas of one stage in other processes: who is asked, and who is not for a while.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/circuit_breaker.h"
#include "core/metrics.h"
#include "face/stage_set.h"

namespace vigil::rpc {

/// PEM texts for calls to other servers.
struct ClientTlsOptions {
  bool enabled = false;
  std::string ca;  ///< who signed the servers' certificates; empty: those that this machine trusts
  std::string certificate;  ///< shown to servers that ask for one, with its key
  std::string key;
};

inline constexpr std::size_t kMaxReplicas = 64;

struct StageClientOptions {
  face::Stage stage = face::Stage::kFaceDetection;
  std::vector<std::string> endpoints;      ///< "host:port", 1..kMaxReplicas
  std::chrono::milliseconds timeout{200};  ///< of one call
  BreakerOptions breaker;                  ///< one for each replica
  ClientTlsOptions tls;
};

namespace internal {
class Replicas;
}

/// Connections to all replicas, kept as long as it lives. Safe from any thread.
///
/// Stages without a state take turns, and a call that failed goes to another replica as long as the frame has time. A
/// stream of a stage with a state belongs to one replica, chosen by rendezvous hashing; once that one is not to be asked,
/// the stream goes on at another, from a new state, and stays there.
class StageClient {
 public:
  /// InvalidArgument: no endpoint, too many, or one that is none. Nobody is asked yet. `metrics` outlives it.
  static absl::StatusOr<std::unique_ptr<StageClient>> Create(const StageClientOptions& options,
                                                             Metrics& metrics);
  ~StageClient();

  face::Stage stage() const;

  /// Asks all replicas how they are (grpc.health.v1), without waiting. To be called twice a second: state() takes a replica
  /// that has not said so yet for away.
  void Probe();
  struct State {
    int replicas = 0;
    int away = 0;            ///< of them: did not answer, a frame or the last question how they are
    std::string last_error;  ///< of one that is away, with its address; one line
  };
  State state() const;

  internal::Replicas& replicas() { return *replicas_; }

 private:
  explicit StageClient(std::unique_ptr<internal::Replicas> replicas);
  const std::unique_ptr<internal::Replicas> replicas_;
};

}  // namespace vigil::rpc
