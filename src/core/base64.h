// Base64 (RFC 4648, the standard alphabet, padded).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vigil {

/// How many characters stand for so many bytes.
[[nodiscard]] constexpr std::size_t Base64Length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

[[nodiscard]] std::string EncodeBase64(std::string_view bytes);

/// None where `text` is not exactly what EncodeBase64 writes: white space, missing padding and bits
/// that mean nothing are refused.
[[nodiscard]] std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace vigil
