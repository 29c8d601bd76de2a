// Between gRPC's values and ours.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

namespace vigil::rpc::internal {

/// absl's codes are gRPC's; the message is kept.
grpc::Status ToGrpc(const absl::Status& status);
/// The other way.
absl::Status FromGrpc(const grpc::Status& status);
/// gRPC's "ipv4:127.0.0.1:1234" and "ipv6:%5B::1%5D:1234" as "127.0.0.1:1234" and "[::1]:1234".
std::string PeerOf(std::string_view grpc_peer);
/// The trace's 32 digits of a W3C traceparent; empty where it is none.
std::string TraceIdOf(std::string_view traceparent);

}  // namespace vigil::rpc::internal
