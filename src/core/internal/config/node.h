// The configuration as a tree of texts, each with the place it came from: what files and layers are before they are
// bound to typed fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::config {

/// Which layer a value is from, lowest first.
enum class Layer : std::uint8_t { kDefault, kFile, kEnvironment, kSet, kFlag };

/// Where a value is from.
struct Origin {
  Layer layer = Layer::kDefault;
  std::shared_ptr<const std::string> source;  ///< the file's, variable's or flag's name; null: none
  int line = 0;                               ///< from 1; 0: none
  int column = 0;
  std::shared_ptr<const std::string> note;  ///< what else took part: `${NAME}`; null: nothing

  static Origin Of(Layer layer, std::string source, int line = 0, int column = 0);
  /// As in a comment: `default`, `vigil.yaml:12`, `environment VIGIL_X`, `--set`, `--max-faces`.
  std::string Describe() const;
  /// As before a message: `vigil.yaml:12:5`, `VIGIL_X`, `--set`.
  std::string Place() const;
};

struct Entry;

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  /// How a scalar prints: quoted where YAML needs it, bare (a duration), as JSON's number or boolean. What a text means
  /// is the schema's to say.
  enum class Look : std::uint8_t { kText, kWord, kNumber, kBool };

  Kind kind = Kind::kNull;
  Look look = Look::kText;
  bool loose =
      false;  ///< text that is not the file's own: `null` and lists `a,b` are recognised in it
  bool secret = false;         ///< never printed
  bool broken = false;         ///< a problem with it has been reported: pass over it
  std::string text;            ///< of a scalar
  std::vector<Node> items;     ///< of a list
  std::vector<Entry> entries;  ///< of a map; names are unique
  Origin origin;

  bool is_null() const { return kind == Kind::kNull; }
  const Node* Find(std::string_view name) const;
  Node* Find(std::string_view name);
  /// The node of that name in this map, made if it is new; a null becomes a map.
  Node& At(std::string_view name);

  static Node Scalar(std::string text, Origin origin);
  static Node Null(Origin origin);
};

struct Entry {
  std::string name;
  Origin origin;  ///< of the name
  Node node;
};

/// Lays `over` on `base`: sections key by key, everything else as a whole. A section without a value in `over` leaves
/// what is there.
void Merge(Node& base, Node over);

/// `path.name`; a name with other characters than letters, digits, `_` and `-` stands in quotes.
std::string Join(std::string_view path, std::string_view name);
/// The names of a path as Join writes it; empty: it is not one.
std::vector<std::string> SplitPath(std::string_view path);

}  // namespace vigil::config
