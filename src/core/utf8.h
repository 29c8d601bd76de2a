// UTF-8 (RFC 3629), one character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace vigil {

/// The length in bytes, 1 to 4, of the UTF-8 character that `text`, which is not empty, begins
/// with. 0: it begins with none; overlong forms, surrogates and what is cut off are none. Pure.
[[nodiscard]] std::size_t Utf8Length(std::string_view text);

}  // namespace vigil
