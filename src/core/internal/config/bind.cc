#include "core/internal/config/bind.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/internal/config/entry.h"
#include "core/internal/config/names.h"
#include "core/internal/config/value_text.h"
#include "core/status.h"

namespace vigil::config {
namespace {

using SchemaEntry = Schema::Entry;

// What was refused of a section, by its own paths.
class RefusalsBelow final : public Refusals {
 public:
  RefusalsBelow(const Problems& problems, std::size_t count, const std::string& section)
      : problems_(problems), count_(count), section_(section) {}
  bool Any(std::string_view path) const override {
    return problems_.Concern(
        section_.empty() ? std::string(path) : section_ + "." + std::string(path), count_);
  }

 private:
  const Problems& problems_;
  const std::size_t count_;
  const std::string& section_;
};

class Binder {
 public:
  Binder(const Schema& root, Problems& problems) : root_(root), problems_(problems) {}

  void Section(const Schema& schema, const Node& node, const std::string& path) {
    const std::size_t before = problems_.count();
    Missing(schema, node, path);
    for (const Entry& entry : node.entries) {
      if (const SchemaEntry* known = FindEntry(schema, entry.name)) {
        Value(*known, entry.node, Join(path, known->name));
      } else if (!path.empty() || !IsIgnored(entry.name)) {
        const std::string meant =
            problems_.full() ? "" : SuggestKey(root_, schema, path, entry.name);
        problems_.Add(entry.origin, Join(path, entry.name), fmt::format("unknown key{}", meant));
      }
    }
    const std::size_t refused = problems_.count();
    for (const auto& check : schema.checks_of_all()) {
      const absl::Status status = check(RefusalsBelow(problems_, refused, path));
      if (!status.ok()) Told(MessageOf(status), node, path, refused);
    }
    if (refused > before) return;  // the other conditions on several keys need all of them
    for (const auto& check : schema.checks()) {
      if (const absl::Status status = check(); !status.ok())
        Told(MessageOf(status), node, path, refused);
    }
  }

 private:
  // At the top of the file: what editors and anchors need.
  static bool IsIgnored(std::string_view name) {
    return name.starts_with("x-") || name == "$schema";
  }

  // A line a problem. One that begins with the path of a key, as `zones.0.points: …` does, is put where that key stands;
  // what of the path is not in the file counts as its section. What one of the first `refused` problems has told of is
  // passed over.
  void Told(std::string_view lines, const Node& section, const std::string& path,
            std::size_t refused) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(lines.size(), line.size() + 1));
      const Node* place = &section;
      const auto names = SplitPath(line.substr(0, line.find(": ")));
      std::string whole = path;
      for (const std::string& name : names) whole = Join(whole, name);
      if (!names.empty() && problems_.Concern(whole, refused)) continue;
      for (const std::string& name : names) {
        const Node* next =
            place->kind == Node::Kind::kList ? Item(*place, name) : place->Find(name);
        if (next == nullptr) break;
        place = next;
      }
      problems_.Add(place->origin.source ? place->origin : section.origin, path, line);
    }
  }

  static const Node* Item(const Node& list, std::string_view name) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    return error == std::errc() && end == name.data() + name.size() && index < list.items.size()
               ? &list.items[index]
               : nullptr;
  }

  void Missing(const Schema& schema, const Node& node, const std::string& path) {
    for (const auto& entry : schema.entries()) {
      const std::string name = Join(path, entry->name);
      if (entry->is_section() && node.Find(entry->name) == nullptr) {
        Section(*entry->fields, Node::Null(node.origin), name);
      } else if (entry->key && entry->key->required && node.Find(entry->name) == nullptr) {
        problems_.Add(node.origin, name,
                      fmt::format("is required; set it in the file, as {}, or with --set {}=…",
                                  EnvironmentName(name), name));
      }
    }
  }

  void Value(const SchemaEntry& entry, const Node& node, const std::string& path) {
    if (entry.key) return Key(*entry.key, node, path);
    if (node.broken) return;
    const bool is_list = entry.collection && !entry.keyed;
    const auto wanted = is_list ? Node::Kind::kList : Node::Kind::kMap;
    if (!node.is_null() && node.kind != wanted) {
      problems_.Add(node.origin, path,
                    fmt::format("expected {}", is_list ? "a list of sections" : "a section"));
    } else if (entry.is_section()) {
      Section(*entry.fields, node, path);
    } else if (!node.is_null()) {
      Elements(entry, node, path);
    }
  }

  void Key(const KeySpec& key, const Node& node, const std::string& path) {
    const auto value = ParseValue(key.type, node, path, key.secret, problems_);
    if (!value) return;
    key.set(*value);
    if (!key.check) return;
    if (const absl::Status status = key.check(); !status.ok()) {
      problems_.Add(node.origin, path, std::string(status.message()));
    }
  }

  void Elements(const SchemaEntry& entry, const Node& node, const std::string& path) {
    const std::size_t count = node.items.size() + node.entries.size();
    if (count > entry.max_items) {
      problems_.Add(node.origin, path,
                    fmt::format("{} items; at most {} are allowed", count, entry.max_items));
      return;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < node.items.size(); ++i) names.push_back(std::to_string(i));
    for (const Entry& element : node.entries) names.push_back(element.name);
    entry.collection->Reset(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Node& item = entry.keyed ? node.entries[i].node : node.items[i];
      const std::string name = Join(path, names[i]);
      if (!item.is_null() && item.kind != Node::Kind::kMap) {
        problems_.Add(item.origin, name, "expected a section");
        continue;
      }
      Schema fields;
      entry.collection->Describe(names[i], fields);
      Section(fields, item, name);
    }
  }

  const Schema& root_;
  Problems& problems_;
};

void MarkSecret(Node& node) {
  node.secret = true;
  for (Node& item : node.items) MarkSecret(item);
}

Node SnapshotSection(const Schema& schema, bool defaults) {
  Node section;
  section.kind = Node::Kind::kMap;
  for (const auto& entry : schema.entries()) {
    if (entry->key) {
      if (defaults && entry->key->required) continue;
      Node& node = section.At(entry->name);
      node = ToNode(entry->key->type, entry->key->get());
      if (entry->key->secret) MarkSecret(node);
    } else if (entry->is_section()) {
      section.At(entry->name) = SnapshotSection(*entry->fields, defaults);
    } else {
      Node& node = section.At(entry->name);
      node.kind = entry->keyed ? Node::Kind::kMap : Node::Kind::kList;
      for (const std::string& name : entry->collection->names()) {
        Schema fields;
        entry->collection->Describe(name, fields);
        Node element = SnapshotSection(fields, false);
        if (entry->keyed) {
          node.At(name) = std::move(element);
        } else {
          node.items.push_back(std::move(element));
        }
      }
    }
  }
  return section;
}

}  // namespace

void Bind(const Schema& schema, const Node& tree, Problems& problems) {
  Binder(schema, problems).Section(schema, tree, "");
}

Node Snapshot(const Schema& schema, bool defaults) { return SnapshotSection(schema, defaults); }

void CopyOrigins(Node& values, const Node& tree) {
  values.origin = tree.origin;
  values.secret = values.secret || tree.secret;
  for (std::size_t i = 0; i < std::min(values.items.size(), tree.items.size()); ++i) {
    CopyOrigins(values.items[i], tree.items[i]);
  }
  for (Entry& entry : values.entries) {
    if (const Node* node = tree.Find(entry.name)) CopyOrigins(entry.node, *node);
  }
}

}  // namespace vigil::config
