#include "actions/internal/addresses.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace vigil::actions::internal {
namespace {

bool IsForbidden4(std::uint32_t address) {  // host order
  const auto in = [&](std::uint32_t net, int bits) {
    return (address >> (32 - bits)) == (net >> (32 - bits));
  };
  return in(0x00000000, 8)       // this network; 0.0.0.0 reaches loopback
         || in(0xA9FE0000, 16)   // 169.254/16: link-local, 169.254.169.254
         || in(0x6464'64C8, 32)  // 100.100.100.200: Alibaba's metadata
         || in(0xC0000000, 24)   // 192.0.0/24: protocol assignments, Oracle's metadata
         || in(0xE0000000, 3);   // multicast, reserved, broadcast
}

bool IsForbidden6(const std::array<std::uint8_t, 16>& a) {
  const auto tail4 = [&](std::size_t at) {
    return IsForbidden4(static_cast<std::uint32_t>(a[at]) << 24 |
                        static_cast<std::uint32_t>(a[at + 1]) << 16 |
                        static_cast<std::uint32_t>(a[at + 2]) << 8 | a[at + 3]);
  };
  const auto begins = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), a.begin());
  };
  if (begins({0xFF})) return true;                         // multicast
  if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80) return true;  // link-local
  if (begins({0xFD, 0x00, 0x0E, 0xC2})) return true;       // fd00:ec2::254: Amazon's metadata
  if (begins({0x20, 0x02})) return tail4(2);               // 6to4
  if (begins({0x00, 0x64, 0xFF, 0x9B})) return tail4(12);  // NAT64
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})) return tail4(12);  // IPv4-mapped
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {  // ::, ::1, IPv4-compatible
    const bool loopback = a[12] == 0 && a[13] == 0 && a[14] == 0 && a[15] == 1;
    return !loopback && tail4(12);
  }
  return false;
}

bool SameLetters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

bool IsForbidden(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return IsForbidden4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return IsForbidden6(bytes);
  }
  return true;
}

bool IsListed(std::string_view host, const std::vector<std::string>& list) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::ranges::any_of(list, [&](std::string_view entry) {
    if (!entry.starts_with("*.")) return SameLetters(host, entry);
    entry.remove_prefix(1);
    return host.size() > entry.size() &&
           SameLetters(host.substr(host.size() - entry.size()), entry);
  });
}

}  // namespace vigil::actions::internal
