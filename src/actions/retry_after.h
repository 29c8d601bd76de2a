// How an action says when another attempt is worth it: carried by the status that it returns.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace vigil::actions {

/// `status`, which is one worth another attempt, with the least time to wait before that. 0 to one
/// day; longer is shortened.
[[nodiscard]] absl::Status WithRetryAfter(absl::Status status, std::chrono::milliseconds wait);

/// The same for what is no failure, but not ready yet: nothing to be told.
[[nodiscard]] absl::Status NotReady(std::string_view what, std::chrono::milliseconds wait);
[[nodiscard]] bool IsNotReady(const absl::Status& status);

/// What WithRetryAfter put there. None: the caller's own backoff decides.
[[nodiscard]] std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status);

}  // namespace vigil::actions
