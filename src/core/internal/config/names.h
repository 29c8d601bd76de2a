// Finds keys by what users call them, and says what they may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/schema.h"
#include "core/internal/config/entry.h"
#include "core/internal/config/node.h"

namespace vigil::config {

/// What a path leads to: a key, or an item of a key's list, or a section, or a list or map of structs.
struct Target {
  const Schema::Entry* entry =
      nullptr;                 ///< of items too; null: an element of a collection, or the root
  const Type* type = nullptr;  ///< of a key or its item; null: a container
};

/// Follows names through the schema. Where one is unknown, `unknown` tells which it is and in what schema.
struct Lookup {
  Target target;
  bool found = false;
  std::size_t unknown = 0;        ///< index of the name that is not known
  const Schema* among = nullptr;  ///< the section in which it was looked for; null: below a key
};
Lookup Find(const Schema& root, const std::vector<std::string>& path);

/// `; did you mean face.max_faces?`, or nothing: what a name unknown in the section `among` at `section_path` may stand
/// for. Near names of the same section come first, then one of it that ends so, then the same name elsewhere, then paths that look alike.
std::string SuggestKey(const Schema& root, const Schema& among, std::string_view section_path,
                       std::string_view name);

/// `VIGIL_FACE_MAX_FACES` for `face.max_faces`.
std::string EnvironmentName(std::string_view path);

/// The paths that a variable may stand for; more than one: the schema is ambiguous. `tree` has the maps' names.
std::vector<std::vector<std::string>> FindByEnvironmentName(const Schema& root, const Node& tree,
                                                            std::string_view variable);

/// `; did you mean VIGIL_FACE_MAX_FACES?`, or nothing.
std::string SuggestVariable(const Schema& root, std::string_view variable);

}  // namespace vigil::config
