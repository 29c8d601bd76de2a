#include "events/cloud_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/json_writer.h"
#include "events/event_json.h"

namespace vigil::events {
namespace {

std::string PercentEncode(std::string_view text, auto plain) {
  std::string encoded;
  for (const char c : text) {
    if (plain(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

// A segment of a URI's path: RFC 3986's unreserved letters.
std::string Segment(std::string_view text) {
  return PercentEncode(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  });
}

// CloudEvents HTTP binding 1.0.2, 3.1.3.2: space, quote, percent, and all outside of printable
// ASCII.
std::string HeaderValue(std::string_view text) {
  return PercentEncode(text, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '%'; });
}

std::string Subject(const Event& event) {
  if (event.track_id) return fmt::format("track/{}", *event.track_id);
  if (!event.line.empty()) return "line/" + event.line;
  if (!event.zone.empty()) return "zone/" + event.zone;
  return {};
}

}  // namespace

CloudEventContext CloudEventContextOf(const Event& event) {
  std::string type(NameOf(event.type));
  std::ranges::transform(type, type.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {.id = event.id,
          .source = fmt::format("/devices/{}/cameras/{}", Segment(event.device_id),
                                Segment(event.camera_id)),
          .type = fmt::format("vigil.event.{}.v1", type),
          .subject = Subject(event),
          .time = EventTimeText(event.time)};
}

void WriteCloudEventAttributes(JsonWriter& out, const Event& event) {
  const CloudEventContext context = CloudEventContextOf(event);
  out.Member("specversion", "1.0").Member("id", context.id);
  out.Member("source", context.source).Member("type", context.type);
  if (!context.subject.empty()) out.Member("subject", context.subject);
  out.Member("time", context.time).Member("datacontenttype", "application/json");
  out.Member("dataschema", kEventSchemaUri);
}

std::string CloudEventJson(const Event& event) {
  JsonWriter out;
  out.BeginObject();
  WriteCloudEventAttributes(out, event);
  out.Key("data");
  WriteEvent(out, event);
  out.EndObject();
  return std::string(out.text());
}

std::vector<std::pair<std::string, std::string>> CloudEventHeaders(const Event& event) {
  const CloudEventContext context = CloudEventContextOf(event);
  std::vector<std::pair<std::string, std::string>> headers = {
      {"ce-specversion", "1.0"},
      {"ce-id", HeaderValue(context.id)},
      {"ce-source", HeaderValue(context.source)},
      {"ce-type", HeaderValue(context.type)},
      {"ce-time", HeaderValue(context.time)},
      {"ce-dataschema", std::string(kEventSchemaUri)},
      {"content-type", "application/json"},
  };
  if (!context.subject.empty()) headers.emplace_back("ce-subject", HeaderValue(context.subject));
  return headers;
}

}  // namespace vigil::events
