#include "actions/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "actions/internal/mime.h"
#include "actions/internal/text.h"
#include "core/time_zone.h"

namespace vigil::actions {
namespace {

using internal::Base64Lines;
using internal::HeaderField;
using internal::QuotedPrintable;
using internal::ShortHash;

constexpr std::size_t kBase64Line = 76;

bool IsAtom(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool IsAddress(std::string_view text) {
  const auto at = text.rfind('@');
  if (text.size() > 254 || at == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  return IsAtom(local, ".!#$%&'*+/=?^_`{|}~-") && local.front() != '.' && local.back() != '.' &&
         IsAtom(domain, ".-") && domain.front() != '.' && domain.back() != '.' &&
         domain.find("..") == std::string_view::npos;
}

std::string Written(const MailAddress& address) {
  if (address.name.empty()) return fmt::format("<{}>", address.address);
  return fmt::format("{} <{}>", internal::Phrase(address.name), address.address);
}

// One address a line, so that no line grows long.
std::string AddressField(std::string_view name, const std::vector<MailAddress>& addresses) {
  std::string field = fmt::format("{}: ", name);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    field += Written(addresses[i]) + (i + 1 < addresses.size() ? ",\r\n " : "\r\n");
  }
  return field;
}

std::string DomainOf(const MailAddress& address) {
  return address.address.substr(address.address.rfind('@') + 1);
}

std::string DateField(WallTime time) {
  static constexpr std::array kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime t = TimeZone().At(time);
  return fmt::format("Date: {}, {} {} {} {:02}:{:02}:{:02} +0000\r\n",
                     kDays.at(static_cast<std::size_t>(t.weekday)), t.day,
                     kMonths.at(static_cast<std::size_t>(t.month - 1)), t.year, t.hour, t.minute,
                     t.second);
}

std::string TextPart(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "{}\r\n",
      type, QuotedPrintable(internal::CleanText(text)));
}

std::string PicturePart(const Mail& mail, const MailPicture& picture) {
  const std::string name = internal::FileNamePart(picture.name);
  const bool png = name.ends_with(".png");
  return fmt::format(
      "Content-Type: image/{}; name=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-ID: <{}>\r\nContent-Disposition: {}; filename=\"{}\"\r\n\r\n{}",
      png ? "png" : "jpeg", name, ContentId(mail, picture.name),
      mail.html.empty() ? "attachment" : "inline", name, Base64Lines(picture.bytes, kBase64Line));
}

std::string Multipart(std::string_view type, std::string_view boundary,
                      const std::vector<std::string>& parts) {
  std::string text =
      fmt::format("Content-Type: multipart/{}; boundary=\"{}\"\r\n\r\n", type, boundary);
  for (const std::string& part : parts) text += fmt::format("--{}\r\n{}", boundary, part);
  return text + fmt::format("--{}--\r\n", boundary);
}

// The first `count` pictures, and a word about the others.
std::string Body(const Mail& mail, std::size_t count) {
  const std::size_t left_out = mail.pictures.size() - count;
  const std::string note =
      left_out == 0
          ? std::string()
          : fmt::format("{} left out: the mail would have become too large.",
                        left_out == 1 ? "1 picture" : fmt::format("{} pictures", left_out));
  // Encoded text never has a line that begins so: `=` always has two hexadecimal digits or a line
  // end behind it.
  const std::string boundary = "=_vigil_" + ShortHash(mail.id, 24);
  std::vector<std::string> pictures;
  for (std::size_t i = 0; i < count; ++i) pictures.push_back(PicturePart(mail, mail.pictures[i]));

  std::string text = TextPart("plain", note.empty() ? mail.text : mail.text + "\n\n" + note + "\n");
  if (mail.html.empty()) {
    if (pictures.empty()) return text;
    pictures.insert(pictures.begin(), std::move(text));
    return Multipart("mixed", boundary + "_m", pictures);
  }
  std::string html = TextPart("html", note.empty() ? mail.html : mail.html + "<p>" + note + "</p>");
  if (!pictures.empty()) {
    pictures.insert(pictures.begin(), std::move(html));
    html = Multipart("related", boundary + "_r", pictures);
  }
  return Multipart("alternative", boundary + "_a", {std::move(text), std::move(html)});
}

std::string Headers(const Mail& mail, const MailAddress& from, const std::vector<MailAddress>& to) {
  std::string headers = DateField(mail.date);
  headers += AddressField("From", {from});
  headers += AddressField("To", to);
  headers += HeaderField("Subject", mail.subject);
  headers += fmt::format("Message-ID: {}\r\n", MessageId(mail, from));
  if (!mail.thread.empty()) {
    // The thread's root is a mail that was never sent; readers gather under it all the same.
    const std::string root =
        fmt::format("<vigil.thread.{}@{}>", ShortHash(mail.thread, 32), DomainOf(from));
    headers += fmt::format("In-Reply-To: {0}\r\nReferences: {0}\r\n", root);
  }
  // RFC 3834, and what Exchange looks at: no absence notes in answer.
  headers += "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n";
  return headers + "MIME-Version: 1.0\r\n";
}

// What Base64 in lines makes of so many bytes, and the part's head.
std::size_t EncodedSize(const MailPicture& picture) {
  const std::size_t base64 = (picture.bytes.size() + 2) / 3 * 4;
  return base64 + (base64 / kBase64Line + 1) * 2 + 512;
}

}  // namespace

absl::StatusOr<MailAddress> ParseAddress(std::string_view text) {
  MailAddress result;
  std::string_view address = Trimmed(text);
  if (address.ends_with('>')) {
    const auto open = address.rfind('<');
    if (open != std::string_view::npos) {
      std::string_view name = Trimmed(address.substr(0, open));
      if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
      }
      result.name = internal::OneLine(name, 128);
      address = Trimmed(address.substr(open + 1, address.size() - open - 2));
    }
  }
  // Configuration has no business with control characters here, even where they would do no harm.
  const bool one_line = std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (!one_line || !IsAddress(address)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: no mail address; write name@example.org or Name <name@example.org>",
                    internal::OneLine(text, 128)));
  }
  result.address = address;
  return result;
}

std::string ContentId(const Mail& mail, std::string_view picture_name) {
  return fmt::format("{}.{}@vigil.invalid", internal::FileNamePart(picture_name),
                     ShortHash(mail.id, 16));
}

std::string MessageId(const Mail& mail, const MailAddress& from) {
  return fmt::format("<vigil.{}@{}>", ShortHash(mail.id, 32), DomainOf(from));
}

absl::StatusOr<std::string> BuildMessage(const Mail& mail, const MailAddress& from,
                                         const std::vector<MailAddress>& to,
                                         std::size_t max_bytes) {
  if (to.empty()) return absl::InvalidArgumentError("mail: no recipient");
  const std::string headers = Headers(mail, from, to);
  const std::size_t bare = headers.size() + Body(mail, 0).size();
  if (bare > max_bytes) {
    return absl::InvalidArgumentError(
        fmt::format("mail: {} bytes without pictures; at most {}", bare, max_bytes));
  }
  std::size_t count = 0, size = bare + 512;
  while (count < mail.pictures.size() && size + EncodedSize(mail.pictures[count]) <= max_bytes) {
    size += EncodedSize(mail.pictures[count++]);
  }
  return headers + Body(mail, count);
}

}  // namespace vigil::actions
