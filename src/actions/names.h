// Actions by the names that rules use.
#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace vigil::actions {

/// Whether a rule may name that action; what follows a colon (`webhook:chat`) tells several of one
/// kind apart and is not looked at. InvalidArgument: unknown, with the nearest known one.
/// Unimplemented: known, but not in this build yet (`mqtt`, `redis`); says so and what to use.
[[nodiscard]] absl::Status CheckActionName(std::string_view name);

}  // namespace vigil::actions
