// The encodings that mails are made of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vigil::actions::internal {

/// An unstructured header field, folded and encoded as RFC 2047 asks where it is not plain ASCII;
/// with its CRLF. Control characters become blanks, so `value` cannot begin another field.
[[nodiscard]] std::string HeaderField(std::string_view name, std::string_view value);

/// A display name: quoted, or as encoded words.
[[nodiscard]] std::string Phrase(std::string_view text);

/// RFC 2045 quoted-printable, lines of at most 76 characters ended by CRLF. `text` has `\n` ends.
[[nodiscard]] std::string QuotedPrintable(std::string_view text);

/// Base64 in lines of `line` characters, at least 1, each ended by CRLF.
[[nodiscard]] std::string Base64Lines(std::string_view bytes, std::size_t line);

/// The first `length` hexadecimal digits of the SHA-256.
[[nodiscard]] std::string ShortHash(std::string_view text, std::size_t length);

}  // namespace vigil::actions::internal
