#include "actions/smtp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "actions/internal/curl.h"
#include "actions/internal/text.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

constexpr std::size_t kMaxRecipients = 50;
constexpr std::size_t kMaxHalfServed = 256;

int PortOf(const SmtpOptions& options) {
  if (options.port != 0) return options.port;
  switch (options.security) {
    case SmtpSecurity::kStartTls:
      return 587;
    case SmtpSecurity::kTls:
      return 465;
    case SmtpSecurity::kNone:
      return 25;
  }
  return 587;
}

// A name or an address, and nothing that would end it in a URL or in a command.
bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// RFC 3207: `530 Must issue a STARTTLS command first`, with words of the server's own.
bool AsksForTls(std::string_view reply) {
  std::string upper(reply);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return upper.starts_with("530") && upper.find("TLS") != std::string::npos;
}

std::string UrlHost(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

// What curl says about a conversation, as far as an answer to the user needs it. Logins pass
// through here and are never kept.
struct Mailer::Session {
  Session(const std::string& ca_file, std::string text)
      : transfer(ca_file), message(std::move(text)) {}

  internal::CurlTransfer transfer;
  std::string message;
  std::size_t sent = 0;
  internal::CurlList recipients;
  std::string asked;  // the recipient whom the server is asked about
  std::string reply;  // the server's last word
  std::vector<std::string> refused_for_good, refused_for_now;
  std::string refusal;  // the words of the last of these

  static std::size_t Read(char* out, std::size_t size, std::size_t count, void* self) {
    auto& session = *static_cast<Session*>(self);
    const std::size_t length = session.message.copy(out, size * count, session.sent);
    session.sent += length;
    return length;
  }

  static int Seek(void* self, curl_off_t offset, int origin) {
    auto& session = *static_cast<Session*>(self);
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    session.sent = std::min(static_cast<std::size_t>(offset), session.message.size());
    return CURL_SEEKFUNC_OK;
  }

  static int Hear(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
    auto& session = *static_cast<Session*>(self);
    const std::string_view text(data, size);
    constexpr std::string_view kRecipient = "RCPT TO:<";
    if (type == CURLINFO_HEADER_OUT) {
      session.asked.clear();
      if (text.starts_with(kRecipient)) {
        const auto rest = text.substr(kRecipient.size());
        session.asked = rest.substr(0, rest.find('>'));
      }
    } else if (type == CURLINFO_HEADER_IN) {
      session.HearReply(text);
    }
    return 0;
  }

  void HearReply(std::string_view line) {
    // 221 is the goodbye, which says nothing about the mail.
    if (line.size() < 3 || line[0] < '2' || line[0] > '5' || line.starts_with("221")) return;
    reply = internal::OneLine(line.substr(0, line.find_first_of("\r\n")), 200);
    if (asked.empty() || (line[0] != '4' && line[0] != '5')) return;
    if (line.size() > 3 && line[3] == '-') return;  // the answer goes on in the next line
    (line[0] == '5' ? refused_for_good : refused_for_now).push_back(asked);
    refusal = reply;
  }
};

absl::Status Validate(const SmtpOptions& options) {
  if (!IsHost(options.host)) {
    return absl::InvalidArgumentError("host: the name or address of the mail server");
  }
  if (options.port < 0 || options.port > 65'535) {
    return absl::InvalidArgumentError("port: 1 to 65535, or 0 for the usual one");
  }
  if (!options.hello.empty() && !IsHost(options.hello)) {
    return absl::InvalidArgumentError("hello: a host name");
  }
  if (options.user.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
      options.password.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return absl::InvalidArgumentError("user, password: not more than one line");
  }
  if (options.user.empty() != options.password.empty()) {
    return absl::InvalidArgumentError("user and password: both or none");
  }
  if (options.security == SmtpSecurity::kNone && !options.user.empty() &&
      !IsLoopback(options.host)) {
    return absl::InvalidArgumentError(
        "security: none would send the password in the clear; use starttls or tls");
  }
  if (options.to.empty() || options.to.size() > kMaxRecipients) {
    return absl::InvalidArgumentError(fmt::format("to: 1 to {} addresses", kMaxRecipients));
  }
  if (options.max_bytes < KiB(64) || options.max_bytes > MiB(100)) {
    return absl::InvalidArgumentError("max_bytes: 64KiB to 100MiB");
  }
  if (const auto from = ParseAddress(options.from); !from.ok()) {
    return absl::InvalidArgumentError(fmt::format("from: {}", MessageOf(from.status())));
  }
  for (const std::string& to : options.to) {
    if (const auto parsed = ParseAddress(to); !parsed.ok()) {
      return absl::InvalidArgumentError(fmt::format("to: {}", MessageOf(parsed.status())));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Mailer>> Mailer::Create(const SmtpOptions& options) {
  if (const auto valid = Validate(options); !valid.ok()) return valid;
  std::vector<MailAddress> to;
  for (const std::string& address : options.to) to.push_back(*ParseAddress(address));
  return std::unique_ptr<Mailer>(new Mailer(options, *ParseAddress(options.from), std::move(to)));
}

Mailer::Mailer(const SmtpOptions& options, MailAddress from, std::vector<MailAddress> to)
    : options_(options),
      from_(std::move(from)),
      to_(std::move(to)),
      peer_(fmt::format("mail server {}:{}", UrlHost(options.host), PortOf(options))) {}

std::vector<MailAddress> Mailer::NotYetServed(const std::string& message_id) {
  std::vector<MailAddress> left = to_;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, addresses] : served_) {
    if (id != message_id) continue;
    // Named anew: clang 14 captures no structured binding.
    std::erase_if(
        left, [&served = addresses](const MailAddress& to) { return served.contains(to.address); });
  }
  return left;
}

void Mailer::Prepare(Session& session, const std::vector<MailAddress>& to) const {
  const bool tls = options_.security == SmtpSecurity::kTls;
  // What follows the host is the name for HELO; left to curl it is the machine's.
  const std::string url = fmt::format("{}://{}:{}/{}", tls ? "smtps" : "smtp",
                                      UrlHost(options_.host), PortOf(options_), options_.hello);
  internal::CurlTransfer& t = session.transfer;
  t.Set(CURLOPT_URL, url.c_str());
  t.Set(CURLOPT_PROTOCOLS_STR, tls ? "smtps" : "smtp");
  t.Set(CURLOPT_PROXY, "");
  t.Set(CURLOPT_USE_SSL,
        static_cast<long>(options_.security == SmtpSecurity::kNone ? CURLUSESSL_NONE
                                                                   : CURLUSESSL_ALL));
  if (!options_.user.empty()) {
    t.Set(CURLOPT_USERNAME, options_.user.c_str());
    t.Set(CURLOPT_PASSWORD, options_.password.c_str());
  }
  t.Set(CURLOPT_MAIL_FROM, fmt::format("<{}>", from_.address).c_str());
  for (const MailAddress& address : to) {
    internal::Append(session.recipients, fmt::format("<{}>", address.address));
  }
  t.Set(CURLOPT_MAIL_RCPT, session.recipients.get());
  t.Set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  t.Set(CURLOPT_UPLOAD, 1L);
  t.Set(CURLOPT_READFUNCTION, &Session::Read);
  t.Set(CURLOPT_READDATA, &session);
  t.Set(CURLOPT_SEEKFUNCTION, &Session::Seek);
  t.Set(CURLOPT_SEEKDATA, &session);
  t.Set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(session.message.size()));
  t.Set(CURLOPT_VERBOSE, 1L);
  t.Set(CURLOPT_DEBUGFUNCTION, &Session::Hear);
  t.Set(CURLOPT_DEBUGDATA, &session);
}

absl::Status Mailer::Send(const Mail& mail, Deadline deadline, std::stop_token stop) {
  auto message = BuildMessage(mail, from_, to_, static_cast<std::size_t>(options_.max_bytes.bytes));
  if (!message.ok()) return message.status();
  const std::string id = MessageId(mail, from_);
  const std::vector<MailAddress> to = NotYetServed(id);
  if (to.empty()) return absl::OkStatus();

  Session session(options_.ca_file, *std::move(message));
  Prepare(session, to);
  const auto result = session.transfer.Perform(deadline, stop);
  if (!result.stopped && !result.late && result.code == CURLE_OK) {
    return Outcome(session, id, to.size());
  }
  // Only answers of this conversation count, and only those that refuse.
  const bool final_answer = !session.reply.empty() && session.reply[0] == '5';
  const bool answered = final_answer || (!session.reply.empty() && session.reply[0] == '4');
  if (result.stopped || result.late) return internal::TransferError(result, peer_);
  if (result.code == CURLE_USE_SSL_FAILED) {
    return absl::FailedPreconditionError(
        fmt::format("{}: offers no STARTTLS; set security to tls, or name another port", peer_));
  }
  if (final_answer && options_.security == SmtpSecurity::kNone && AsksForTls(session.reply)) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: takes mails only over TLS; set smtp.security: starttls ({})", peer_, session.reply));
  }
  if (result.code == CURLE_LOGIN_DENIED && (final_answer || !answered)) {
    return absl::PermissionDeniedError(
        fmt::format("{}: refused the login of {}; check user and password ({})", peer_,
                    internal::OneLine(options_.user, 64), session.reply));
  }
  if (final_answer && session.refused_for_now.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: refused the mail for good: {}", peer_, session.reply));
  }
  if (answered) {
    return absl::UnavailableError(
        fmt::format("{}: refused the mail for now: {}", peer_, session.reply));
  }
  return internal::TransferError(result, peer_);
}

// The server has taken the mail; some recipients may have been refused.
absl::Status Mailer::Outcome(const Session& session, const std::string& message_id,
                             std::size_t asked) {
  if (!session.refused_for_good.empty()) {
    log::Warning("{}: refused {} for good: {}", peer_, fmt::join(session.refused_for_good, ", "),
                 session.refusal);
  }
  const std::lock_guard lock(mutex_);
  const auto entry = std::ranges::find(served_, message_id, [](const auto& e) { return e.first; });
  if (session.refused_for_now.empty()) {
    if (entry != served_.end()) served_.erase(entry);
    return absl::OkStatus();
  }
  if (entry == served_.end() && served_.size() >= kMaxHalfServed) served_.pop_front();
  auto& served = entry == served_.end()
                     ? served_.emplace_back(message_id, std::set<std::string>()).second
                     : entry->second;
  for (const MailAddress& to : to_) {
    if (std::ranges::find(session.refused_for_now, to.address) == session.refused_for_now.end()) {
      served.insert(to.address);
    }
  }
  return absl::UnavailableError(fmt::format("{}: refused {} of {} recipients for now: {}", peer_,
                                            session.refused_for_now.size(), asked,
                                            session.refusal));
}

}  // namespace vigil::actions
