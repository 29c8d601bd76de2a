#include "actions/internal/text.h"

#include <fmt/format.h>

#include "core/json_writer.h"
#include "core/utf8.h"

namespace vigil::actions::internal {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsPlain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// Valid UTF-8; control characters but those in `keep` become blanks.
std::string Clean(std::string_view text, std::string_view keep) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = Utf8Length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // C1 controls (U+0080 to U+009F) steer terminals as C0 ones do.
    const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0) {
      clean.append(kReplacement);
      length = 1;
    } else if ((first < 0x20 || first == 0x7F || c1) && keep.find(text[0]) == keep.npos) {
      clean += ' ';
    } else {
      clean.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return clean;
}

}  // namespace

std::string OneLine(std::string_view text, std::size_t max_bytes) {
  std::string line = Clean(text.substr(0, max_bytes + 4), "");
  if (line.size() <= max_bytes && text.size() <= max_bytes) return line;
  std::size_t end = 0;
  while (end < line.size()) {
    const std::size_t length = Utf8Length(std::string_view(line).substr(end));
    if (end + length > max_bytes) break;
    end += length;
  }
  line.resize(end);
  return line + "…";
}

std::string CleanText(std::string_view text) { return Clean(text, "\n\t"); }

std::string EscapeHtml(std::string_view text) {
  std::string html;
  for (const char c : Clean(text, "\n\t")) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string EscapeJson(std::string_view text) {
  JsonWriter writer;
  writer.Value(text);
  return std::string(writer.text().substr(1, writer.text().size() - 2));
}

std::string EscapeUrl(std::string_view text) {
  std::string url;
  for (const char c : text) {
    if (IsPlain(c) || c == '~') {
      url += c;
    } else {
      url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return url;
}

std::string FileNamePart(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  std::string name;
  while (!text.empty() && name.size() < kLongest) {
    const std::size_t length = Utf8Length(text);
    name += IsPlain(text[0]) ? text[0] : '_';  // one for each character, not for each of its bytes
    text.remove_prefix(length == 0 ? 1 : length);
  }
  if (name.empty()) return "none";
  if (name.front() == '.') name.front() = '_';  // hidden files, and `..`
  return name;
}

}  // namespace vigil::actions::internal
