// A decimal number times a unit, exactly: what durations and sizes have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vigil::internal {

/// Takes the number (`digits[.digits]`) off the front of `text`. Empty: `text` does not begin with one.
std::string_view TakeNumber(std::string_view& text);

/// `number` × `unit`, where that is a whole number of at most int64's range; else nothing.
std::optional<std::int64_t> Scale(std::string_view number, std::int64_t unit);

}  // namespace vigil::internal
