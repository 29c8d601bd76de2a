// Who of a stage's replicas gets a call.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/circuit_breaker.h"
#include "core/metrics.h"
#include "rpc/internal/health_probes.h"
#include "rpc/stage_client.h"

namespace vigil::rpc::internal {

/// Safe from any thread.
class Replicas {
 public:
  Replicas(const StageClientOptions& options, Metrics& metrics);

  face::Stage stage() const { return options_.stage; }
  std::chrono::milliseconds timeout() const { return options_.timeout; }
  /// Each frame of a stream goes to the same replica.
  bool has_state() const {
    return options_.stage == face::Stage::kBlink || options_.stage == face::Stage::kAttention;
  }

  struct Choice {
    std::size_t replica = 0;
    CircuitBreaker::Permit permit;
  };
  using Tried = std::bitset<kMaxReplicas>;

  /// The next in turn that may be asked and was not tried yet; none: nobody.
  std::optional<Choice> InTurn(const Tried& tried, Clock::time_point now);
  /// `home` while it may be asked, else the one that the key's hash prefers among those that may.
  std::optional<Choice> HomeOf(std::optional<std::size_t> home, std::string_view key,
                               Clock::time_point now);

  grpc::GenericStub& stub(std::size_t replica) { return replicas_[replica]->stub; }
  const std::string& endpoint(std::size_t replica) const { return replicas_[replica]->endpoint; }

  /// A call has ended.
  void Done(const Choice& choice, const absl::Status& status, Clock::duration took);
  /// A call was not made, since nobody may be asked or no time is left.
  void Skipped() const { skipped_.Add(); }
  void Retried() const { retried_.Add(); }
  /// A stream had to begin with a new state.
  void StateLost() const { states_lost_.Add(); }
  /// Why nobody may be asked.
  absl::Status Nobody() const;

  /// Asks the replicas how they are, as HealthProbes::Turn(). One that says that it is well again gets the next call.
  void Probe();
  StageClient::State state() const;

 private:
  struct Replica {
    Replica(std::string where, std::shared_ptr<grpc::Channel> channel,
            const BreakerOptions& breaker_options, std::uint64_t seed)
        : endpoint(std::move(where)), stub(std::move(channel)), breaker(breaker_options, seed) {}
    const std::string endpoint;
    grpc::GenericStub stub;
    mutable std::mutex mutex;
    CircuitBreaker breaker;  // under mutex, as the next
    std::string last_error;
    bool said_wrong = false;  // when it was last asked how it is
  };
  /// Why that one is not asked for a while; none: it is.
  std::optional<std::string> NotAskedFor(std::size_t replica) const;
  std::optional<Choice> Ask(std::size_t replica, Clock::time_point now);

  const StageClientOptions options_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::optional<HealthProbes> probes_;
  std::atomic<std::size_t> turn_ = 0;
  const Counter ok_, failed_, late_, skipped_, retried_, states_lost_;
  const Histogram seconds_;
};

/// How much a key belongs to an endpoint: the highest wins. An endpoint that comes or goes moves no key between the others.
std::uint64_t Affinity(std::string_view key, std::string_view endpoint);

}  // namespace vigil::rpc::internal
