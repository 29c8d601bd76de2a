// An event as a CloudEvent (version 1.0 of the specification, its JSON format and HTTP binding), so
// that brokers and workflow engines route it without code of ours.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_writer.h"
#include "events/event.h"

namespace vigil::events {

/// The attributes. `id` is the event's own, so a repeated delivery is known as such.
struct CloudEventContext {
  std::string id;
  std::string source;   ///< `/devices/jetson-01/cameras/driveway`; other letters percent-encoded
  std::string type;     ///< `vigil.event.line_cross.v1`
  std::string subject;  ///< `track/42`, `line/door`, `zone/garden`; empty: the whole camera
  std::string time;     ///< RFC 3339; capture time
};
[[nodiscard]] CloudEventContext CloudEventContextOf(const Event& event);

/// What `data` looks like: docs/schema/event.schema.json has it as its `$id`.
inline constexpr std::string_view kEventSchemaUri = "urn:vigil:schema:event:v1";
/// Of the structured mode. In binary mode the content type is `application/json`.
inline constexpr std::string_view kCloudEventContentType = "application/cloudevents+json";

/// The attributes alone, inside an object that the caller has begun and to which he adds `data`.
void WriteCloudEventAttributes(JsonWriter& out, const Event& event);
/// Structured mode: attributes and event in one JSON object.
[[nodiscard]] std::string CloudEventJson(const Event& event);

/// Binary mode: the body is EventJson(event), the attributes are these headers (`ce-id` …, and
/// `content-type`), percent-encoded as the HTTP binding asks, so that no value breaks a header.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> CloudEventHeaders(
    const Event& event);

}  // namespace vigil::events
