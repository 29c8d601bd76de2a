// One attempt of GazeClient to reach its server, from its beginning to its end, and the messages it sends.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>

#include "core/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/gaze_client.h"
#include "vigil/v1/gaze.pb.h"

namespace vigil::rpc::internal {

using HealthResponse = grpc::health::v1::HealthCheckResponse;

/// A VideoFrame with the picture in its place: one copy of it, and one piece of memory.
grpc::ByteBuffer FrameMessage(const v1::VideoFrame& head, std::span<const std::uint8_t> picture);

/// Its operations write into it, so it stays until the last has ended.
struct GazeConnection {
  explicit GazeConnection(const GazeClientOptions& options);

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_stub;
  grpc::GenericStub gaze_stub;

  std::unique_ptr<grpc::ClientContext> health_context;  // none: no check is under way
  std::unique_ptr<grpc::ClientAsyncResponseReader<HealthResponse>> health_reader;
  HealthResponse health_response;
  grpc::Status health_status;
  Clock::time_point next_health = Clock::time_point::max();

  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
  grpc::ByteBuffer incoming;
  grpc::Status status;
  bool writing = false, done_sending = false, finishing = false;
  bool up = false;                  // was told of
  bool ending = false;              // nothing new is begun
  std::optional<absl::Status> why;  // it ended; none: it was asked to
  int pending = 0;
  struct Unsent {
    std::uint64_t sequence;
    grpc::ByteBuffer message;
  };
  std::deque<Unsent> unsent;
};

}  // namespace vigil::rpc::internal
