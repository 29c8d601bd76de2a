// Logs of the whole process, on stderr. Libraries log here, once, where a problem is handled; results go to stdout.
#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

namespace vigil::log {

enum class Format { kText, kJson };

/// Sets where and how the process logs. `level`: debug, info, warning, error. Call once, from main.
void Setup(std::string_view level, Format format);

/// `scheme://user:password@host/…` with user and password masked, anywhere in `text`. Every URL passes through here on
/// its way to a log or an error message.
std::string MaskCredentials(std::string_view text);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace vigil::log
