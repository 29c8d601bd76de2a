// How an action says when another attempt is worth it: carried by the status that it returns.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <optional>

namespace vigil::actions {

/// `status`, which is one worth another attempt, with the least time to wait before that. 0 to one
/// day; longer is shortened.
[[nodiscard]] absl::Status WithRetryAfter(absl::Status status, std::chrono::milliseconds wait);

/// What WithRetryAfter put there. None: the caller's own backoff decides.
[[nodiscard]] std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status);

}  // namespace vigil::actions
