#include "bus/redis_url.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "core/log.h"

namespace vigil::bus {
namespace {

constexpr std::string_view kScheme = "redis://";
constexpr std::size_t kMaxUrlBytes = 2048;

std::optional<int> Number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return std::nullopt;
  return value;
}

std::optional<std::string> Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16);
    if (error != std::errc() || end != &text[i + 1] + 2) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

}  // namespace

absl::StatusOr<RedisUrl> RedisUrl::Parse(std::string_view text) {
  const auto wrong = [text](std::string_view what) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\": {}; redis://[[user:]password@]host[:port][/database]",
                    log::MaskCredentials(text.substr(0, kMaxUrlBytes)), what));
  };
  if (text.size() > kMaxUrlBytes) return wrong("too long");
  if (!text.starts_with(kScheme)) return wrong("not an address of a Redis");
  std::string_view rest = text.substr(kScheme.size());
  RedisUrl url;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = rest.substr(0, at);
    const auto colon = credentials.find(':');
    const auto user = Decoded(colon == std::string_view::npos ? "" : credentials.substr(0, colon));
    const auto password =
        Decoded(colon == std::string_view::npos ? credentials : credentials.substr(colon + 1));
    if (!user || !password) return wrong("user and password: a % wants two hexadecimal digits");
    url.user = *user;
    url.password = *password;
    rest.remove_prefix(at + 1);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    if (const std::string_view name = rest.substr(slash + 1); !name.empty()) {
      const auto database = Number(name, 0, 1'000'000);
      if (!database) return wrong("the database is not a number");
      url.database = *database;
    }
    rest = rest.substr(0, slash);
  }
  std::string_view port;
  if (rest.starts_with('[')) {  // an IPv6 address
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return wrong("the host has no end");
    url.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    const auto colon = rest.find(':');
    url.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon);
  }
  if (url.host.empty()) return wrong("no host");
  if (!port.empty()) {
    const auto number = port.starts_with(':') ? Number(port.substr(1), 1, 65'535) : std::nullopt;
    if (!number) return wrong("the port is not one");
    url.port = *number;
  }
  return url;
}

bool RedisUrl::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string RedisUrl::where() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

}  // namespace vigil::bus
