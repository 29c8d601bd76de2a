// Which hosts and addresses requests may go to.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

namespace vigil::actions::internal {

/// Addresses that no web hook of anybody's is at: link-local ones (where clouds hand out
/// credentials), multicast, broadcast, unspecified, and the same wrapped in IPv6. Not an Internet
/// address at all counts as one.
[[nodiscard]] bool IsForbidden(const sockaddr& address);

/// Whether a host of a URL is in the list: equal without regard to case, or below `*.example.org`.
[[nodiscard]] bool IsListed(std::string_view host, const std::vector<std::string>& list);

}  // namespace vigil::actions::internal
