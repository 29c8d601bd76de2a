#include "actions/email_immediate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "actions/internal/files.h"
#include "actions/internal/text.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/status.h"

namespace vigil::actions {
namespace {

constexpr int kMaxPictures = 20;

struct Parsed {
  TextTemplate subject;
  std::vector<TextTemplate> lines;  // of the body
  TimeZone zone;
};

absl::Status Named(std::string_view key, const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", key, MessageOf(status)));
}

absl::StatusOr<Parsed> Parse(const EmailImmediateOptions& options) {
  Parsed parsed;
  auto subject = TextTemplate::Parse(options.subject);
  if (!subject.ok()) return Named("subject", subject.status());
  parsed.subject = *std::move(subject);
  if (auto whole = TextTemplate::Parse(options.body); !whole.ok()) {
    return Named("body", whole.status());
  }
  std::string_view rest = options.body;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    auto text = TextTemplate::Parse(line);
    if (!text.ok()) return Named("body", text.status());
    parsed.lines.push_back(*std::move(text));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  const auto zone = TimeZone::Load(options.time_zone);
  if (!zone.ok()) return Named("time_zone", zone.status());
  parsed.zone = *zone;
  if (options.max_pictures < 0 || options.max_pictures > kMaxPictures) {
    return absl::InvalidArgumentError(fmt::format("max_pictures: 0 to {}", kMaxPictures));
  }
  return parsed;
}

}  // namespace

absl::Status Validate(const EmailImmediateOptions& options) { return Parse(options).status(); }

absl::StatusOr<std::unique_ptr<EmailImmediate>> EmailImmediate::Create(
    const EmailImmediateOptions& options, Mailer& mailer, Now now) {
  auto parsed = Parse(options);
  if (!parsed.ok()) return parsed.status();
  return std::unique_ptr<EmailImmediate>(
      new EmailImmediate(options, std::move(parsed->subject), std::move(parsed->lines),
                         std::move(parsed->zone), mailer, std::move(now)));
}

EmailImmediate::EmailImmediate(const EmailImmediateOptions& options, TextTemplate subject,
                               std::vector<TextTemplate> lines, TimeZone zone, Mailer& mailer,
                               Now now)
    : options_(options),
      subject_(std::move(subject)),
      lines_(std::move(lines)),
      zone_(std::move(zone)),
      mailer_(mailer),
      now_(std::move(now)) {}

absl::Status EmailImmediate::Run(const Delivery& delivery, Deadline deadline,
                                 std::stop_token stop) {
  return mailer_.Send(Compose(delivery), deadline, std::move(stop));
}

Mail EmailImmediate::Compose(const Delivery& delivery) const {
  Mail mail;
  mail.id = fmt::format("{}/{}", delivery.rule, delivery.event.id);
  mail.date = now_();
  mail.subject = subject_.Render(delivery, zone_, Escape::kNone);
  for (const TextTemplate& line : lines_) {
    if (!line.SaysNothing(delivery))
      mail.text += line.Render(delivery, zone_, Escape::kNone) + '\n';
  }
  for (const auto& path : delivery.pictures) {
    if (mail.pictures.size() >= static_cast<std::size_t>(options_.max_pictures)) break;
    auto bytes = internal::ReadFileWhole(path, limits::kMaxPictureBytes);
    if (!bytes.ok()) {  // a picture is not worth losing the alert for
      log::Warning("email_immediate: {}", MessageOf(bytes.status()));
      continue;
    }
    mail.pictures.push_back({fmt::format("{}.jpg", mail.pictures.size() + 1), *std::move(bytes)});
  }
  mail.html =
      "<!DOCTYPE html><html><body style=\"font-family:sans-serif\"><pre style=\"font-size:"
      "15px;white-space:pre-wrap\">" +
      internal::EscapeHtml(mail.text) + "</pre>";
  for (const MailPicture& picture : mail.pictures) {
    mail.html += fmt::format(
        "<p><img src=\"cid:{}\" alt=\"picture\" style=\"max-width:100%;border-radius:6px\"></p>",
        ContentId(mail, picture.name));
  }
  mail.html += "</body></html>\n";
  return mail;
}

}  // namespace vigil::actions
