// Looking up a camera's name in a way that can be stopped.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <string_view>

#include "media/internal/interrupt.h"

namespace vigil::media::internal {

/// Of `scheme://user:password@host:port/…`; an IPv6 address is without its brackets. Empty: not there.
struct Authority {
  std::string host, port;
};
Authority AuthorityOf(std::string_view url);

/// Returns once the host of `url` can be looked up, or why it cannot: Unavailable with the
/// resolver's words, Cancelled, DeadlineExceeded (messages without the source's name). The C
/// library's look-up may take half a minute where no name server answers and cannot be interrupted,
/// so libavformat, which would wait in it, is only let near a name that has an answer. Numeric
/// addresses return at once.
absl::Status AwaitHost(const std::string& url, const Interrupt& interrupt);

}  // namespace vigil::media::internal
