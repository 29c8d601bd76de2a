#include "events/envelope.h"

#include "core/base64.h"

namespace vigil::events {
namespace {

constexpr int kPixelDecimals = 3;  // the grid of events/geometry.h
constexpr int kConfidenceDecimals = 4;

void WritePoint(JsonWriter& json, std::string_view name, Point2f p) {
  json.Key(name).BeginObject();
  json.Member("x", double{p.x}, kPixelDecimals).Member("y", double{p.y}, kPixelDecimals);
  json.EndObject();
}

void WriteBox(JsonWriter& json, std::string_view name, const PixelBox& box) {
  json.Key(name).BeginObject();
  json.Member("x1", double{box.x}, kPixelDecimals).Member("y1", double{box.y}, kPixelDecimals);
  json.Member("x2", double{box.right()}, kPixelDecimals);
  json.Member("y2", double{box.bottom()}, kPixelDecimals);
  json.EndObject();
}

void WriteObject(JsonWriter& json, const TrackedObject& object) {
  json.BeginObject();
  json.Member("track_id", object.track_id);
  json.Member("class_id", object.class_id).Member("class_name", object.class_name);
  json.Member("confidence", double{object.confidence}, kConfidenceDecimals);
  WriteBox(json, "bbox", object.box);
  WritePoint(json, "center", object.center);
  if (object.previous_center) WritePoint(json, "previous_center", *object.previous_center);
  if (object.state != TrackState::kConfirmed) json.Member("state", NameOf(object.state));
  json.EndObject();
}

}  // namespace

std::string_view NameOf(TrackState state) {
  switch (state) {
    case TrackState::kTentative:
      return "tentative";
    case TrackState::kConfirmed:
      return "confirmed";
    case TrackState::kLost:
      return "lost";
    case TrackState::kEnded:
      return "ended";
  }
  return "confirmed";
}

void WriteEnvelope(JsonWriter& json, const DetectionMessage& message) {
  json.BeginObject();
  json.Member("version", kEnvelopeVersion);
  json.Key("source").BeginObject();
  json.Member("device_id", message.device_id).Member("camera_id", message.camera_id);
  json.Member("timestamp", ToIso8601(message.timestamp));
  if (message.epoch != 0) json.Member("epoch", message.epoch);
  json.EndObject();
  json.Key("frame").BeginObject();
  json.Member("number", message.frame_number);
  json.Member("width", message.frame_size.width).Member("height", message.frame_size.height);
  WriteBox(json, "roi_applied", message.roi);
  json.EndObject();
  json.Key("detections").BeginArray();
  for (const TrackedObject& object : message.objects) WriteObject(json, object);
  json.EndArray();
  if (message.frame_data) {
    json.Key("frame_data").BeginObject();
    json.Member("encoding", message.frame_data->encoding);
    json.Member("quality", message.frame_data->quality);
    json.Member("base64", EncodeBase64(message.frame_data->bytes));
    json.EndObject();
  }
  if (message.frame_reference) {
    json.Key("frame_ref").BeginObject();
    json.Member("type", message.frame_reference->type);
    json.Member("bucket", message.frame_reference->bucket);
    json.Member("key", message.frame_reference->key);
    json.EndObject();
  }
  json.EndObject();
}

std::string ToJson(const DetectionMessage& message) {
  JsonWriter json;
  WriteEnvelope(json, message);
  return std::string(json.text());
}

}  // namespace vigil::events
