#include "rpc/internal/grpc_values.h"

#include "core/status.h"

namespace vigil::rpc::internal {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(MessageOf(status))};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  // Not every server says why: one that does not know a method, for one.
  return {code,
          status.error_message().empty() ? absl::StatusCodeToString(code) : status.error_message()};
}

std::string PeerOf(std::string_view grpc_peer) {
  std::string_view rest = grpc_peer.substr(grpc_peer.find(':') + 1);
  std::string peer;
  while (!rest.empty()) {
    const bool open = rest.starts_with("%5B"), close = rest.starts_with("%5D");
    peer += open ? '[' : close ? ']' : rest[0];
    rest.remove_prefix(open || close ? 3 : 1);
  }
  return peer;
}

std::string TraceIdOf(std::string_view traceparent) {
  // 00-<32 digits>-<16 digits>-<2 digits>; later versions may go on after that.
  constexpr std::size_t kLength = 55, kAt = 3, kDigits = 32;
  constexpr std::string_view kHex = "0123456789abcdef";
  if (traceparent.size() < kLength || traceparent.starts_with("ff")) return {};
  for (std::size_t i = 0; i < kLength; ++i) {
    const bool dash = i == 2 || i == 35 || i == 52;
    if (dash ? traceparent[i] != '-' : kHex.find(traceparent[i]) == std::string_view::npos)
      return {};
  }
  const std::string_view id = traceparent.substr(kAt, kDigits);
  if (id.find_first_not_of('0') == std::string_view::npos) return {};
  return std::string(id);
}

}  // namespace vigil::rpc::internal
