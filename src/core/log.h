// Logs of the whole process, on stderr. Libraries log here, once, where a problem is handled; results go to stdout.
#pragma once

#include <spdlog/spdlog.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace vigil::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : std::uint8_t { kText, kJson };

/// Sets what the process logs, and how. Call once, from main, before there are threads.
void Setup(Level level, Format format);

/// `scheme://user:password@host/…` with user and password masked, anywhere in `text`. Every URL passes through here on
/// its way to a log or an error message.
std::string MaskCredentials(std::string_view text);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace vigil::log
