// One HTTP(S) file, from an offset on, through libcurl.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>

namespace vigil::nn {

struct HttpGet {
  std::string url;  ///< checked by CheckUrl
  std::size_t offset = 0;
  std::size_t total = 0;  ///< what the whole file must have
  std::chrono::seconds connect_timeout;
  std::chrono::seconds stall_timeout;
  /// Once, before the first byte: where the server begins, `offset` or 0. An error ends the
  /// transfer and is returned.
  std::function<absl::Status(std::size_t from)> begin;
  /// The next bytes, never more than there should be. As above.
  std::function<absl::Status(std::span<const char>)> write;
};

/// https, or http to this machine; a host and no user name.
absl::Status CheckUrl(const std::string& url);

/// OK when the whole file was given to `write`. OutOfRange: the server has no such offset.
/// DataLoss: it has another size. Others as in model_download.h; messages say what happened, not to
/// whom.
absl::Status Get(const HttpGet& request, std::stop_token stop);

}  // namespace vigil::nn
