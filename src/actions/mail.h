// A mail as a value, and the bytes that a mail server gets for it.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/wall_time.h"

namespace vigil::actions {

/// Shown inside the text: the HTML part refers to it by `cid:` and its name.
struct MailPicture {
  std::string name;   ///< `chart.png`, unique in the mail; letters, digits, `.`, `_` and `-`
  std::string bytes;  ///< JPEG or PNG; the type is told by the name's ending
  friend bool operator==(const MailPicture&, const MailPicture&) = default;
};

/// Any text may stand in any field: what could steer a mail is made harmless when it is written.
struct Mail {
  std::string subject;
  std::string text;                   ///< UTF-8; always there
  std::string html;                   ///< may be empty: then the pictures are attachments
  std::vector<MailPicture> pictures;  ///< the most important first
  std::string id;      ///< what the mail is about; mails of one id have one Message-ID, so that
                       ///< repetitions of it collapse
  std::string thread;  ///< mails of one thread are shown together; may be empty
  WallTime date;
  friend bool operator==(const Mail&, const Mail&) = default;
};

struct MailAddress {
  std::string name;     ///< may be empty
  std::string address;  ///< `vigil@example.org`
  friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

/// Reads `vigil@example.org` or `Vigil <vigil@example.org>`. InvalidArgument: no address, or one
/// with other characters than ASCII ones (domains: write them as xn--…).
[[nodiscard]] absl::StatusOr<MailAddress> ParseAddress(std::string_view text);

/// The name by which the HTML part refers to a picture.
[[nodiscard]] std::string ContentId(const Mail& mail, std::string_view picture_name);

/// The mail as RFC 5322 has it, lines ended by CRLF and none longer than 998 bytes: a text part, an
/// HTML part where there is one, pictures inline. Has `Auto-Submitted: auto-generated` (RFC 3834),
/// a Message-ID made from `id`, References where there is a thread.
///
/// Pictures for which there is no room in `max_bytes` are left out, the last ones first, and the
/// text says how many. InvalidArgument: larger without any picture, or no recipient. Pure.
[[nodiscard]] absl::StatusOr<std::string> BuildMessage(const Mail& mail, const MailAddress& from,
                                                       const std::vector<MailAddress>& to,
                                                       std::size_t max_bytes);

/// The Message-ID that BuildMessage gives, with its angle brackets.
[[nodiscard]] std::string MessageId(const Mail& mail, const MailAddress& from);

}  // namespace vigil::actions
