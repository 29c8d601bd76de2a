#include "actions/webhook.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "actions/internal/addresses.h"
#include "actions/internal/curl.h"
#include "actions/internal/event_text.h"
#include "actions/internal/text.h"
#include "actions/retry_after.h"
#include "core/base64.h"
#include "core/check.h"
#include "core/status.h"
#include "events/cloud_event.h"

namespace vigil::actions {
namespace {

constexpr std::size_t kMaxHeaders = 32;
constexpr std::size_t kMaxAnswerBytes = 64U << 10;
constexpr std::size_t kQuotedAnswerBytes = 200;
constexpr std::string_view kSecretPrefix = "whsec_";

struct UrlParts {
  std::string host;
  std::string peer;  // scheme://host:port
};

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

absl::StatusOr<UrlParts> ParseUrl(const std::string& text) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), &curl_url_cleanup);
  if (url == nullptr || text.size() > 4096 ||
      text.find_first_of(std::string_view("\r\n\t \0", 5)) != std::string::npos ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return absl::InvalidArgumentError("url: no http or https address");
  }
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return absl::InvalidArgumentError("url: no http or https address");
  }
  UrlParts parts;
  parts.host = Part(url.get(), CURLUPART_HOST);
  parts.peer = fmt::format("{}://{}:{}", scheme, parts.host,
                           Part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  if (parts.host.starts_with('[')) parts.host = parts.host.substr(1, parts.host.size() - 2);
  return parts;
}

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool IsHeaderText(std::string_view text) {
  return text.size() <= 8192 && std::ranges::all_of(text, [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return u >= 0x20 && u != 0x7F;
         });
}

// Ours, and those that say where a request ends.
bool IsReserved(std::string_view name) {
  static const std::vector<std::string> kReserved = {
      "host",   "content-length", "content-type",      "transfer-encoding", "connection",
      "expect", "webhook-id",     "webhook-timestamp", "webhook-signature", "idempotency-key"};
  return internal::IsListed(name, kReserved);
}

// The key of a secret; empty: it is none.
std::string KeyOf(const std::string& secret) {
  if (!secret.starts_with(kSecretPrefix)) return secret;
  return DecodeBase64(std::string_view(secret).substr(kSecretPrefix.size())).value_or("");
}

Escape EscapeFor(std::string_view content_type) {
  if (content_type.find("json") != std::string_view::npos) return Escape::kJson;
  if (content_type.starts_with("application/x-www-form-urlencoded")) return Escape::kUrl;
  if (content_type.starts_with("text/html")) return Escape::kHtml;
  return Escape::kNone;
}

std::size_t KeepBeginning(char* data, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<std::string*>(user);
  if (answer.size() + size * count > kMaxAnswerBytes) return 0;  // ends the transfer
  answer.append(data, size * count);
  return size * count;
}

absl::Status AnswerStatus(const std::string& peer, long code, const std::string& body,
                          std::chrono::seconds retry_after) {
  if (code >= 200 && code < 300) return absl::OkStatus();
  const std::string said = internal::OneLine(body, kQuotedAnswerBytes);
  const std::string text =
      fmt::format("{}: answered {}{}{}{}", peer, code, code == 429 ? " (too many requests)" : "",
                  said.empty() ? "" : ": ", said);
  if (code == 408 || code == 425 || code == 429 || code >= 500) {
    const absl::Status status = absl::UnavailableError(text);
    return retry_after.count() > 0 ? WithRetryAfter(status, retry_after) : status;
  }
  if (code >= 300 && code < 400) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: answered {}, a redirect, which is not followed; name the final address", peer, code));
  }
  return absl::FailedPreconditionError(text);
}

}  // namespace

std::string WebhookSignature(std::string_view key, std::string_view id, std::int64_t timestamp,
                             std::string_view body) {
  const std::string text = fmt::format("{}.{}.{}", id, timestamp, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  VIGIL_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                   &size) != nullptr);
  return "v1," + EncodeBase64({reinterpret_cast<const char*>(digest.data()), size});
}

absl::Status Validate(const WebhookOptions& options) {
  const auto url = ParseUrl(options.url);
  if (!url.ok()) return url.status();
  if (!options.allow_hosts.empty() && !internal::IsListed(url->host, options.allow_hosts)) {
    return absl::InvalidArgumentError(
        fmt::format("url: {} is not in allow_hosts", internal::OneLine(url->host, 128)));
  }
  if (options.headers.size() > kMaxHeaders) {
    return absl::InvalidArgumentError(fmt::format("headers: at most {}", kMaxHeaders));
  }
  for (const WebhookHeader& header : options.headers) {
    if (!IsToken(header.name) || !IsHeaderText(header.value)) {
      return absl::InvalidArgumentError(
          fmt::format("headers: {}: a name of letters, digits and -, and a value in one line",
                      internal::OneLine(header.name, 64)));
    }
    if (IsReserved(header.name)) {
      return absl::InvalidArgumentError(
          fmt::format("headers: {} is set by Vigil itself", header.name));
    }
  }
  if (options.body == WebhookBody::kTemplate) {
    if (const auto text = TextTemplate::Parse(options.body_template); !text.ok()) {
      return absl::InvalidArgumentError(fmt::format("body_template: {}", MessageOf(text.status())));
    }
    if (options.content_type.empty() || !IsHeaderText(options.content_type)) {
      return absl::InvalidArgumentError("content_type: such as application/json");
    }
  } else if (!options.body_template.empty()) {
    return absl::InvalidArgumentError("body_template: is used only with body: template");
  }
  if (!options.secret.empty() && KeyOf(options.secret).size() < 16) {
    return absl::InvalidArgumentError(
        "secret: a key of 16 bytes or more, as text or as whsec_ and its Base64");
  }
  return TimeZone::Load(options.time_zone).status();
}

absl::StatusOr<std::unique_ptr<Webhook>> Webhook::Create(const WebhookOptions& options, Now now) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  TextTemplate text;
  if (options.body == WebhookBody::kTemplate) text = *TextTemplate::Parse(options.body_template);
  return std::unique_ptr<Webhook>(new Webhook(options, std::move(text),
                                              *TimeZone::Load(options.time_zone),
                                              KeyOf(options.secret), std::move(now)));
}

Webhook::Webhook(const WebhookOptions& options, TextTemplate text, TimeZone zone, std::string key,
                 Now now)
    : options_(options),
      text_(std::move(text)),
      zone_(std::move(zone)),
      key_(std::move(key)),
      host_(ParseUrl(options.url)->host),
      peer_(ParseUrl(options.url)->peer),
      now_(std::move(now)) {}

std::string Webhook::Body(const Delivery& delivery) const {
  switch (options_.body) {
    case WebhookBody::kCloudEvents:
      return internal::CloudEventJson(delivery);
    case WebhookBody::kJson:
      return internal::EventJson(delivery);
    case WebhookBody::kTemplate:
      break;
  }
  return text_.Render(delivery, zone_, EscapeFor(options_.content_type));
}

std::vector<std::string> Webhook::Headers(const Delivery& delivery, const std::string& body) const {
  const events::Event& event = delivery.event;
  // Ids are made of configured names: any characters. The receiver gets visible ASCII.
  const std::string id = internal::EscapeUrl(event.id);
  const std::int64_t timestamp =
      std::chrono::floor<std::chrono::seconds>(now_()).time_since_epoch().count();
  std::vector<std::string> headers = {
      "Expect:",  // the body is small: no round trip to ask whether it is welcome
      "User-Agent: vigil", "Idempotency-Key: " + id,
      "webhook-id: " + id, fmt::format("webhook-timestamp: {}", timestamp),
  };
  switch (options_.body) {
    case WebhookBody::kCloudEvents:
      headers.emplace_back("Content-Type: application/cloudevents+json; charset=utf-8");
      break;
    case WebhookBody::kJson:
      for (const auto& [name, value] : events::CloudEventHeaders(event)) {
        headers.push_back(fmt::format("{}: {}", name, value));
      }
      break;
    case WebhookBody::kTemplate:
      headers.push_back("Content-Type: " + options_.content_type);
      break;
  }
  if (!key_.empty()) {
    headers.push_back("webhook-signature: " + WebhookSignature(key_, id, timestamp, body));
  }
  for (const WebhookHeader& header : options_.headers) {
    headers.push_back(fmt::format("{}: {}", header.name, header.value));
  }
  return headers;
}

absl::Status Webhook::Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) {
  const std::string body = Body(delivery);
  internal::CurlList headers;
  for (const std::string& header : Headers(delivery, body)) internal::Append(headers, header);
  std::string answer;

  internal::CurlTransfer transfer(options_.ca_file);
  transfer.Set(CURLOPT_URL, options_.url.c_str());
  transfer.Set(CURLOPT_PROTOCOLS_STR, "http,https");
  transfer.Set(CURLOPT_PROXY, options_.proxy.c_str());
  transfer.Set(CURLOPT_POSTFIELDS, body.c_str());
  transfer.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  transfer.Set(CURLOPT_HTTPHEADER, headers.get());
  transfer.Set(CURLOPT_WRITEFUNCTION, &KeepBeginning);
  transfer.Set(CURLOPT_WRITEDATA, &answer);
  if (options_.proxy.empty() && !internal::IsListed(host_, options_.allow_hosts)) {
    transfer.Allow([](const sockaddr& address) { return !internal::IsForbidden(address); });
  }
  const auto result = transfer.Perform(deadline, stop);
  if (transfer.refused_address() && result.response == 0 && !result.stopped && !result.late) {
    return absl::PermissionDeniedError(fmt::format(
        "{}: is at a link-local, multicast or metadata address; list the host in allow_hosts if it "
        "is meant",
        peer_));
  }
  // An answer that is too long was an answer all the same.
  const bool too_long = result.code == CURLE_WRITE_ERROR && result.response != 0;
  if (result.code != CURLE_OK && !too_long) return internal::TransferError(result, peer_);
  if (result.stopped || result.late) return internal::TransferError(result, peer_);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(transfer.handle(), CURLINFO_RETRY_AFTER, &retry_after);
  return AnswerStatus(peer_, result.response, answer, std::chrono::seconds(retry_after));
}

}  // namespace vigil::actions
