#include "events/message_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/limits.h"
#include "events/internal/text_rules.h"
#include "events/refusal.h"

namespace vigil::events {
namespace {

absl::Status CheckId(std::string_view name, std::string_view id) {
  const auto fault = FaultOfId(id);
  if (!fault) return absl::OkStatus();
  return Refuse(RefusalReason::kBadId, fmt::format("{} {}", name, *fault));
}

bool IsWithin(float value, double min, double max) { return value >= min && value <= max; }

// What every JSON reader can hold exactly.
absl::Status CheckCounter(std::string_view name, std::int64_t value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  if (value >= 0 && value <= kMost) return absl::OkStatus();
  return Refuse(RefusalReason::kBadNumber,
                fmt::format("{} is {}", name, value < 0 ? "negative" : "larger than 2^53"));
}

absl::Status CheckFrame(const DetectionMessage& message) {
  if (auto bad = CheckCounter("source.epoch", message.epoch); !bad.ok()) return bad;
  if (auto bad = CheckCounter("frame.number", message.frame_number); !bad.ok()) return bad;
  const Size size = message.frame_size;
  if (size.width < 1 || size.height < 1 || size.width > limits::kMaxPictureSide ||
      size.height > limits::kMaxPictureSide) {
    return Refuse(RefusalReason::kBadNumber,
                  fmt::format("a frame of {} x {} pixels; 1 to {} are possible", size.width,
                              size.height, limits::kMaxPictureSide));
  }
  // Half a pixel, for who rounds.
  const PixelBox& roi = message.roi;
  if (!IsWithin(roi.x, -0.5, size.width) || !IsWithin(roi.y, -0.5, size.height) ||
      !IsWithin(roi.width, 1, size.width + 0.5) || !IsWithin(roi.height, 1, size.height + 0.5) ||
      !IsWithin(roi.right(), 1, size.width + 0.5) ||
      !IsWithin(roi.bottom(), 1, size.height + 0.5)) {
    return Refuse(RefusalReason::kBadBox, "frame.roi_applied is not a part of the frame");
  }
  return absl::OkStatus();
}

// Where in the message something is wrong; made only then.
std::string Name(std::size_t index, std::string_view field) {
  return fmt::format("detections[{}].{}", index, field);
}

bool IsNear(Point2f p, Size size) {
  return IsWithin(p.x, -size.width, 2.0 * size.width) &&
         IsWithin(p.y, -size.height, 2.0 * size.height);
}

absl::Status CheckPoint(std::size_t index, std::string_view field, Point2f p, Size size) {
  if (IsNear(p, size)) return absl::OkStatus();
  if (!std::isfinite(p.x) || !std::isfinite(p.y)) {
    return Refuse(RefusalReason::kBadNumber, Name(index, field) + " is not a number");
  }
  return Refuse(RefusalReason::kBadBox, Name(index, field) + " is far outside the frame");
}

absl::Status CheckObject(std::size_t index, const TrackedObject& object, Size size) {
  const PixelBox& box = object.box;
  if (!IsNear({box.x, box.y}, size) || !IsNear({box.right(), box.bottom()}, size)) {
    const float sum = box.x + box.y + box.width + box.height;
    return std::isfinite(sum)
               ? Refuse(RefusalReason::kBadBox, Name(index, "bbox") + " is far outside the frame")
               : Refuse(RefusalReason::kBadNumber, Name(index, "bbox") + " is not a number");
  }
  if (!(box.width >= 0) || !(box.height >= 0)) {
    return Refuse(RefusalReason::kBadBox,
                  Name(index, "bbox") + " is inside out: x2 < x1 or y2 < y1");
  }
  if (auto bad = CheckPoint(index, "center", object.center, size); !bad.ok()) return bad;
  if (object.previous_center) {
    if (auto bad = CheckPoint(index, "previous_center", *object.previous_center, size); !bad.ok()) {
      return bad;
    }
  }
  if (!IsWithin(object.confidence, 0, 1)) {
    return Refuse(RefusalReason::kBadConfidence, Name(index, "confidence") + " is not 0 to 1");
  }
  if (object.class_id < 0 || object.class_id >= limits::kMaxClasses) {
    return Refuse(
        RefusalReason::kBadNumber,
        fmt::format("{} is not 0 to {}", Name(index, "class_id"), limits::kMaxClasses - 1));
  }
  if (const auto fault = FaultOfId(object.class_name)) {
    return Refuse(RefusalReason::kBadId, fmt::format("{} {}", Name(index, "class_name"), *fault));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MessageCheck::Check(const DetectionMessage& message) {
  if (message.objects.size() > static_cast<std::size_t>(limits::kMaxDetections)) {
    return Refuse(RefusalReason::kTooManyObjects,
                  fmt::format("{} detections; at most {} are possible", message.objects.size(),
                              limits::kMaxDetections));
  }
  if (auto bad = CheckId("source.device_id", message.device_id); !bad.ok()) return bad;
  if (auto bad = CheckId("source.camera_id", message.camera_id); !bad.ok()) return bad;
  if (message.timestamp < WallTime{} ||
      message.timestamp >= WallTime(std::chrono::hours(70'000'000))) {
    return Refuse(RefusalReason::kBadTime, "source.timestamp is outside the years 1970 to 9999");
  }
  if (auto bad = CheckFrame(message); !bad.ok()) return bad;
  const Size size = EvaluatedSize(message);
  for (std::size_t i = 0; i < message.objects.size(); ++i) {
    if (auto bad = CheckObject(i, message.objects[i], size); !bad.ok()) return bad;
  }
  return CheckTrackIds(message);
}

absl::Status MessageCheck::CheckTrackIds(const DetectionMessage& message) {
  // Trackers mostly report in order of ids; then there is nothing to sort.
  bool rising = true;
  std::int64_t last = -1;
  for (const TrackedObject& object : message.objects) {
    if (object.track_id < 0) continue;
    rising = rising && object.track_id > last;
    last = object.track_id;
  }
  if (rising) return absl::OkStatus();
  ids_.clear();
  for (const TrackedObject& object : message.objects) {
    if (object.track_id >= 0) ids_.push_back(object.track_id);
  }
  std::ranges::sort(ids_);
  const auto twice = std::ranges::adjacent_find(ids_);
  if (twice == ids_.end()) return absl::OkStatus();
  return Refuse(RefusalReason::kDuplicateTrack,
                fmt::format("track {} is in the message twice", *twice));
}

Size EvaluatedSize(const DetectionMessage& message) {
  return {std::max(1, static_cast<int>(std::lround(message.roi.width))),
          std::max(1, static_cast<int>(std::lround(message.roi.height)))};
}

}  // namespace vigil::events
