// Calls of one stream to stages elsewhere: several at once, waited for in the thread that made them.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "rpc/internal/replicas.h"

namespace vigil::rpc::internal {

/// What the calls of a stream share. One thread at a time; every call has ended before it does.
class StreamCalls {
 public:
  StreamCalls();
  ~StreamCalls();
  StreamCalls(const StreamCalls&) = delete;
  StreamCalls& operator=(const StreamCalls&) = delete;

  /// @param deadline  no call of this frame is waited for longer
  /// @param trace_id  32 hexadecimal digits; empty: none
  void BeginFrame(Deadline deadline, std::string_view trace_id);

  Deadline deadline() const { return deadline_; }
  /// A W3C traceparent with a span of its own; empty where there is no trace.
  std::string NextTraceparent();
  grpc::CompletionQueue& queue() { return queue_; }
  /// Waits for the next call that ends, and tells it.
  void Turn();

 private:
  grpc::CompletionQueue queue_;
  Deadline deadline_ = Deadline::max();
  std::string trace_id_;
  std::uint64_t next_span_;
};

/// One method of one stage, called again and again. Begin() and Await() take turns; between them, others may be under way.
class StageCall {
 public:
  /// `method`: "/vigil.v1.HeadPoseService/EstimateHeadPose". `calls` and `replicas` outlive it.
  StageCall(StreamCalls& calls, Replicas& replicas, std::string method);
  ~StageCall();
  StageCall(const StageCall&) = delete;
  StageCall& operator=(const StageCall&) = delete;

  /// `key`: whose state it is; of a stage without one, nothing.
  void Begin(grpc::ByteBuffer request, std::string_view key = {});
  /// The answer, no later than the frame's deadline and the stage's time allow. Errors name the stage and the replica.
  absl::StatusOr<grpc::ByteBuffer> Await();

  Replicas& replicas() { return replicas_; }

 private:
  friend class StreamCalls;
  struct Try;
  bool Start();
  void OnDone();

  StreamCalls& calls_;
  Replicas& replicas_;
  const std::string method_;
  grpc::ByteBuffer request_;
  std::string key_;
  std::optional<std::size_t> home_;  // of a stage with a state: who had it last
  Replicas::Tried tried_;
  std::unique_ptr<Try> try_;  // under way
  absl::StatusOr<grpc::ByteBuffer> result_ = absl::UnknownError("");
};

}  // namespace vigil::rpc::internal
