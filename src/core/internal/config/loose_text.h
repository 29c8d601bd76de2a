// Lists and sections given as one text: in the environment, with --set, by a placeholder.
#pragma once

#include <optional>

#include "core/config/types.h"
#include "core/internal/config/node.h"
#include "core/internal/config/problems.h"

namespace vigil::config {

/// The scalar `node` as a `type` (null: a section or a list of sections) wants it: lists from `a,b` or YAML, sections from
/// YAML, all with its origin and secrecy. As it is where its text is neither. Nothing: a problem was added.
std::optional<Node> ReadLoose(const Type* type, Node node, Problems& problems);

}  // namespace vigil::config
