// Between texts and typed values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config/types.h"
#include "core/internal/config/node.h"
#include "core/internal/config/problems.h"

namespace vigil::config {

/// What `node` means as a `type`. Nothing: a problem at `path` was added, which does not quote a secret.
std::optional<Value> ParseValue(const Type& type, const Node& node, std::string_view path,
                                bool secret, Problems& problems);

/// The text that ParseValue reads back to the same scalar.
std::string FormatScalar(const Type& type, const Value& value);
/// A tree for `value`.
Node ToNode(const Type& type, const Value& value);

/// `a number`, `a list of durations such as 10s`: what is expected, in words.
std::string DescribeType(const Type& type);
/// `1 to 256`, `at least 0`, or nothing.
std::string DescribeRange(const Type& type);

}  // namespace vigil::config
