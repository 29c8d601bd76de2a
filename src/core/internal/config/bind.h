// From the tree to the fields, and back.
#pragma once

#include "core/config/schema.h"
#include "core/internal/config/node.h"
#include "core/internal/config/problems.h"

namespace vigil::config {

/// Sets every field that `tree` has a value for; reports unknown names, wrong values, and required keys that are missing.
void Bind(const Schema& schema, const Node& tree, Problems& problems);

/// What the fields hold, as a tree whose origins are `default`; secrets are marked. Without the required keys outside
/// of lists when `defaults`: they have none.
Node Snapshot(const Schema& schema, bool defaults);

/// Gives each value of `values` the origin that it has in `tree`, and marks what is secret there.
void CopyOrigins(Node& values, const Node& tree);

}  // namespace vigil::config
