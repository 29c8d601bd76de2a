// The keys in words, and the reference made of them.
#include "core/config/describe.h"

#include <fmt/format.h>

#include "core/internal/config/entry.h"
#include "core/internal/config/names.h"
#include "core/internal/config/value_text.h"

namespace vigil::config {
namespace {

std::string TypeName(const Type& type) {
  const std::string maybe = type.optional ? " or null" : "";
  switch (type.kind) {
    case Kind::kBool:
      return "true or false" + maybe;
    case Kind::kInteger:
      return "whole number" + maybe;
    case Kind::kNumber:
      return (type.ratio ? "ratio" : "number") + maybe;
    case Kind::kText:
      return "text" + maybe;
    case Kind::kDuration:
      return "duration" + maybe;
    case Kind::kBytes:
      return "size" + maybe;
    case Kind::kEnum: {
      std::string names;
      for (const auto& [name, value] : type.names) names += (names.empty() ? "" : ", ") + name;
      return fmt::format("one of {}{}", names, maybe);
    }
    case Kind::kList:
      break;
  }
  return type.is_point() ? "point [x, y]" + maybe
                         : fmt::format("list of {}{}", TypeName(*type.element), maybe);
}

std::string Flow(const Node& node) {
  if (node.is_null()) return "null";
  if (node.kind == Node::Kind::kScalar) return node.text.empty() ? "''" : node.text;
  std::string items;
  for (const Node& item : node.items) items += (items.empty() ? "" : ", ") + Flow(item);
  return fmt::format("[{}]", items);
}

KeyInfo Describe(const KeySpec& key, std::string path) {
  KeyInfo info;
  info.environment = EnvironmentName(path);
  info.path = std::move(path);
  info.type = TypeName(key.type);
  if (!key.required && !key.secret) info.default_value = Flow(ToNode(key.type, key.initial));
  info.range = DescribeRange(key.type.leaf());
  info.reload = key.reload;
  info.required = key.required;
  info.secret = key.secret;
  info.doc = key.doc;
  return info;
}

// Calls section(path, doc) before the keys of each section, and key(path, spec) for each key.
template <typename OnSection, typename OnKey>
void Walk(const Schema& schema, const std::string& path, const OnSection& section,
          const OnKey& key) {
  for (const auto& entry : schema.entries()) {  // a section's own keys before the sections in it
    if (entry->key) key(Join(path, entry->name), *entry->key);
  }
  for (const auto& entry : schema.entries()) {
    if (entry->key) continue;
    std::string name = Join(path, entry->name);
    if (entry->collection) name = Join(name, entry->keyed ? "<name>" : "<n>");
    section(name, entry->doc);
    Walk(*entry->fields, name, section, key);
  }
}

// What stands in a cell of a table: one line, no bars.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text)
    cell += c == '|' ? "\\|" : c == '\n' ? std::string(" ") : std::string(1, c);
  return cell;
}

std::string Code(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", Cell(text));
}

std::string Row(const KeyInfo& key) {
  const std::string kind = key.secret ? key.type + ", secret" : key.type;
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", Code(key.path), Cell(kind),
                     key.required ? "required" : Code(key.default_value), Cell(key.range),
                     Code(key.environment), ReloadName(key.reload), Cell(key.doc));
}

}  // namespace

std::string_view ReloadName(Reload reload) {
  switch (reload) {
    case Reload::kLive:
      return "live";
    case Reload::kPerStream:
      return "per stream";
    case Reload::kRestart:
      return "restart";
  }
  return "";
}

std::vector<KeyInfo> Keys(const Schema& schema) {
  std::vector<KeyInfo> keys;
  Walk(
      schema, "", [](const auto&, const auto&) {},
      [&](const std::string& path, const KeySpec& key) { keys.push_back(Describe(key, path)); });
  return keys;
}

std::string Reference(const Schema& schema) {
  constexpr std::string_view kHead =
      "\n| Key | Type | Default | Range | Environment | A change takes | "
      "|\n|---|---|---|---|---|---|---|\n";
  std::string text, rows;
  const auto flush = [&] {
    if (!rows.empty()) text += std::string(kHead) + rows;
    rows.clear();
  };
  Walk(
      schema, "",
      [&](const std::string& path, const std::string& doc) {
        flush();
        text += fmt::format("{}## `{}`\n", text.empty() ? "" : "\n", path);
        if (!doc.empty()) text += fmt::format("\n{}\n", doc);
      },
      [&](const std::string& path, const KeySpec& key) { rows += Row(Describe(key, path)); });
  flush();
  return text;
}

}  // namespace vigil::config
