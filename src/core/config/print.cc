// The configuration in effect, as YAML and JSON.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/internal/config/problems.h"
#include "core/internal/config/resolved_tree.h"
#include "core/log.h"

namespace vigil::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMask = "***";

// The text as it may be seen.
std::string Shown(const Node& node) {
  return node.secret && !node.text.empty() ? std::string(kMask) : log::MaskCredentials(node.text);
}

// All that `$`, quotes and YAML's own signs could change is quoted.
std::string YamlText(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  static const std::vector<std::string_view> words = {"null", "true", "false", "yes", "no",
                                                      "on",   "off",  "y",     "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_word = std::ranges::find(words, lower) != words.end();
  const bool letter_first =
      !text.empty() && (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '/');
  if (letter_first && !is_word && text.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(text);
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      quoted += fmt::format("\\{}", text[i]);
    } else if (c < 0x20 || c == 0x7F) {
      quoted += fmt::format("\\x{:02x}", c);
    } else {
      quoted += text.substr(i, 2) == "${" ? "$$" : std::string(1, text[i]);
    }
  }
  return quoted + "\"";
}

std::string YamlScalar(const Node& node) {
  if (node.is_null()) return "null";
  const std::string text = Shown(node);
  const bool bare = node.look != Node::Look::kText && !(node.secret && text == kMask);
  return bare ? text : YamlText(text);
}

std::string YamlFlow(const Node& node) {
  if (node.kind != Node::Kind::kList) return YamlScalar(node);
  std::string items;
  for (const Node& item : node.items) items += (items.empty() ? "" : ", ") + YamlFlow(item);
  return fmt::format("[{}]", items);
}

void CollectOrigins(const Node& node, std::vector<std::string>& origins) {
  const std::string origin = Printable(node.origin.Describe());
  const bool leaf = node.items.empty();
  if (leaf && std::ranges::find(origins, origin) == origins.end()) origins.push_back(origin);
  for (const Node& item : node.items) CollectOrigins(item, origins);
}

class YamlPrinter {
 public:
  void Section(const Node& section, std::size_t indent) {
    for (const Entry& entry : section.entries) {
      Value(fmt::format("{}{}:", Indent(indent), YamlText(entry.name)), entry.node, indent);
    }
  }

  std::string Text() const {
    std::size_t width = 0;
    for (const Line& line : lines_)
      width = std::max(width, std::min<std::size_t>(line.text.size(), 60));
    std::string text;
    for (const Line& line : lines_) {
      text += line.comment.empty() ? line.text
                                   : fmt::format("{:<{}}  # {}", line.text, width, line.comment);
      text += '\n';
    }
    return text;
  }

 private:
  struct Line {
    std::string text;
    std::string comment;
  };

  // After the first line, a list's section lines up behind the dash of the first.
  std::string Indent(std::size_t indent) {
    std::string text(indent, ' ');
    if (std::exchange(dash_, false)) text[indent - 2] = '-';
    return text;
  }

  void Value(const std::string& name, const Node& node, std::size_t indent) {
    const bool sections = node.kind == Node::Kind::kList && !node.items.empty() &&
                          node.items.front().kind == Node::Kind::kMap;
    if (node.kind == Node::Kind::kMap && !node.entries.empty()) {
      lines_.push_back({name, ""});
      Section(node, indent + 2);
    } else if (sections) {
      lines_.push_back({name, ""});
      for (const Node& item : node.items) {
        dash_ = true;
        Section(item, indent + 4);
        if (std::exchange(dash_, false))
          lines_.push_back({std::string(indent + 2, ' ') + "- {}", ""});
      }
    } else {
      std::vector<std::string> origins;
      CollectOrigins(node, origins);
      const std::string value = node.kind == Node::Kind::kMap ? "{}" : YamlFlow(node);
      lines_.push_back(
          {fmt::format("{} {}", name, value), fmt::format("{}", fmt::join(origins, ", "))});
    }
  }

  std::vector<Line> lines_;
  bool dash_ = false;
};

Json ToJsonValue(const Node& node) {
  if (node.kind == Node::Kind::kMap) {
    Json object = Json::object();
    for (const Entry& entry : node.entries) object[entry.name] = ToJsonValue(entry.node);
    return object;
  }
  if (node.kind == Node::Kind::kList) {
    Json list = Json::array();
    for (const Node& item : node.items) list.push_back(ToJsonValue(item));
    return list;
  }
  if (node.is_null()) return nullptr;
  const std::string text = Shown(node);
  if (node.look == Node::Look::kText || node.look == Node::Look::kWord ||
      (node.secret && text == kMask))
    return text;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

// Calls `visit` with the path of each value; a list of values is one.
template <typename Visit>
void EachValue(const Node& node, const std::string& path, const Visit& visit) {
  const bool sections = node.kind == Node::Kind::kList && !node.items.empty() &&
                        node.items.front().kind == Node::Kind::kMap;
  for (std::size_t i = 0; sections && i < node.items.size(); ++i) {
    EachValue(node.items[i], Join(path, std::to_string(i)), visit);
  }
  for (const Entry& entry : node.entries) EachValue(entry.node, Join(path, entry.name), visit);
  if (!sections && node.kind != Node::Kind::kMap) visit(path, node);
}

const Origin& Highest(const Node& node) {
  const Origin* highest = &node.origin;
  const auto consider = [&highest](const Node& child) {
    const Origin& origin = Highest(child);
    if (origin.layer > highest->layer) highest = &origin;
  };
  std::ranges::for_each(node.items, consider);
  for (const Entry& entry : node.entries) consider(entry.node);
  return *highest;
}

}  // namespace

Resolved::Resolved(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}

std::string Resolved::Origin(std::string_view path) const {
  const Node* node = &tree_->root;
  for (const std::string& name : SplitPath(path)) {
    if (node->kind == Node::Kind::kList) {
      const auto item = std::ranges::find_if(
          node->items,
          [&, i = std::size_t{0}](const Node&) mutable { return std::to_string(i++) == name; });
      node = item == node->items.end() ? nullptr : &*item;
    } else {
      node = node->Find(name);
    }
    if (node == nullptr) return {};
  }
  return node == &tree_->root ? "" : Highest(*node).Describe();
}

std::string Resolved::ToYaml() const {
  YamlPrinter printer;
  printer.Section(tree_->root, 0);
  return printer.Text();
}

std::string Resolved::ToJson() const {
  Json origins = Json::object();
  EachValue(tree_->root, "", [&](const std::string& path, const Node& node) {
    origins[path] = Highest(node).Describe();
  });
  const Json all = {{"config", ToJsonValue(tree_->root)}, {"origins", std::move(origins)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

int Resolved::count_set() const {
  int count = 0;
  EachValue(tree_->root, "", [&](const std::string&, const Node& node) {
    count += Highest(node).layer == Layer::kDefault ? 0 : 1;
  });
  return count;
}

}  // namespace vigil::config
