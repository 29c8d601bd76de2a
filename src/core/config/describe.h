// What there is to configure, for people and for editors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/schema.h"

namespace vigil::config {

/// A key in words. Elements of lists stand as `<n>`, of maps as `<name>`.
struct KeyInfo {
  std::string path;           ///< `sources.<n>.url`
  std::string environment;    ///< `VIGIL_SOURCES_<N>_URL`
  std::string type;           ///< `duration`, `list of text`, `auto | yunet`
  std::string default_value;  ///< as in a file; empty: the key is required, or secret
  std::string range;          ///< `1 to 256`; empty: none
  Reload reload = Reload::kRestart;
  bool required = false;
  bool secret = false;
  std::string doc;
};

/// All keys, in the order in which they were registered.
[[nodiscard]] std::vector<KeyInfo> Keys(const Schema& schema);

/// `live`, `per stream` or `restart`.
[[nodiscard]] std::string_view ReloadName(Reload reload);

/// JSON Schema, draft 2020-12, of a configuration file. Any value may also be a text with a placeholder.
[[nodiscard]] std::string JsonSchema(const Schema& schema, std::string_view title);

/// The reference in Markdown: a table for every section.
[[nodiscard]] std::string Reference(const Schema& schema);

}  // namespace vigil::config
