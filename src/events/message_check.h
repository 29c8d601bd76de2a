// Whether a detection message can be believed: what every message has to fulfil, whether it came as
// JSON or from a tracker in the same process.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <vector>

#include "core/detection_message.h"

namespace vigil::events {

/// Checks names, numbers, boxes, confidences and track ids. A box may reach outside the frame by
/// one frame on each side (predictions do); `roi` may not. A negative track_id says that the object
/// has not been followed: any number may have one. Keeps its memory; one thread at a time.
class MessageCheck {
 public:
  /// OK, or a status with a RefusalReason.
  absl::Status Check(const DetectionMessage& message);

 private:
  absl::Status CheckTrackIds(const DetectionMessage& message);

  std::vector<std::int64_t> ids_;
};

/// Pixels of the frame after its region of interest: what boxes and percentages refer to.
[[nodiscard]] Size EvaluatedSize(const DetectionMessage& message);

}  // namespace vigil::events
