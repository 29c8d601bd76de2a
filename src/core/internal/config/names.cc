#include "core/internal/config/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/config/describe.h"
#include "core/limits.h"
#include "core/nearest.h"

namespace vigil::config {
namespace {

constexpr std::string_view kPrefix = "VIGIL_";
constexpr std::string_view kDigits = "0123456789";

bool IsIndex(std::string_view name) {
  return !name.empty() && name.size() <= 4 &&
         name.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string Upper(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    const auto letter = static_cast<unsigned char>(c);
    if (c == '<' || c == '>') continue;  // <n>, in the reference
    c = std::isalnum(letter) != 0 ? static_cast<char>(std::toupper(letter)) : '_';
  }
  return upper;
}

bool SameName(std::string_view a, std::string_view b) { return EditDistance(a, b) == 0; }

// Collects the paths for the rest of a variable's name.
class VariableSearch {
 public:
  std::vector<std::vector<std::string>> found;

  void InSection(const Schema& schema, const Node* tree, std::string_view rest) {
    for (const auto& entry : schema.entries()) {
      const std::string name = Upper(entry->name);
      if (!rest.starts_with(name)) continue;
      const std::string_view tail = rest.substr(name.size());
      path_.push_back(entry->name);
      const Node* node = tree == nullptr ? nullptr : tree->Find(entry->name);
      if (tail.empty()) {
        if (!entry->is_section()) found.push_back(path_);
      } else if (tail.front() == '_') {
        Below(*entry, node, tail.substr(1));
      }
      path_.pop_back();
    }
  }

 private:
  void Below(const Schema::Entry& entry, const Node* node, std::string_view rest) {
    if (entry.key) return InList(entry.key->type, rest);
    if (entry.is_section()) return InSection(*entry.fields, node, rest);
    if (!entry.keyed) {
      const std::size_t end = std::min(rest.find('_'), rest.size());
      if (!IsIndex(rest.substr(0, end)) || end == rest.size()) return;
      const std::size_t index =
          static_cast<std::size_t>(std::stoul(std::string(rest.substr(0, end))));
      const Node* item =
          node != nullptr && index < node->items.size() ? &node->items[index] : nullptr;
      return InElement(entry, item, std::string(rest.substr(0, end)), rest.substr(end + 1));
    }
    if (node == nullptr) return;
    for (const Entry& element : node->entries) {
      const std::string name = Upper(element.name) + "_";
      if (rest.starts_with(name))
        InElement(entry, &element.node, element.name, rest.substr(name.size()));
    }
  }

  void InElement(const Schema::Entry& entry, const Node* element, std::string name,
                 std::string_view rest) {
    path_.push_back(std::move(name));
    InSection(*entry.fields, element, rest);
    path_.pop_back();
  }

  // Items of a list of scalars, and of lists in it: `1`, `0_1`.
  void InList(const Type& type, std::string_view rest) {
    if (type.kind != Kind::kList) return;
    const std::size_t end = std::min(rest.find('_'), rest.size());
    if (!IsIndex(rest.substr(0, end))) return;
    path_.emplace_back(rest.substr(0, end));
    if (end == rest.size()) {
      found.push_back(path_);
    } else {
      InList(*type.element, rest.substr(end + 1));
    }
    path_.pop_back();
  }

  std::vector<std::string> path_;
};

}  // namespace

Lookup Find(const Schema& root, const std::vector<std::string>& path) {
  Lookup lookup;
  const Schema* schema = &root;  // where the next name is looked for; null: not in a section
  const Schema::Entry* collection = nullptr;  // whose element the next name is
  const Type* list = nullptr;                 // whose item the next name is
  for (std::size_t i = 0; i < path.size(); ++i) {
    lookup.unknown = i;
    lookup.among = schema;
    if (list != nullptr) {
      if (list->kind != Kind::kList || !IsIndex(path[i])) return lookup;
      lookup.target.type = list = list->element.get();
    } else if (collection != nullptr) {
      lookup.target = {};
      if (!collection->keyed && !IsIndex(path[i])) return lookup;
      schema = collection->fields.get();
      collection = nullptr;
    } else {
      const Schema::Entry* entry = FindEntry(*schema, path[i]);
      if (entry == nullptr) return lookup;
      lookup.target = {entry, entry->key ? &entry->key->type : nullptr};
      schema = entry->is_section() ? entry->fields.get() : nullptr;
      collection = entry->collection ? entry : nullptr;
      list = lookup.target.type;
    }
  }
  lookup.found = !path.empty();
  return lookup;
}

std::string SuggestKey(const Schema& root, const Schema& among, std::string_view section_path,
                       std::string_view name) {
  std::vector<std::string> siblings;
  for (const auto& entry : among.entries()) {
    siblings.push_back(entry->name);
    if (entry->key && std::ranges::any_of(entry->key->elsewhere, [&](const std::string& other) {
          return SameName(other, name);
        })) {
      return fmt::format("; did you mean {}?", Join(section_path, entry->name));
    }
  }
  if (const auto nearest = Nearest(name, siblings); !nearest.empty()) {
    return fmt::format("; did you mean {}?", Join(section_path, nearest));
  }
  // `classes` is `track_classes` here, rather than the `classes` of another section.
  for (const std::string& sibling : siblings) {
    if (sibling.ends_with(fmt::format("_{}", name)))
      return fmt::format("; did you mean {}?", Join(section_path, sibling));
  }
  // Of sections, too: `json_log` is `actions.json_log`. One of an item's keys is the last to be meant.
  std::vector<std::string> paths;
  std::string same;
  for (const KeyInfo& key : Keys(root)) {
    paths.push_back(key.path);
    std::string_view path = key.path;
    while (!path.empty()) {
      const std::size_t dot = path.rfind('.');
      const std::string_view last = dot == std::string_view::npos ? path : path.substr(dot + 1);
      if (SameName(last, name) && (same.empty() || path.size() < same.size())) same = path;
      path = path.substr(0, dot == std::string_view::npos ? 0 : dot);
    }
  }
  if (!same.empty()) return fmt::format("; did you mean {}?", same);
  // The section is right: the long path must not excuse more slips than the name does.
  const std::string path = Join(section_path, name);
  const std::string_view nearest = Nearest(path, paths);
  const bool near = !nearest.empty() && EditDistance(path, nearest) <= name.size() / 3;
  return near ? fmt::format("; did you mean {}?", nearest) : "";
}

std::string EnvironmentName(std::string_view path) {
  return fmt::format("{}{}", kPrefix, Upper(path));
}

std::vector<std::vector<std::string>> FindByEnvironmentName(const Schema& root, const Node& tree,
                                                            std::string_view variable) {
  VariableSearch search;
  if (variable.starts_with(kPrefix)) search.InSection(root, &tree, variable.substr(kPrefix.size()));
  return std::move(search.found);
}

std::string SuggestVariable(const Schema& root, std::string_view variable) {
  std::vector<std::string> names;
  for (const KeyInfo& key : Keys(root)) {
    names.push_back(key.environment.substr(kPrefix.size()));
    if (key.secret) names.push_back(names.back() + "_FILE");
  }
  const std::string_view nearest = Nearest(variable.substr(kPrefix.size()), names);
  return nearest.empty() ? "" : fmt::format("; did you mean {}{}?", kPrefix, nearest);
}

}  // namespace vigil::config
