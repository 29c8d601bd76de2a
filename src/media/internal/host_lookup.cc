#include "media/internal/host_lookup.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vigil::media::internal {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__ANDROID__) || !defined(__GLIBC__)
constexpr bool kStoppable = false;  // ThreadSanitizer does not know the C library's own threads
#else
constexpr bool kStoppable = true;
#endif

struct Lookup {
  explicit Lookup(std::string name) : host(std::move(name)) { request.ar_name = host.c_str(); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
  }
  const std::string host;
  gaicb request{};
};

// Look-ups that were given up while the C library was still at them. It writes into them when it is
// done, so their memory outlives whoever asked; each is freed by a look-up that comes after its
// end.
class Abandoned {
 public:
  void Keep(std::unique_ptr<Lookup> lookup) {
    std::lock_guard lock(mutex_);
    lookups_.push_back(std::move(lookup));
  }
  void FreeFinished() {
    std::lock_guard lock(mutex_);
    std::erase_if(lookups_,
                  [](const auto& each) { return gai_error(&each->request) != EAI_INPROGRESS; });
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lookup>> lookups_;  // under mutex_
};

Abandoned& AbandonedLookups() {
  static Abandoned* const abandoned =
      new Abandoned;  // never destroyed: the C library may still write at exit
  return *abandoned;
}

bool IsNumeric(const std::string& host) {
  std::array<char, sizeof(in6_addr)> address;
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

// libavformat then asks the proxy, which looks names up itself.
bool ThroughProxy(const std::string& url) {
  return url.starts_with("http") &&
         std::getenv("http_proxy") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

Authority AuthorityOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view text = url.substr(scheme + 3);
  text = text.substr(0, text.find_first_of("/?#"));
  if (const std::size_t sign = text.rfind('@'); sign != std::string_view::npos)
    text.remove_prefix(sign + 1);
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (end == std::string_view::npos) return {std::string(text.substr(bracketed ? 1 : 0)), {}};
  const std::string_view rest = text.substr(bracketed ? end + 1 : end);
  return {std::string(text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end)),
          std::string(rest.starts_with(':') ? rest.substr(1) : "")};
}

absl::Status AwaitHost(const std::string& url, const Interrupt& interrupt) {
  const std::string host = AuthorityOf(url).host;
  if (!kStoppable || host.empty() || IsNumeric(host) || ThroughProxy(url)) return absl::OkStatus();
  AbandonedLookups().FreeFinished();
  auto lookup = std::make_unique<Lookup>(host);
  std::array<gaicb*, 1> list{&lookup->request};
  if (getaddrinfo_a(GAI_NOWAIT, list.data(), 1, nullptr) != 0)
    return absl::OkStatus();  // libavformat will tell
  constexpr timespec kTick{0, 50'000'000};
  const std::array<const gaicb*, 1> waiting{&lookup->request};
  while (gai_error(&lookup->request) == EAI_INPROGRESS) {
    if (!interrupt.stopped() && !interrupt.expired()) {
      gai_suspend(waiting.data(), 1, &kTick);
      continue;
    }
    if (gai_cancel(&lookup->request) == EAI_NOTCANCELED) AbandonedLookups().Keep(std::move(lookup));
    if (interrupt.stopped()) return absl::CancelledError("stopped");
    return absl::DeadlineExceededError(fmt::format("no name server answers for {}", host));
  }
  const int error = gai_error(&lookup->request);
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("the name {} cannot be looked up: {}; check the name, and the network", host,
                  gai_strerror(error)));
}

}  // namespace vigil::media::internal
