#include "rpc/internal/transport.h"

namespace vigil::rpc::internal {

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
