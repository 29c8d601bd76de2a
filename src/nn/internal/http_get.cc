#include "nn/internal/http_get.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

namespace vigil::nn {
namespace {

struct EasyFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiFree {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct UrlFree {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
struct TextFree {
  void operator()(char* text) const { curl_free(text); }
};

constexpr long kMaxRedirections = 5;
constexpr long kSlowest = 1000;  // bytes a second
constexpr std::string_view kHere = "127.0.0.1,::1,localhost";

bool IsThisMachine(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  return std::unique_ptr<char, TextFree>(text).get();
}

// One transfer, as its callbacks see it.
struct Transfer {
  const HttpGet& request;
  CURL* easy = nullptr;
  bool begun = false;
  std::optional<std::size_t> range_begin = {}, range_total = {};  // of a Content-Range header
  std::size_t at = 0;        // bytes of the file that are there
  absl::Status status = {};  // why a callback ended it

  absl::Status Begin();
  absl::Status Take(std::span<const char> bytes);
};

// `Content-Range: bytes 100-199/200`
void ReadContentRange(std::string_view header, Transfer& transfer) {
  constexpr std::string_view kName = "content-range:";
  if (header.size() < kName.size() ||
      curl_strnequal(header.data(), kName.data(), kName.size()) == 0)
    return;
  const auto number = [&](std::size_t begin) -> std::optional<std::size_t> {
    std::size_t value = 0;
    const char* end = header.data() + header.size();
    if (begin >= header.size() ||
        std::from_chars(header.data() + begin, end, value).ec != std::errc())
      return std::nullopt;
    return value;
  };
  const auto first = header.find_first_of("0123456789"), slash = header.find('/');
  if (first != std::string_view::npos) transfer.range_begin = number(first);
  if (slash != std::string_view::npos) transfer.range_total = number(slash + 1);
}

absl::Status OfHttpCode(long code) {
  const std::string text = fmt::format("the server answers HTTP {}", code);
  if (code == 404 || code == 410) return absl::NotFoundError(text);
  if (code == 401 || code == 403) return absl::PermissionDeniedError(text);
  if (code == 416) return absl::OutOfRangeError(text);
  if (code == 429 || code >= 500) return absl::UnavailableError(text);
  return absl::FailedPreconditionError(text);
}

absl::Status Transfer::Begin() {
  begun = true;
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
  if (code != 200 && code != 206) return OfHttpCode(code);
  curl_off_t length = -1;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  at = code == 206 ? request.offset : 0;
  if (code == 206 && range_begin.value_or(request.offset) != request.offset)
    return absl::OutOfRangeError("the server sends another part than was asked for");
  std::size_t all = request.total;
  if (range_total && code == 206) {
    all = *range_total;
  } else if (length >= 0) {
    all = at + static_cast<std::size_t>(length);
  }
  if (all != request.total) {
    return absl::DataLossError(
        fmt::format("the server has {} bytes instead of {}", all, request.total));
  }
  return request.begin(at);
}

absl::Status Transfer::Take(std::span<const char> bytes) {
  if (!begun) {
    if (auto begin = Begin(); !begin.ok()) return begin;
  }
  if (bytes.size() > request.total - at) {
    return absl::DataLossError(
        fmt::format("the server sends more than the {} bytes it should", request.total));
  }
  at += bytes.size();
  return request.write(bytes);
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* transfer) {
  ReadContentRange({data, size * count}, *static_cast<Transfer*>(transfer));
  return size * count;
}

std::size_t OnBytes(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.status = transfer.Take({data, size * count});
  return transfer.status.ok() ? size * count : 0;
}

void SetUp(CURL* easy, const HttpGet& request, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "vigil");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");  // CheckUrl has looked at it
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirections);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
  if (request.url.starts_with("http:")) curl_easy_setopt(easy, CURLOPT_NOPROXY, kHere.data());
  // As the curl program does; the library alone does not look at it.
  const char* certificates = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe)
  if (certificates != nullptr && *certificates != '\0')
    curl_easy_setopt(easy, CURLOPT_CAINFO, certificates);
  if (request.offset > 0)
    curl_easy_setopt(easy, CURLOPT_RANGE, fmt::format("{}-", request.offset).c_str());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

// Runs until it is done or to stop. A stop wakes it at once.
CURLcode Perform(CURLM* multi, CURL* easy, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  curl_multi_add_handle(multi, easy);
  CURLcode result = CURLE_ABORTED_BY_CALLBACK;
  for (int running = 1; running > 0 && !stop.stop_requested();) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) result = message->data.result;
    }
    if (running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  curl_multi_remove_handle(multi, easy);
  return result;
}

}  // namespace

absl::Status CheckUrl(const std::string& url) {
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format("address {}: {}", url, why));
  };
  const std::unique_ptr<CURLU, UrlFree> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return absl::InvalidArgumentError("the address is not one; it is like https://host/folder");
  }
  // Before anything else, so that no message shows a password.
  if (!Part(parsed.get(), CURLUPART_USER).empty() ||
      !Part(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return absl::InvalidArgumentError("the address holds a user name; leave it out");
  }
  const std::string scheme = Part(parsed.get(), CURLUPART_SCHEME);
  if (scheme == "https") return absl::OkStatus();
  if (scheme != "http") return refuse("only https is fetched from");
  if (IsThisMachine(Part(parsed.get(), CURLUPART_HOST))) return absl::OkStatus();
  return refuse("http is for this machine only; use https");
}

absl::Status Get(const HttpGet& request, std::stop_token stop) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return absl::InternalError("libcurl does not start");
  const std::unique_ptr<CURL, EasyFree> easy(curl_easy_init());
  const std::unique_ptr<CURLM, MultiFree> multi(curl_multi_init());
  if (!easy || !multi) return absl::ResourceExhaustedError("no memory for a transfer");

  Transfer transfer{.request = request, .easy = easy.get()};
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail.data());
  SetUp(easy.get(), request, transfer);
  const CURLcode result = Perform(multi.get(), easy.get(), stop);
  if (!transfer.status.ok()) return transfer.status;
  if (result == CURLE_OK && !transfer.begun) transfer.status = transfer.Begin();  // an empty body
  if (!transfer.status.ok()) return transfer.status;
  if (result == CURLE_OK && transfer.at == request.total) return absl::OkStatus();
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  const std::string_view text = detail[0] != '\0' ? detail.data() : curl_easy_strerror(result);
  return absl::UnavailableError(
      result == CURLE_OK
          ? fmt::format("the server ended after {} of {} bytes", transfer.at, request.total)
          : std::string(text));
}

}  // namespace vigil::nn
