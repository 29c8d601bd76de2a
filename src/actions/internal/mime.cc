#include "actions/internal/mime.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "actions/internal/text.h"
#include "core/base64.h"
#include "core/check.h"
#include "core/utf8.h"

namespace vigil::actions::internal {
namespace {

// RFC 2047, section 2: lines with encoded words have at most 76 characters, the first with the
// field's name.
constexpr std::size_t kMaxEncodedWord = 64;
constexpr std::size_t kMaxHeaderBytes = 2000;

bool IsPrintableAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

// Encoded words, each of whole characters, one a line.
std::string EncodedWords(std::string_view text) {
  constexpr std::string_view kBegin = "=?UTF-8?B?", kEnd = "?=";
  constexpr std::size_t kMaxBytes = (kMaxEncodedWord - kBegin.size() - kEnd.size()) / 4 * 3;
  std::string words;
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size()) {
      const std::size_t next = Utf8Length(text.substr(length));
      if (length + next > kMaxBytes) break;
      length += next;
    }
    if (!words.empty()) words += "\r\n ";
    words.append(kBegin).append(EncodeBase64(text.substr(0, length))).append(kEnd);
    text.remove_prefix(length);
  }
  return words;
}

}  // namespace

std::string HeaderField(std::string_view name, std::string_view value) {
  const std::string line = OneLine(value, kMaxHeaderBytes);
  VIGIL_CHECK(name.size() <= 10);
  // A short line of ASCII stays readable; one that looks like an encoded word would be taken for
  // one.
  const bool plain = IsPrintableAscii(line) && name.size() + 2 + line.size() <= 78 &&
                     line.find("=?") == std::string::npos;
  return fmt::format("{}: {}\r\n", name, plain ? line : EncodedWords(line));
}

std::string Phrase(std::string_view text) {
  const std::string line = OneLine(text, 128);
  if (!IsPrintableAscii(line) || line.size() > 60 || line.find("=?") != std::string::npos) {
    return EncodedWords(line);
  }
  std::string quoted = "\"";
  for (const char c : line) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string QuotedPrintable(std::string_view text) {
  constexpr std::size_t kMaxLine = 76;
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool last = i + 1 == text.size() || text[i + 1] == '\n';
    const bool blank = c == ' ' || c == '\t';
    // Blanks at the end of a line get lost on the way, and a dot alone ends a mail.
    const bool plain =
        (c > 0x20 && c < 0x7F && c != '=' && !(c == '.' && column == 0)) || (blank && !last);
    const std::size_t length = plain ? 1 : 3;
    if (column + length > kMaxLine - (last ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    if (plain) {
      out += text[i];
    } else {
      out += fmt::format("={:02X}", c);
    }
    column += length;
  }
  return out;
}

std::string Base64Lines(std::string_view bytes, std::size_t line) {
  const std::string text = EncodeBase64(bytes);
  std::string lines;
  lines.reserve(text.size() + (text.size() / line + 1) * 2);
  for (std::size_t at = 0; at < text.size(); at += line) {
    lines.append(text, at, line).append("\r\n");
  }
  return lines;
}

std::string ShortHash(std::string_view text, std::size_t length) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  VIGIL_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) ==
              1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex.substr(0, length);
}

}  // namespace vigil::actions::internal
