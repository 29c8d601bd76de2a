// What a schema consists of: one name of a section, which is a key, a section itself, or a list or map of structs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/config/schema.h"

namespace vigil::config {

struct Schema::Entry {
  std::string name;
  std::string doc;                         ///< of a section or collection
  std::unique_ptr<KeySpec> key;            ///< a key; or
  std::shared_ptr<void> example;           ///< keeps alive what `fields` of a collection refer to
  std::unique_ptr<Schema> fields;          ///< a section, or the example element of
  std::unique_ptr<Collection> collection;  ///< a collection
  bool keyed = false;                      ///< a map, not a list
  std::size_t max_items = 0;               ///< of a collection

  bool is_section() const { return fields && !collection; }
};

/// The entry of that name; null: none.
const Schema::Entry* FindEntry(const Schema& schema, std::string_view name);

}  // namespace vigil::config
