#include "events/refusal.h"

#include <absl/strings/cord.h>

#include <numeric>

#include "core/status.h"

namespace vigil::events {
namespace {

// In the order of RefusalReason.
constexpr std::array<std::string_view, kRefusalReasons> kNames = {
    "too_large",      "bad_json",    "bad_version",      "missing_field",    "repeated_field",
    "wrong_type",     "bad_id",      "bad_time",         "bad_number",       "bad_box",
    "bad_confidence", "bad_state",   "bad_picture",      "too_many_objects", "duplicate_track",
    "wrong_source",   "stale_epoch", "repeated_message", "out_of_order"};

constexpr char kPayload[] = "vigil/refusal";

bool IsOld(RefusalReason reason) {
  return reason == RefusalReason::kStaleEpoch || reason == RefusalReason::kRepeatedMessage ||
         reason == RefusalReason::kOutOfOrder;
}

}  // namespace

std::string_view NameOf(RefusalReason reason) {
  return kNames.at(static_cast<std::size_t>(reason));
}

absl::Status Refuse(RefusalReason reason, const std::string& text) {
  absl::Status status =
      IsOld(reason) ? absl::AlreadyExistsError(text) : absl::InvalidArgumentError(text);
  status.SetPayload(kPayload, absl::Cord(std::string(1, static_cast<char>(reason))));
  return status;
}

std::optional<RefusalReason> RefusalReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload || payload->size() != 1) return std::nullopt;
  return static_cast<RefusalReason>((*payload)[0]);
}

void RefusalCounts::Add(const absl::Status& status) {
  if (const auto reason = RefusalReasonOf(status)) ++counts_[static_cast<std::size_t>(*reason)];
}

std::int64_t RefusalCounts::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

}  // namespace vigil::events
