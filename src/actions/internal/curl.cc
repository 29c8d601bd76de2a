#include "actions/internal/curl.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "actions/internal/text.h"
#include "core/check.h"

namespace vigil::actions::internal {
namespace {

void SetUpCurl() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  VIGIL_CHECK(ready);
}

struct EndMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

// OpenSSL writes to a socket whose other side is gone without asking to be spared the signal for
// it.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
  ~NoBrokenPipe() {
    constexpr timespec kNoWait{};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &kNoWait) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

// By the words of curl and OpenSSL, which give all of these one code.
std::string_view CertificateRemedy(std::string_view error) {
  if (error.find("target host name") != std::string_view::npos ||
      error.find("target ip") != std::string_view::npos) {
    return "it is for another host name: use the one that the certificate has";
  }
  if (error.find("expired") != std::string_view::npos ||
      error.find("not yet valid") != std::string_view::npos) {
    return "renew it, or set this machine's clock";
  }
  return "name the authority's certificate with ca_file";
}

}  // namespace

curl_socket_t CurlTransfer::Open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (transfer.allow_ && !transfer.allow_(address->addr)) {
    transfer.refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd >= 0) transfer.sockets_.push_back(fd);
  return fd;
}

int CurlTransfer::Close(void* self, curl_socket_t socket) {
  std::erase(static_cast<CurlTransfer*>(self)->sockets_, socket);
  return ::close(socket);
}

// Curl waits for a mail server's last answer inside of one call; there it asks here once a second.
int CurlTransfer::Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<CurlTransfer*>(self);
  return transfer.stop_.stop_requested() || Clock::now() >= transfer.deadline_ ? 1 : 0;
}

void Append(CurlList& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  VIGIL_CHECK(longer != nullptr);
  static_cast<void>(list.release());
  list.reset(longer);
}

CurlTransfer::CurlTransfer(const std::string& ca_file) {
  SetUpCurl();
  handle_.reset(curl_easy_init());
  VIGIL_CHECK(handle_ != nullptr);
  Set(CURLOPT_ERRORBUFFER, error_);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::Open);
  Set(CURLOPT_OPENSOCKETDATA, this);
  Set(CURLOPT_CLOSESOCKETFUNCTION, &CurlTransfer::Close);
  Set(CURLOPT_CLOSESOCKETDATA, this);
  Set(CURLOPT_NOPROGRESS, 0L);
  Set(CURLOPT_XFERINFOFUNCTION, &CurlTransfer::Progress);
  Set(CURLOPT_XFERINFODATA, this);
  Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_CONNECTTIMEOUT_MS, 15'000L);
  // A resolver that hangs does not hold us up; its thread ends by itself.
  Set(CURLOPT_QUICK_EXIT, 1L);
  if (!ca_file.empty()) {
    Set(CURLOPT_CAINFO, ca_file.c_str());
    Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
}

CurlTransfer::Result CurlTransfer::Perform(Deadline deadline, const std::stop_token& stop) {
  Result result;
  if (!ok_) {
    result.code = CURLE_BAD_FUNCTION_ARGUMENT;
    result.error = "this libcurl lacks something that is needed";
    return result;
  }
  const auto left = [&] {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  };
  deadline_ = deadline;
  stop_ = stop;
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::clamp<std::int64_t>(left(), 1, 86'400'000)));
  const NoBrokenPipe no_broken_pipe;
  const std::unique_ptr<CURLM, EndMulti> multi(curl_multi_init());
  VIGIL_CHECK(multi != nullptr);
  curl_multi_add_handle(multi.get(), handle_.get());
  int running = 1;
  {
    const std::stop_callback wake(stop, [&] { curl_multi_wakeup(multi.get()); });
    while (running > 0 && !stop.stop_requested() && left() > 0) {
      curl_multi_perform(multi.get(), &running);
      const auto wait = static_cast<int>(std::clamp<std::int64_t>(left(), 0, 60'000));
      if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, wait, nullptr);
    }
  }
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &queued)) {
    if (message->msg == CURLMSG_DONE) result.code = message->data.result;
  }
  const bool unfinished = running > 0 || result.code == CURLE_ABORTED_BY_CALLBACK ||
                          result.code == CURLE_OPERATION_TIMEDOUT;
  result.stopped = unfinished && stop.stop_requested();
  result.late = unfinished && left() <= 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &result.response);
  // At the end curl says goodbye to a mail server and waits for its answer, for minutes if need be.
  // Nobody needs it, so it finds the connection closed; and in a hurry nothing is said either.
  for (const int fd : sockets_) {
    ::shutdown(fd, result.stopped || result.late ? SHUT_RDWR : SHUT_RD);
  }
  curl_multi_remove_handle(multi.get(), handle_.get());
  result.error = OneLine(error_[0] != '\0' ? error_ : curl_easy_strerror(result.code), 300);
  return result;
}

absl::Status TransferError(const CurlTransfer::Result& result, std::string_view peer) {
  if (result.stopped) return absl::AbortedError(fmt::format("{}: stopped", peer));
  if (result.late) {
    return absl::DeadlineExceededError(fmt::format("{}: no answer in time", peer));
  }
  switch (result.code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(fmt::format("{}: no connection in time", peer));
    case CURLE_COULDNT_RESOLVE_HOST:
      return absl::UnavailableError(
          fmt::format("{}: no such host; check the name and the network", peer));
    case CURLE_COULDNT_CONNECT:
      return absl::UnavailableError(
          fmt::format("{}: no connection; check host, port and firewall ({})", peer, result.error));
    case CURLE_PEER_FAILED_VERIFICATION:
      return absl::UnavailableError(fmt::format("{}: its certificate is not trusted ({}); {}", peer,
                                                result.error, CertificateRemedy(result.error)));
    case CURLE_SSL_CACERT_BADFILE:
      return absl::UnavailableError(
          fmt::format("{}: the certificates of ca_file cannot be read", peer));
    case CURLE_SSL_CONNECT_ERROR:
      return absl::UnavailableError(fmt::format(
          "{}: no TLS there ({}); is the port right for this kind of TLS?", peer, result.error));
    default:
      return absl::UnavailableError(fmt::format("{}: {}", peer, result.error));
  }
}

}  // namespace vigil::actions::internal
