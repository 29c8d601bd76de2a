#include "core/internal/config/loose_text.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/internal/config/yaml.h"

namespace vigil::config {
namespace {

void MarkLoose(Node& node, bool secret) {
  node.loose = true;
  node.secret = secret;
  for (Node& item : node.items) MarkLoose(item, secret);
  for (Entry& entry : node.entries) MarkLoose(entry.node, secret);
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// `a,b`; an empty text is an empty list.
Node SplitList(std::string_view text, const Origin& origin) {
  Node list = Node::Null(origin);
  list.kind = Node::Kind::kList;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    list.items.push_back(Node::Scalar(std::string(Trim(text.substr(0, end))), origin));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

}  // namespace

std::optional<Node> ReadLoose(const Type* type, Node node, Problems& problems) {
  if (type != nullptr && type->kind != Kind::kList) return node;
  const std::string_view text = Trim(node.text);
  std::optional<Node> read;
  if (text.starts_with('[') || text.starts_with('{')) {
    read = ReadYaml(text, node.origin, false, problems);
    if (!read) return {};
  } else if (type != nullptr && type->element->kind != Kind::kList &&
             !(type->optional && text == "null")) {
    read = SplitList(text, node.origin);
  }
  if (!read) return node;
  MarkLoose(*read, node.secret);
  return read;
}

}  // namespace vigil::config
