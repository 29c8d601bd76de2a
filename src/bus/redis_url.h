// Where a Redis is: redis://[[user:]password@]host[:port][/database].
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace vigil::bus {

struct RedisUrl {
  std::string user;      ///< empty: none
  std::string password;  ///< empty: none
  std::string host;
  int port = 6379;
  int database = 0;

  /// User and password may be percent-encoded. InvalidArgument; the message does not hold the password.
  static absl::StatusOr<RedisUrl> Parse(std::string_view text);
  /// Only this machine.
  bool is_loopback() const;
  /// "127.0.0.1:6379", for logs.
  std::string where() const;
};

}  // namespace vigil::bus
