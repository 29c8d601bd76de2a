#include "actions/internal/event_text.h"

#include <algorithm>

#include "actions/internal/text.h"
#include "actions/names.h"
#include "core/json_writer.h"

namespace vigil::actions::internal {
namespace {

void WriteOptional(JsonWriter& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.Member(name, std::string_view(value));
}

void WriteObject(JsonWriter& json, const events::Event& event) {
  json.Member("track_id", *event.track_id).Member("class_id", event.class_id);
  json.Member("class_name", std::string_view(event.class_name));
  json.Key("confidence").Value(event.confidence, 4);
  json.Key("bbox").BeginObject();
  json.Key("x1").Value(event.box.x, 2).Key("y1").Value(event.box.y, 2);
  json.Key("x2").Value(event.box.right(), 2).Key("y2").Value(event.box.bottom(), 2);
  json.EndObject().Key("point").BeginObject();
  json.Key("x").Value(event.point.x, 2).Key("y").Value(event.point.y, 2).EndObject();
}

void WriteEvent(JsonWriter& json, const Delivery& delivery) {
  const events::Event& event = delivery.event;
  json.BeginObject().Member("id", std::string_view(event.id));
  json.Member("type", events::NameOf(event.type));
  json.Member("time", std::string_view(ToIso8601(event.time)));
  json.Member("device_id", std::string_view(event.device_id));
  json.Member("camera_id", std::string_view(event.camera_id));
  json.Member("epoch", event.epoch).Member("sequence", event.sequence);
  json.Member("frame_number", event.frame_number);
  WriteOptional(json, "line", event.line);
  WriteOptional(json, "zone", event.zone);
  WriteOptional(json, "direction", event.direction);
  if (event.track_id) WriteObject(json, event);
  if (event.entered) json.Member("entered", std::string_view(ToIso8601(*event.entered)));
  if (event.left) json.Member("left", std::string_view(ToIso8601(*event.left)));
  if (event.dwell) {
    json.Key("dwell_seconds").Value(static_cast<double>(event.dwell->count()) / 1e6, 6);
  }
  if (event.count) json.Member("count", *event.count);
  if (event.speed_kmh) json.Key("speed_kmh").Value(*event.speed_kmh, 2);
  WriteOptional(json, "reason", event.reason);
  json.Member("rule", std::string_view(delivery.rule));
  json.Member("severity", NameOf(delivery.severity)).EndObject();
}

}  // namespace

std::string EventJson(const Delivery& delivery) {
  JsonWriter json;
  WriteEvent(json, delivery);
  return std::string(json.text());
}

std::string CloudEventSource(const events::Event& event) {
  return "/devices/" + EscapeUrl(event.device_id) + "/cameras/" + EscapeUrl(event.camera_id);
}

std::string CloudEventType(const events::Event& event) {
  std::string name(events::NameOf(event.type));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return "vigil.event." + name + ".v1";
}

std::string CloudEventJson(const Delivery& delivery) {
  const events::Event& event = delivery.event;
  JsonWriter json;
  json.BeginObject().Member("specversion", "1.0");
  json.Member("id", std::string_view(event.id));
  json.Member("source", std::string_view(CloudEventSource(event)));
  json.Member("type", std::string_view(CloudEventType(event)));
  if (event.track_id) {
    json.Member("subject", std::string_view("track/" + std::to_string(*event.track_id)));
  }
  json.Member("time", std::string_view(ToIso8601(event.time)));
  json.Member("datacontenttype", "application/json").Key("data");
  WriteEvent(json, delivery);
  json.EndObject();
  return std::string(json.text());
}

}  // namespace vigil::actions::internal
