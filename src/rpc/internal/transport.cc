#include "rpc/internal/transport.h"

#include <grpcpp/version_info.h>

#include <cstdlib>

namespace vigil::rpc::internal {
namespace {

// What gRPC 1.51 can do, but not by itself: the window of a connection follows the memory that is left (of the server's
// `memory`) instead of a guess at its bandwidth, which asks the peer for more after every second picture; and a frame is
// looked at when it is whole, for which the thread is woken once. Set before main() because setenv is not safe once there are
// threads; who sets the variable is heeded.
constexpr bool kKnown = GRPC_CPP_VERSION_MAJOR == 1 && GRPC_CPP_VERSION_MINOR == 51;
[[maybe_unused]] const int kExperiments =
    kKnown ? setenv("GRPC_EXPERIMENTS",  // NOLINT(concurrency-mt-unsafe)
                    "flow_control_fixes,memory_pressure_controller,"
                    "tcp_frame_size_tuning,tcp_rcv_lowat",
                    /*overwrite=*/0)
           : 0;

}  // namespace

void TuneTransport(grpc::ServerBuilder& builder) {
  constexpr int kFrameBytes = 1 << 20;   // of HTTP/2: a picture in one
  constexpr int kReadBytes = 256 << 10;  // of a socket at once
  constexpr int kWindowBytes = 2 << 20;  // that a stream may send ahead
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE, kReadBytes / 4);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytes * 4);
}

}  // namespace vigil::rpc::internal
