// Puts values that are given as text, outside the file, into the tree.
#pragma once

#include <string>
#include <vector>

#include "core/config/load.h"
#include "core/internal/config/node.h"
#include "core/internal/config/problems.h"

namespace vigil::config {

/// Sets `path` in `tree` to `text`, read as the key's type wants it.
void Assign(const Schema& schema, Node& tree, const std::vector<std::string>& path,
            const std::string& text, const Origin& origin, bool secret, Problems& problems);

/// The assignments of --set and of flags, in their order.
void ApplyAssignments(const Schema& schema, Node& tree, const std::vector<Assignment>& assignments,
                      Layer layer, Problems& problems);

/// Credentials, files of secrets, and VIGIL_ variables, the last highest.
void ApplyEnvironment(const Schema& schema, Node& tree, const Sources& sources, Problems& problems);

}  // namespace vigil::config
