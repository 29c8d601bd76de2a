// A transfer by libcurl that ends by its deadline and when a stop is asked for.
#pragma once

#include <absl/status/status.h>
#include <curl/curl.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"

namespace vigil::actions::internal {

struct EndCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeCurlList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeCurlList>;
void Append(CurlList& list, const std::string& text);

/// One transfer; stays where it is made. Certificates and host names are checked, redirects not
/// followed, no environment,
/// `.netrc` or signal is used.
class CurlTransfer {
 public:
  /// @param ca_file  certificates to trust instead of the system's; may be empty.
  explicit CurlTransfer(const std::string& ca_file);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  ~CurlTransfer() = default;

  CURL* handle() { return handle_.get(); }
  template <typename T>
  void Set(CURLoption option, T value) {
    ok_ = curl_easy_setopt(handle_.get(), option, value) == CURLE_OK && ok_;
  }

  /// Asked before every connection, with the address that the name has turned out to be: false
  /// refuses it. At a proxy it is the proxy's.
  using AllowAddress = std::function<bool(const sockaddr& address)>;
  void Allow(AllowAddress allow) { allow_ = std::move(allow); }
  bool refused_address() const { return refused_address_; }

  struct Result {
    CURLcode code = CURLE_OK;
    bool stopped = false;  ///< `stop` was asked for
    bool late = false;     ///< `deadline` passed
    long response = 0;     ///< last status of the server, 0: none
    std::string error;     ///< in words; never has the address, user or password in it
  };
  Result Perform(Deadline deadline, const std::stop_token& stop);

 private:
  static curl_socket_t Open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int Close(void* self, curl_socket_t socket);
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  std::vector<int> sockets_;  // open ones
  AllowAddress allow_;
  bool refused_address_ = false;
  Deadline deadline_;  // of Perform, as stop_
  std::stop_token stop_;
  std::unique_ptr<CURL, EndCurl> handle_;
  bool ok_ = true;
  char error_[CURL_ERROR_SIZE] = {};
};

/// What a transfer that did not come to an answer means: `peer: what is wrong`. All of it is worth
/// another attempt: networks and certificates get mended.
absl::Status TransferError(const CurlTransfer::Result& result, std::string_view peer);

}  // namespace vigil::actions::internal
