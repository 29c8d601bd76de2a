#pragma once

#include <utility>

#include "core/config/load.h"
#include "core/internal/config/node.h"

namespace vigil::config {

/// The values in effect with their origins.
struct Resolved::Tree {
  explicit Tree(Node values) : root(std::move(values)) {}
  Node root;
};

}  // namespace vigil::config
