// gRPC on completion queues: every call, whatever its kind, is a stream of byte buffers with one handler.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace vigil::rpc::internal {

/// The server's half of one call. Safe from any thread; what comes after the call's end has no effect. A message that is kept
/// is a copy: it shares the bytes (gRPC's buffers do not move).
class Call {
 public:
  virtual ~Call() = default;

  /// "/package.Service/Method".
  virtual const std::string& method() const = 0;
  /// "127.0.0.1:1234".
  virtual const std::string& peer() const = 0;
  /// The trace that the client gave (W3C traceparent: 32 hexadecimal digits); empty: none.
  virtual const std::string& trace_id() const = 0;
  /// When the client gives up; Deadline::max(): never.
  virtual Deadline deadline() const = 0;

  /// Asks for the next message, which comes to Handler::OnMessage, or Handler::OnClientDone. One at a time.
  virtual void Read() = 0;
  /// One message is sent at a time and Method::answers_ahead more wait; a further one replaces the last that waits.
  virtual void Send(const grpc::ByteBuffer& message) = 0;
  /// As many messages wait to be sent as may: nothing more should be worked on.
  virtual bool full() const = 0;
  /// Ends the call after what was sent.
  virtual void Finish(const absl::Status& status) = 0;
  /// Send and Finish(OK) in one, with fewer packets.
  virtual void SendLast(const grpc::ByteBuffer& message) = 0;
};

/// Who answers one call. Called in the thread of the call's queue, one call at a time; must not wait.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void OnMessage(const grpc::ByteBuffer& message) = 0;
  /// The client sends nothing more.
  virtual void OnClientDone() = 0;
  /// After full(), there is room again.
  virtual void OnRoom() {}
  /// The server stops: answer what was accepted, then Finish. Perhaps twice, and from the thread that stops.
  virtual void OnDrain() = 0;
  /// The call is over: finished, cancelled or broken. The last of all; exactly once.
  virtual void OnGone(bool cancelled) = 0;
};

struct Method {
  std::string name;  ///< "StreamGaze"
  /// Begins a call. Null: the call was finished by the function itself.
  std::function<std::shared_ptr<Handler>(std::shared_ptr<Call>)> open;
  /// Is held to the limit of streams a client.
  bool is_stream = false;
  /// Messages that may wait to be sent, beside the one that is being sent; at least 1. Large ones wait alone.
  int answers_ahead = 1;
};

struct Service {
  std::string name;  ///< "vigil.v1.GazeService"
  std::vector<Method> methods;
};

struct CallServerOptions {
  int queues = 1;                                  ///< and threads, 1..64
  int max_streams_per_client = 64;                 ///< of one address
  std::chrono::milliseconds idle_timeout{60'000};  ///< of a call without messages either way
};

struct CallCounts {
  std::uint64_t begun = 0;      ///< calls so far
  std::uint64_t cancelled = 0;  ///< of them: cut off by the client, or its connection was lost
  std::uint64_t refused = 0;    ///< of them: over a limit of this server
  int open = 0;                 ///< now
};

/// Serves `services`. Register(builder), then builder.BuildAndStart(), then Start(); Drain(), then
/// grpc::Server::Shutdown(), then Stop(). It outlives the grpc::Server.
class CallServer {
 public:
  /// Told of every call that the client cut off before a first message was answered: (peer). Queue threads.
  using OnAbandoned = std::function<void(const std::string& peer)>;

  static std::unique_ptr<CallServer> Create(const CallServerOptions& options,
                                            std::vector<Service> services,
                                            OnAbandoned on_abandoned);
  virtual ~CallServer() = default;
  virtual void Register(grpc::ServerBuilder& builder) = 0;
  virtual void Start() = 0;
  /// New calls are refused with UNAVAILABLE, and open ones are told to come to their end.
  virtual void Drain() = 0;
  /// True once no call is open; false after `deadline`.
  virtual bool AwaitNoCalls(Deadline deadline) = 0;
  /// Ends the threads.
  virtual void Stop() = 0;
  virtual CallCounts counts() const = 0;
  /// Calls and messages of that peer so far, and its calls that are open. Zeros once it has none.
  struct PeerCounts {
    std::uint64_t steps = 0;
    int open = 0;
  };
  virtual PeerCounts CountsOf(const std::string& peer) const = 0;
};

}  // namespace vigil::rpc::internal
