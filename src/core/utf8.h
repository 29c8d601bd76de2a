// UTF-8 (RFC 3629), one character at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vigil {

/// The length in bytes, 1 to 4, of the UTF-8 character that `text`, which is not empty, begins
/// with. 0: it begins with none; overlong forms, surrogates and what is cut off are none. Pure.
[[nodiscard]] std::size_t Utf8Length(std::string_view text);

/// `text` with U+FFFD for every byte that belongs to no character, as JsonWriter has it. Pure.
[[nodiscard]] std::string ValidUtf8(std::string_view text);

/// `text` as a terminal may see it, on one line: ValidUtf8() with control characters (C0, DEL, C1)
/// written out, `\n`, `\t` or `\x1b`. A file's name can hold anything. Pure.
[[nodiscard]] std::string Printable(std::string_view text);

}  // namespace vigil
