// The address of a gRPC server, as people write it.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace vigil::rpc {

struct ServerAddress {
  static constexpr int kDefaultPort = 50051;

  std::string host{};  ///< a name, or an address; IPv6 without brackets
  int port = kDefaultPort;
  bool tls = false;

  /// Reads `http://HOST:PORT`, `https://HOST:PORT` (TLS) and `HOST:PORT`; the port may be missing, IPv6 addresses stand in
  /// brackets. InvalidArgument, in one line that says what is taken; it shows no credentials.
  static absl::StatusOr<ServerAddress> Parse(std::string_view text);

  /// "host:port" as gRPC takes it.
  std::string target() const;
  /// "http://host:port", for messages.
  std::string text() const;
  /// What is sent there does not leave this machine.
  bool is_loopback() const;
  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

}  // namespace vigil::rpc
