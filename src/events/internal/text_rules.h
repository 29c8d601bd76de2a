// What may be the name of a device, camera, class, line or zone.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "core/limits.h"

namespace vigil::events {

/// What is wrong with `id`, or nothing. Names reach logs, topics and file names, so none has
/// control characters.
inline std::optional<std::string> FaultOfId(std::string_view id) {
  if (id.empty()) return "is empty";
  if (id.size() > limits::kMaxIdBytes) {
    return fmt::format("is longer than {} bytes", limits::kMaxIdBytes);
  }
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  };
  if (std::ranges::any_of(id, is_control)) return "has control characters";
  return std::nullopt;
}

}  // namespace vigil::events
