#include "rpc/server_address.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/log.h"
#include "core/utf8.h"

namespace vigil::rpc {
namespace {

constexpr std::size_t kMaxHost = 253;  // of a name in DNS

bool IsHostChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}
bool IsIpv6Char(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

absl::Status Refusal(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format(
      "server address \"{}\": {}; write http://HOST:PORT, https://HOST:PORT or HOST:PORT",
      Printable(log::MaskCredentials(text)), why));
}

}  // namespace

absl::StatusOr<ServerAddress> ServerAddress::Parse(std::string_view text) {
  ServerAddress address;
  std::string_view rest = text;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = rest.substr(0, scheme);
    if (name != "http" && name != "https")
      return Refusal(text, "another scheme than http and https");
    address.tls = name == "https";
    rest.remove_prefix(scheme + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('@') != std::string_view::npos)
    return Refusal(text, "user and password are not taken; use edge.tls for certificates");
  if (rest.find_first_of("/?#") != std::string_view::npos)
    return Refusal(text, "a path has no meaning here");

  std::string_view host = rest, port;
  const bool brackets = rest.starts_with('[');
  if (brackets) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return Refusal(text, "a ']' is missing");
    host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return Refusal(text, "not a port behind ']'");
  } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    if (rest.find(':', colon + 1) != std::string_view::npos)
      return Refusal(text, "IPv6 addresses stand in brackets, as in [::1]:50051");
    host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (host.empty()) return Refusal(text, "the host is missing");
  if (host.size() > kMaxHost || !std::ranges::all_of(host, brackets ? IsIpv6Char : IsHostChar))
    return Refusal(text, "not the name of a host");
  if (!port.empty()) {
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port < 1 ||
        address.port > 65'535)
      return Refusal(text, "the port is not a number from 1 to 65535");
  }
  address.host = std::string(host);
  return address;
}

std::string ServerAddress::target() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string ServerAddress::text() const {
  return fmt::format("{}://{}", tls ? "https" : "http", target());
}

bool ServerAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace vigil::rpc
