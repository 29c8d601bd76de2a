#include "core/utf8.h"

namespace vigil {

std::size_t Utf8Length(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool range = (first != 0xE0 || at(1) >= 0xA0) && (first != 0xED || at(1) < 0xA0);
    return range && tail(1) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool range = (first != 0xF0 || at(1) >= 0x90) && (first != 0xF4 || at(1) < 0x90);
    return range && tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

namespace {

// A control character, or -1. C1, U+0080 to U+009F, is two bytes.
int ControlOf(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F ? byte(0) : -1;
  return character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0 ? byte(1) : -1;
}

void AppendControl(std::string& text, int control) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (control == '\n') {
    text += "\\n";
  } else if (control == '\t') {
    text += "\\t";
  } else {
    text.append("\\x").append(1, kHex[static_cast<std::size_t>(control) >> 4]);
    text.append(1, kHex[static_cast<std::size_t>(control) & 15]);
  }
}

std::string Clean(std::string_view text, bool controls) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    const std::string_view character = text.substr(0, length);
    if (length == 0) {
      clean += "\xEF\xBF\xBD";
    } else if (const int control = ControlOf(character); controls && control >= 0) {
      AppendControl(clean, control);
    } else {
      clean += character;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace

std::string ValidUtf8(std::string_view text) { return Clean(text, false); }

std::string Printable(std::string_view text) { return Clean(text, true); }

}  // namespace vigil
