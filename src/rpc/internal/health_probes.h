// How other servers are, as they say themselves (grpc.health.v1).
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/time.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace vigil::rpc::internal {

/// What is wrong with a server that was asked with `timeout`, behind its name; empty: nothing, or it does not know the question.
std::string WrongInHealth(const grpc::Status& status,
                          const grpc::health::v1::HealthCheckResponse& response,
                          std::chrono::milliseconds timeout);

/// Asks each server once a second, without waiting for any. Safe from any thread.
class HealthProbes {
 public:
  explicit HealthProbes(const std::vector<std::shared_ptr<grpc::Channel>>& servers);
  /// Nothing is waited for.
  ~HealthProbes();
  HealthProbes(const HealthProbes&) = delete;
  HealthProbes& operator=(const HealthProbes&) = delete;

  /// Takes in what has been answered and asks those whose turn it is. To be called more often than once a second.
  void Turn(Clock::time_point now);
  /// As WrongInHealth, of that server.
  std::string WrongWith(std::size_t server) const;

 private:
  struct Probe;
  void Ask(Probe& probe, Clock::time_point now);

  mutable std::mutex mutex_;
  // Under mutex_.
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Probe>> probes_;
};

}  // namespace vigil::rpc::internal
