// One line of JSON a frame: what `vigil analyze --json` writes.
// docs/schema/analyze-frame.schema.json describes it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/detection_message.h"
#include "core/geometry.h"
#include "core/json_writer.h"
#include "face/types.h"

namespace vigil::app {

/// What a result belongs to.
struct FrameHeader {
  std::string_view stream_id;
  std::uint64_t number = 0;
  std::int64_t timestamp_us = 0;
  std::int64_t decode_us = 0;
  Size size;
};

/// Where a result of `vigil edge` was computed, and how long it took. Times in microseconds; 0: no part of it.
struct FrameOrigin {
  std::string_view computed;                  ///< "remote", "local", "both"
  std::span<const std::int64_t> local_faces;  ///< of "both": ids of faces that only this device saw
  std::int64_t total_us = 0;                  ///< from the capture until the result
  std::int64_t remote_us = 0;                 ///< to the server and back
  std::int64_t server_us = 0;                 ///< of it, within the server
  std::int64_t server_decode_us = 0;          ///< of that, decoding the picture
  std::int64_t local_us = 0;                  ///< this device's networks
};

/// What was found in a frame. Null: was not looked for.
struct FrameResult {
  const face::FaceResult* faces = nullptr;
  const DetectionMessage* scene = nullptr;
  std::int64_t objects_us = 0;          ///< the object detector
  std::int64_t events_us = 0;           ///< tracks and events
  const FrameOrigin* origin = nullptr;  ///< null: there is no choice
};

/// Replaces what `json` holds by the frame's object, without a line end. Landmarks are normalised
/// by the frame's width (x, z) and height (y), boxes are in pixels, angles in degrees, translations
/// in centimetres, shares 0..1.
void WriteFrame(JsonWriter& json, const FrameHeader& header, const FrameResult& result);

/// "alert", "mildFatigue", "moderateFatigue", "severeFatigue".
std::string_view Name(face::DrowsinessLevel level);
/// "unknown", "open", "closed".
std::string_view Name(face::EyeState state);

}  // namespace vigil::app
