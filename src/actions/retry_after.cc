#include "actions/retry_after.h"

#include <absl/strings/cord.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace vigil::actions {
namespace {

constexpr const char* kPayload = "vigil/retry-after-ms";
constexpr const char* kNotReady = "vigil/not-ready";

}  // namespace

absl::Status WithRetryAfter(absl::Status status, std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);
  const auto clamped = std::clamp(wait, std::chrono::milliseconds(0), kLongest);
  status.SetPayload(kPayload, absl::Cord(std::to_string(clamped.count())));
  return status;
}

absl::Status NotReady(std::string_view what, std::chrono::milliseconds wait) {
  absl::Status status = WithRetryAfter(absl::UnavailableError({what.data(), what.size()}), wait);
  status.SetPayload(kNotReady, absl::Cord());
  return status;
}

bool IsNotReady(const absl::Status& status) { return status.GetPayload(kNotReady).has_value(); }

std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::milliseconds(count);
}

}  // namespace vigil::actions
