// One value given as text finds its place in the tree.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/internal/config/layers.h"
#include "core/internal/config/loose_text.h"
#include "core/internal/config/names.h"
#include "core/internal/config/yaml.h"
#include "core/limits.h"

namespace vigil::config {
namespace {

std::string JoinAll(const std::vector<std::string>& path, std::size_t count) {
  std::string joined;
  for (std::size_t i = 0; i < std::min(count, path.size()); ++i) joined = Join(joined, path[i]);
  return joined;
}

// The place of `path`, made where it is new. Null: a list has a gap, and a problem was added.
Node* Place(const Schema& schema, Node& tree, const std::vector<std::string>& path,
            const Origin& origin, Problems& problems) {
  Node* node = &tree;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::vector<std::string> above(path.begin(),
                                         path.begin() + static_cast<std::ptrdiff_t>(i));
    const Target target = Find(schema, above).target;
    const bool is_list =
        i > 0 && ((target.type != nullptr && target.type->kind == Kind::kList) ||
                  (target.entry != nullptr && target.entry->collection && !target.entry->keyed));
    if (!is_list) {
      if (node->kind != Node::Kind::kMap) *node = Node::Null(origin);
      node = &node->At(path[i]);
      continue;
    }
    if (node->kind != Node::Kind::kList) {
      *node = Node::Null(origin);
      node->kind = Node::Kind::kList;
    }
    const std::size_t index = std::stoul(path[i]);
    if (index > node->items.size()) {
      problems.Add(origin, JoinAll(path, i + 1),
                   fmt::format("leaves a gap; the list has {} items, so the next is {}",
                               node->items.size(), node->items.size()));
      return nullptr;
    }
    if (index == node->items.size()) node->items.push_back(Node::Null(origin));
    node = &node->items[index];
  }
  return node;
}

}  // namespace

void Assign(const Schema& schema, Node& tree, const std::vector<std::string>& path,
            const std::string& text, const Origin& origin, bool secret, Problems& problems) {
  const std::string name = JoinAll(path, path.size());
  const Lookup lookup = Find(schema, path);
  if (!lookup.found) {
    const std::string section = JoinAll(path, lookup.unknown);
    const std::string meant =
        lookup.among == nullptr || problems.full()
            ? ""
            : SuggestKey(schema, *lookup.among, section, path[lookup.unknown]);
    problems.Add(origin, name, fmt::format("unknown key{}", meant));
    return;
  }
  if (text.size() > limits::kMaxConfigBytes || !IsText(text)) {
    problems.Add(origin, name,
                 fmt::format("not UTF-8 text of at most {} bytes", limits::kMaxConfigBytes));
    return;
  }
  Node given = Node::Scalar(text, origin);
  given.loose = true;
  given.secret = secret;
  std::optional<Node> value = ReadLoose(lookup.target.type, std::move(given), problems);
  if (!value) return;
  if (Node* place = Place(schema, tree, path, origin, problems)) Merge(*place, *std::move(value));
}

void ApplyAssignments(const Schema& schema, Node& tree, const std::vector<Assignment>& assignments,
                      Layer layer, Problems& problems) {
  for (const Assignment& assignment : assignments) {
    const Origin origin = Origin::Of(layer, assignment.origin);
    const std::vector<std::string> path = SplitPath(assignment.path);
    if (path.empty()) {
      problems.Add(origin, "",
                   fmt::format("{} is not a key such as face.max_faces", Quote(assignment.path)));
    } else {
      Assign(schema, tree, path, assignment.text, origin, false, problems);
    }
  }
}

}  // namespace vigil::config
