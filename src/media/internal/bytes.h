// Numbers out of bytes that somebody else wrote: every read is inside the span or 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vigil::media::internal {

using Bytes = std::span<const std::uint8_t>;

inline std::uint32_t Byte(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? bytes[at] : 0U;
}
inline std::uint32_t Be16(Bytes bytes, std::size_t at) {
  return Byte(bytes, at) << 8 | Byte(bytes, at + 1);
}
inline std::uint32_t Be32(Bytes bytes, std::size_t at) {
  return Be16(bytes, at) << 16 | Be16(bytes, at + 2);
}
inline std::uint32_t Le16(Bytes bytes, std::size_t at) {
  return Byte(bytes, at + 1) << 8 | Byte(bytes, at);
}
inline std::uint32_t Le24(Bytes bytes, std::size_t at) {
  return Byte(bytes, at + 2) << 16 | Le16(bytes, at);
}
inline std::uint32_t Le32(Bytes bytes, std::size_t at) {
  return Le16(bytes, at + 2) << 16 | Le16(bytes, at);
}

/// `count` bytes from `at`, fewer where the span ends earlier.
inline Bytes Slice(Bytes bytes, std::size_t at, std::size_t count = std::dynamic_extent) {
  if (at >= bytes.size()) return {};
  return bytes.subspan(at, count < bytes.size() - at ? count : bytes.size() - at);
}

inline bool HasText(Bytes bytes, std::size_t at, std::string_view text) {
  const Bytes part = Slice(bytes, at, text.size());
  if (part.size() != text.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (part[i] != static_cast<std::uint8_t>(text[i])) return false;
  }
  return true;
}

}  // namespace vigil::media::internal
