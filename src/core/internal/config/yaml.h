// YAML (and so JSON) to a tree of nodes. The only user of yaml-cpp.
#pragma once

#include <optional>
#include <string_view>

#include "core/internal/config/node.h"
#include "core/internal/config/problems.h"

namespace vigil::config {

/// Reads one document. Anchors, aliases and merge keys (`<<`) are resolved. Refused, with the place: what is not UTF-8
/// text, more than limits.h allows (bytes, depth, items, nodes after aliases), a name twice in one map, tags, a second
/// document. An empty document is an empty map.
///
/// `origin` is every node's; its line and column are filled in when `with_lines`. Nothing: a problem was added.
std::optional<Node> ReadYaml(std::string_view text, const Origin& origin, bool with_lines,
                             Problems& problems);

/// True where `text` is UTF-8 without control characters but tab and line ends.
bool IsText(std::string_view text);

}  // namespace vigil::config
