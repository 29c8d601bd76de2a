#include "core/internal/config/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vigil::config {

Origin Origin::Of(Layer layer, std::string source, int line, int column) {
  return {layer, std::make_shared<const std::string>(std::move(source)), line, column, nullptr};
}

std::string Origin::Describe() const {
  if (layer == Layer::kDefault || !source) return "default";
  std::string text =
      layer == Layer::kEnvironment ? fmt::format("environment {}", *source) : *source;
  if (line > 0) text += fmt::format(":{}", line);
  if (note) text += fmt::format(" with {}", *note);
  return text;
}

std::string Origin::Place() const {
  if (!source) return layer == Layer::kDefault ? "" : "configuration";
  return line > 0 ? fmt::format("{}:{}:{}", *source, line, column) : *source;
}

Node Node::Scalar(std::string text, Origin origin) {
  Node node = Null(std::move(origin));
  node.kind = Kind::kScalar;
  node.text = std::move(text);
  return node;
}

Node Node::Null(Origin origin) {
  Node node;
  node.origin = std::move(origin);
  return node;
}

const Node* Node::Find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(entries, [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &found->node;
}

Node* Node::Find(std::string_view name) {
  return const_cast<Node*>(std::as_const(*this).Find(name));
}

Node& Node::At(std::string_view name) {
  if (Node* found = Find(name)) return *found;
  kind = Kind::kMap;
  entries.push_back({std::string(name), origin, Null(origin)});
  return entries.back().node;
}

void Merge(Node& base, Node over) {
  if (over.is_null() && base.kind == Node::Kind::kMap) return;
  if (base.kind != Node::Kind::kMap || over.kind != Node::Kind::kMap) {
    base = std::move(over);
    return;
  }
  base.origin = over.origin;
  for (Entry& entry : over.entries) {
    const auto found =
        std::ranges::find_if(base.entries, [&](const Entry& e) { return e.name == entry.name; });
    if (found == base.entries.end()) {
      base.entries.push_back(std::move(entry));
    } else {
      found->origin = entry.origin;
      Merge(found->node, std::move(entry.node));
    }
  }
}

std::string Join(std::string_view path, std::string_view name) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-<>";
  const bool plain = !name.empty() && name.find_first_not_of(kPlain) == std::string_view::npos;
  return fmt::format("{}{}{}", path, path.empty() ? "" : ".",
                     plain ? std::string(name) : fmt::format("\"{}\"", name));
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> names;
  while (true) {
    std::size_t end = 0;
    if (path.starts_with('"')) {
      end = path.find('"', 1);
      if (end == std::string_view::npos) return {};
      names.emplace_back(path.substr(1, end - 1));
      ++end;
    } else {
      end = std::min(path.find('.'), path.size());
      names.emplace_back(path.substr(0, end));
    }
    if (names.back().empty()) return {};
    path.remove_prefix(end);
    if (path.empty()) return names;
    if (path.front() != '.') return {};
    path.remove_prefix(1);
  }
}

}  // namespace vigil::config
