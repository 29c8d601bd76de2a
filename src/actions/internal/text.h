// Text that is safe where it goes: in HTML, headers, file names, one line of a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vigil::actions::internal {

/// Valid UTF-8 in one line: control characters become blanks, what is not UTF-8 becomes U+FFFD; cut
/// to `max_bytes` at the border of a character, with `…` behind it.
[[nodiscard]] std::string OneLine(std::string_view text, std::size_t max_bytes);

/// Valid UTF-8 with its line ends (`\n` only); other control characters become blanks.
[[nodiscard]] std::string CleanText(std::string_view text);

[[nodiscard]] std::string EscapeHtml(std::string_view text);  ///< `&lt;` and its kind
[[nodiscard]] std::string EscapeJson(std::string_view text);  ///< inside a JSON string
[[nodiscard]] std::string EscapeUrl(std::string_view text);   ///< percent-encoded

/// One component of a path: letters, digits, `.`, `_` and `-`; others become `_`. Never empty,
/// hidden, or longer than 64.
[[nodiscard]] std::string FileNamePart(std::string_view text);

}  // namespace vigil::actions::internal
