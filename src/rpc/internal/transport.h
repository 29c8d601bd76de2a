// How gRPC's connections are set up for frames.
#pragma once

#include <grpcpp/grpcpp.h>

namespace vigil::rpc::internal {

/// Reads and frames as large as pictures are, for speed.
void TuneTransport(grpc::ServerBuilder& builder);

}  // namespace vigil::rpc::internal
