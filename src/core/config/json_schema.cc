// The schema for editors and other programs. Source: JSON Schema, draft 2020-12.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/describe.h"
#include "core/internal/config/entry.h"
#include "core/internal/config/value_text.h"

namespace vigil::config {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const Type& type, const Value& value) {
  if (const auto* list = std::get_if<std::vector<Value>>(&value.data)) {
    Json items = Json::array();
    for (const Value& item : *list) items.push_back(ToJson(*type.element, item));
    return items;
  }
  if (value == Value{}) return nullptr;
  const std::string text = FormatScalar(type, value);
  if (type.kind == Kind::kBool) return text == "true";
  if (type.kind != Kind::kInteger && type.kind != Kind::kNumber) return text;
  return Json::parse(text, nullptr, false);
}

void AddBounds(Json& json, const Type& type) {
  if (type.min != Value{}) json["minimum"] = ToJson(type, type.min);
  if (type.max != Value{}) json["maximum"] = ToJson(type, type.max);
}

Json ScalarSchema(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return {{"type", "boolean"}};
    case Kind::kInteger: {
      Json json = {{"type", "integer"}, {"minimum", type.lowest}, {"maximum", type.highest}};
      AddBounds(json, type);
      return json;
    }
    case Kind::kNumber: {
      Json json = {{"type", "number"}};
      AddBounds(json, type);
      return json;
    }
    case Kind::kEnum: {
      Json names = Json::array();
      for (const auto& [name, value] : type.names) names.push_back(name);
      return {{"enum", std::move(names)}};
    }
    case Kind::kDuration:
      return {{"$ref", "#/$defs/duration"}};
    case Kind::kBytes:
      return {{"$ref", "#/$defs/size"}};
    case Kind::kText:
      return {{"type", {"string", "number", "boolean"}}};  // 12 and true are texts to us
    case Kind::kList:
      break;
  }
  return {};
}

Json TypeSchema(const Type& type) {
  Json json;
  if (type.kind == Kind::kList) {
    json = {{"type", "array"},
            {"items", TypeSchema(*type.element)},
            {"minItems", type.min_items},
            {"maxItems", type.max_items}};
  } else {
    json = ScalarSchema(type);
  }
  if (type.kind == Kind::kText && !type.optional) return json;  // a placeholder is a text
  Json any = Json::array({std::move(json)});
  if (type.ratio) any.push_back({{"$ref", "#/$defs/percent"}});
  if (type.or_one) any.push_back(TypeSchema(*type.element));
  if (type.optional) any.push_back({{"type", "null"}});
  if (type.kind != Kind::kText) any.push_back({{"$ref", "#/$defs/placeholder"}});
  return {{"anyOf", std::move(any)}};
}

Json KeySchema(const KeySpec& key) {
  Json json = TypeSchema(key.type);
  std::string doc = key.doc;
  if (const std::string range = DescribeRange(key.type.leaf()); !range.empty()) {
    doc += fmt::format("{}{}", doc.empty() ? "" : "; ", range);
  }
  if (!doc.empty()) json["description"] = doc;
  if (!key.required && !key.secret) json["default"] = ToJson(key.type, key.initial);
  json["x-reload"] = ReloadName(key.reload);
  if (key.secret) json["writeOnly"] = true;
  return json;
}

Json SectionSchema(const Schema& schema);

Json EntrySchema(const Schema::Entry& entry) {
  if (entry.key) return KeySchema(*entry.key);
  Json json;
  if (entry.is_section()) {
    json = SectionSchema(*entry.fields);
    json["type"] = {"object", "null"};  // all its keys commented out
  } else if (entry.keyed) {
    json = {{"type", {"object", "null"}},
            {"additionalProperties", SectionSchema(*entry.fields)},
            {"maxProperties", entry.max_items}};
  } else {
    json = {{"type", {"array", "null"}},
            {"items", SectionSchema(*entry.fields)},
            {"maxItems", entry.max_items}};
  }
  if (!entry.doc.empty()) json["description"] = entry.doc;
  return json;
}

// Required keys are not listed as such: they may also come from the environment or the command
// line.
Json SectionSchema(const Schema& schema) {
  Json properties = Json::object();
  for (const auto& entry : schema.entries()) properties[entry->name] = EntrySchema(*entry);
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json Definitions() {
  const auto text = [](const char* pattern, const char* description) {
    return Json{{"type", "string"}, {"pattern", pattern}, {"description", description}};
  };
  Json size =
      text(R"(^\d+(\.\d+)? ?([kKmMgGtT][iI]?)?[bB]?$)", "a size such as 64MiB, 10MB or 4096");
  size["type"] = {"string", "integer"};
  Json duration =
      text(R"(^(\d+(\.\d+)?(d|h|m|s|ms|us|ns))+$|^0$)", "a duration such as 10s, 500ms or 1m30s");
  duration["type"] = {"string", "integer"};
  duration["minimum"] = duration["maximum"] = 0;
  return {{"duration", std::move(duration)},
          {"size", std::move(size)},
          {"percent", text(R"(^\d+(\.\d+)?%$)", "a percentage such as 25%")},
          {"placeholder", text(R"(\$\{[A-Za-z0-9_]+(:[^}]*)?\})",
                               "an environment variable, ${NAME} or ${NAME:default}")}};
}

}  // namespace

std::string JsonSchema(const Schema& schema, std::string_view title) {
  Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  root.update(SectionSchema(schema));
  root["properties"]["$schema"] = {{"type", "string"}};
  root["patternProperties"] = {{"^x-", true}};
  root["$defs"] = Definitions();
  return root.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vigil::config
