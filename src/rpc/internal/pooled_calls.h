// Calls that workers answer: messages wait for their stream's turn in a StreamPool.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "core/stream_pool.h"
#include "core/time.h"
#include "rpc/internal/call_server.h"

namespace vigil::rpc::internal {

/// A message whose turn has come.
struct Request {
  int worker = 0;
  grpc::ByteBuffer message;
  Clock::time_point arrived;
};

/// Answers the messages of one call, in the threads of workers, one at a time. Its state is the call's.
class Answerer {
 public:
  virtual ~Answerer() = default;
  /// The reply; an error ends the call with it.
  virtual absl::StatusOr<grpc::ByteBuffer> Answer(Request request) = 0;
  /// Messages that will not be answered: newer ones replaced them, or the call ended. From any thread, beside Answer.
  virtual void OnDropped(std::uint64_t) {}
};
using OpenAnswerer = std::function<absl::StatusOr<std::unique_ptr<Answerer>>(const Call&)>;

/// What a stream does with messages that come faster than they are answered.
enum class Pace : std::uint8_t {
  kNewestWins,   ///< one waits; a newer one replaces it
  kAnswerEvery,  ///< a few wait, then the client is held back
};

/// A method whose every message is answered by one. `pool` outlives the server.
Method StreamMethod(std::string name, StreamPool& pool, Pace pace, OpenAnswerer open);
/// A method with one message each way.
Method UnaryMethod(std::string name, StreamPool& pool, OpenAnswerer open);
/// The same for answers that take less time than a change of threads: they are given in the queue's thread, whose worker
/// number is 0. The client is held back while it does not read.
Method QuickStreamMethod(std::string name, OpenAnswerer open);
/// A method with one message each way whose answer takes no time: it is given in the queue's thread.
Method QuickMethod(std::string name,
                   std::function<absl::StatusOr<grpc::ByteBuffer>(const grpc::ByteBuffer&)> answer);

}  // namespace vigil::rpc::internal
