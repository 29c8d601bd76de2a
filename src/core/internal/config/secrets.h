// Values that stand outside the configuration file: environment variables, and files for secrets.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/config/load.h"
#include "core/internal/config/node.h"
#include "core/internal/config/problems.h"

namespace vigil::config {

/// The contents of a file that holds one secret, without one line end at its end. At most limits::kMaxSecretBytes.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

/// The value of a variable, if it has one.
std::optional<std::string> Variable(const Environment& environment, std::string_view name);

/// Replaces `${NAME}` and `${NAME:default}` in all texts under `node`. What was read from a file becomes secret.
void ExpandPlaceholders(Node& node, const Environment& environment, Problems& problems);

}  // namespace vigil::config
