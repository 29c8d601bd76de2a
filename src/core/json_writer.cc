#include "core/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/utf8.h"

namespace vigil {
void JsonWriter::Separate() {
  if (comma_) text_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  text_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  text_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view name) {
  Separate();
  text_.append(1, '"').append(name).append("\":");
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  Separate();
  text_ += '"';
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    std::size_t length = 1;
    if (c == '"' || c == '\\') {
      text_.append(1, '\\').append(1, text[0]);
    } else if (c < 0x20) {
      text_.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
    } else if (length = Utf8Length(text); length > 0) {
      text_.append(text.substr(0, length));
    } else {
      text_.append("\xEF\xBF\xBD");
      length = 1;
    }
    text.remove_prefix(length);
  }
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::Value(bool value) {
  Separate();
  text_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Value(std::int64_t value) {
  Separate();
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), end);
  return *this;
}

JsonWriter& JsonWriter::Value(double value, int decimals) {
  if (!std::isfinite(value) || std::abs(value) > 1e15) return Null();
  Separate();
  // Fixed-point by hand is several times faster than a general conversion, and a frame has thousands of numbers.
  static constexpr std::array<double, 10> kPower = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  if (decimals > 9) decimals = 9;
  if (std::abs(value) > 9e18 / kPower[static_cast<std::size_t>(decimals)]) decimals = 0;
  auto scaled = static_cast<std::uint64_t>(
      std::llround(std::abs(value) * kPower[static_cast<std::size_t>(decimals)]));
  if (value < 0 && scaled != 0) text_ += '-';
  while (decimals > 0 && scaled % 10 == 0) {
    scaled /= 10;
    --decimals;
  }
  std::array<char, 32> digits;
  char* const end = digits.data() + digits.size();
  char* begin = end;
  for (int i = 0; i < decimals; ++i, scaled /= 10) *--begin = static_cast<char>('0' + scaled % 10);
  if (decimals > 0) *--begin = '.';
  do {
    *--begin = static_cast<char>('0' + scaled % 10);
    scaled /= 10;
  } while (scaled != 0);
  text_.append(begin, end);
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  text_ += "null";
  return *this;
}

}  // namespace vigil
