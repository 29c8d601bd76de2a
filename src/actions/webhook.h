// `webhook`: a POST request for each event.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/text_template.h"
#include "core/time_zone.h"

namespace vigil::actions {

enum class WebhookBody : std::uint8_t {
  kCloudEvents,  ///< CloudEvents 1.0, structured: `application/cloudevents+json`
  kJson,         ///< the event alone; its CloudEvents attributes in `ce-` headers (binary mode)
  kTemplate,     ///< `body_template`
};

struct WebhookHeader {
  std::string name;
  std::string value;  ///< a secret: `Bearer …`
};

struct WebhookOptions {
  std::string url;  ///< http or https; a secret, for many have a token in their path
  WebhookBody body = WebhookBody::kCloudEvents;
  std::string body_template;  ///< see Placeholders(); values are escaped as `content_type` needs:
                              ///< inside JSON strings, percent-encoded in forms, plain otherwise
  std::string content_type = "application/json";  ///< of `body_template`
  std::vector<WebhookHeader> headers;             ///< sent as well; at most 32
  std::string secret;  ///< signs requests (Standard Webhooks); empty: they are not signed.
                       ///< `whsec_…` is Base64 of the key, other text is the key
  std::string time_zone = "local";       ///< of `{time}` in the template
  std::vector<std::string> allow_hosts;  ///< `hooks.example.org`, `*.example.org`, `10.0.0.5`; if
                                         ///< any, no other; what is listed may also be link-local
  std::string ca_file;                   ///< certificates to trust instead of the system's
  std::string proxy;  ///< `http://proxy:3128`; it looks names up itself, so addresses are then not
                      ///< checked against the forbidden ones
};

/// InvalidArgument names the field; never says the URL's path.
[[nodiscard]] absl::Status Validate(const WebhookOptions& options);

/// Requests carry the event's id as `Idempotency-Key` and `webhook-id`, so repetitions are harmless
/// to a receiver that looks. No redirect is followed. Link-local, multicast and metadata addresses
/// are refused after the name is looked up, unless the host is listed. Of an answer, 64 KiB are
/// read. Safe from any thread; each Run is a connection of its own.
class Webhook final : public Action {
 public:
  using Now = std::function<WallTime()>;
  static absl::StatusOr<std::unique_ptr<Webhook>> Create(const WebhookOptions& options, Now now);

  std::string_view name() const override { return "webhook"; }

  /// OK: 2xx. Unavailable, with RetryAfterOf where the answer had it: 408, 425, 429, 5xx, and what
  /// a network can do. PermissionDenied: a forbidden address. FailedPrecondition: any other answer.
  absl::Status Run(const Delivery& delivery, Deadline deadline, std::stop_token stop) override;

 private:
  Webhook(const WebhookOptions& options, TextTemplate text, TimeZone zone, std::string key,
          Now now);
  std::string Body(const Delivery& delivery) const;
  std::vector<std::string> Headers(const Delivery& delivery, const std::string& body) const;

  const WebhookOptions options_;
  const TextTemplate text_;
  const TimeZone zone_;
  const std::string key_;  // of the signature
  const std::string host_;
  const std::string peer_;  // scheme, host and port: what messages may say
  const Now now_;
};

/// The `webhook-signature` of a request: `v1,` and the Base64 of HMAC-SHA256 over
/// `id.timestamp.body`.
[[nodiscard]] std::string WebhookSignature(std::string_view key, std::string_view id,
                                           std::int64_t timestamp, std::string_view body);

}  // namespace vigil::actions
