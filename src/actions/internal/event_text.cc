#include "actions/internal/event_text.h"

#include "core/json_writer.h"
#include "events/cloud_event.h"
#include "events/event_json.h"
#include "events/rule.h"

namespace vigil::actions::internal {
namespace {

void Write(JsonWriter& json, const Delivery& delivery) {
  json.BeginObject();
  events::WriteEventMembers(json, delivery.event);
  json.Member("rule", std::string_view(delivery.rule));
  json.Member("severity", events::NameOf(delivery.severity)).EndObject();
}

}  // namespace

std::string EventJson(const Delivery& delivery) {
  JsonWriter json;
  Write(json, delivery);
  return std::string(json.text());
}

std::string CloudEventJson(const Delivery& delivery) {
  JsonWriter json;
  json.BeginObject();
  events::WriteCloudEventAttributes(json, delivery.event);
  json.Key("data");
  Write(json, delivery);
  json.EndObject();
  return std::string(json.text());
}

}  // namespace vigil::actions::internal
