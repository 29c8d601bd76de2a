// Logs of the whole process, on stderr. Libraries log here, once, where a problem is handled; results go to stdout.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace vigil::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : std::uint8_t { kText, kJson };

/// What a line is about, for machines: a member of the JSON object, ` name=value` behind a line of text.
struct Field {
  std::string_view name;  ///< the program's own: stream_id, frame, trace_id, peer
  std::string_view value;
  bool is_number = false;  ///< written without quotes in JSON
};

/// Sets what the process logs, and how. Call once, from main, before there are threads. `service` is the role, as JSON
/// lines name it.
void Setup(Level level, Format format, const std::string& service = "vigil");

/// `scheme://user:password@host/…` with user and password masked, anywhere in `text`. Every URL passes through here on
/// its way to a log or an error message.
std::string MaskCredentials(std::string_view text);

/// Whether lines of that level go anywhere.
bool Shown(Level level);
/// One line, already put together.
void Write(Level level, std::string_view line, std::span<const Field> fields = {});

template <typename... Args>
void Debug(fmt::format_string<Args...> text, Args&&... args) {
  if (Shown(Level::kDebug)) Write(Level::kDebug, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void Info(fmt::format_string<Args...> text, Args&&... args) {
  Write(Level::kInfo, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void Warning(fmt::format_string<Args...> text, Args&&... args) {
  Write(Level::kWarning, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void Error(fmt::format_string<Args...> text, Args&&... args) {
  Write(Level::kError, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace vigil::log
