// The envelope: a detection message as JSON, version 1, the same on every transport. Its fields are
// in docs/events.md and docs/schema/detection-message.schema.json.
//
//   {"version": 1,
//    "source": {"device_id": "jetson-01", "camera_id": "driveway",
//               "timestamp": "2025-01-15T14:30:22.123Z"},
//    "frame": {"number": 12345, "width": 1920, "height": 1080,
//              "roi_applied": {"x1": 0, "y1": 0, "x2": 1920, "y2": 1080}},
//    "detections": [{"track_id": 42, "class_id": 2, "class_name": "car", "confidence": 0.87,
//                    "bbox": {"x1": 100, "y1": 200, "x2": 400, "y2": 500},
//                    "center": {"x": 250, "y": 350}, "previous_center": {"x": 240, "y": 340}}]}
//
// Additions of ours, both optional: `source.epoch` (0 where absent) and `detections[].state`
// (`tentative`, `confirmed`, `lost`, `ended`; confirmed where absent).
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/detection_message.h"
#include "core/json_writer.h"

namespace vigil::events {

inline constexpr int kEnvelopeVersion = 1;

/// The largest JSON of a message: limits::kMaxEnvelopeBytes, and a picture in base64.
[[nodiscard]] std::size_t MaxEnvelopeJsonBytes();

/// Reads envelopes. Keeps its memory, so that messages like those before take none. One thread at a
/// time.
class EnvelopeReader {
 public:
  EnvelopeReader();
  EnvelopeReader(const EnvelopeReader&) = delete;
  EnvelopeReader& operator=(const EnvelopeReader&) = delete;
  ~EnvelopeReader();

  /// The message, checked (events/message_check.h), valid until the next call. Unknown fields are
  /// skipped. On an error the status has a RefusalReason (events/refusal.h) and names the field.
  absl::StatusOr<const DetectionMessage*> Read(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads one envelope; for many, use an EnvelopeReader.
[[nodiscard]] absl::StatusOr<DetectionMessage> ParseEnvelope(std::string_view json);

/// Writes `message` as one JSON object on one line. Coordinates have three decimals, which is all
/// that events look at. Epoch 0, the state confirmed and absent parts are left out.
void WriteEnvelope(JsonWriter& json, const DetectionMessage& message);
[[nodiscard]] std::string ToJson(const DetectionMessage& message);

/// `tentative`, `confirmed`, `lost`, `ended`.
[[nodiscard]] std::string_view NameOf(TrackState state);

}  // namespace vigil::events
