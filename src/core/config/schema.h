// The keys of a configuration, each registered once, in one line that says everything about it:
//
//   void Register(config::Schema& schema, FaceConfig& face) {
//     schema.Key("max_faces", face.max_faces).Range(1, 256).Doc("faces followed at once");
//     schema.Enum("detector", face.detector, {{"auto", Detector::kAuto}, {"yunet",
//     Detector::kYuNet}})
//         .Doc("which model finds faces");
//   }
//   void Register(config::Schema& schema, Config& config) {
//     schema.Group("face", config.face, [](auto& s, auto& c) { Register(s, c); });       //
//     face.max_faces, … schema.List("sources", config.sources, [](config::Schema& s, Source&
//     source) {      // sources.0.url, …
//       s.Key("url", source.url).Required().Doc("file, camera or
//       stream").Reload(config::Reload::kPerStream);
//     });
//   }
//
// What the fields hold when they are registered is the default. config::Load (core/config/load.h)
// then fills them in; core/config/describe.h prints what is registered. Names are letters, digits,
// `_` and `-`; a dot makes a section. A name registered twice, or other misuse by the program,
// aborts. One thread at a time.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/config/collection.h"
#include "core/config/types.h"

namespace vigil::config {

/// What a change of the key takes: seen by everything that runs, a new start of the stream
/// concerned, or of the process.
enum class Reload : std::uint8_t { kLive, kPerStream, kRestart };

/// A key, type erased.
struct KeySpec {
  Type type;
  std::function<Value()> get;
  std::function<void(const Value&)> set;
  Value initial;                        ///< what the field held when it was registered
  std::function<absl::Status()> check;  ///< after set; may be empty
  std::string doc;
  std::vector<std::string> elsewhere;  ///< what other programs call it: hints for unknown keys
  Reload reload = Reload::kRestart;
  bool required = false;
  bool secret = false;
};

/// Returned by Schema::Key: what else there is to say about the key, call after call.
template <typename T>
class KeyOf {
 public:
  using Leaf = typename internal::LeafOf<T>::type;

  explicit KeyOf(KeySpec& spec) : spec_(spec) {}

  /// One line for the reference: what it is, its unit, what the default means.
  KeyOf& Doc(std::string_view text) { return spec_.doc = text, *this; }
  /// What other programs call the same: whoever writes that is told of this key.
  KeyOf& Elsewhere(std::initializer_list<const char*> names) {
    return spec_.elsewhere.assign(names.begin(), names.end()), *this;
  }
  /// Bounds of the value, or of every value in a list; both included.
  KeyOf& Range(Leaf min, Leaf max) { return AtLeast(min).AtMost(max); }
  KeyOf& AtLeast(Leaf min) {
    return spec_.type.leaf().min = internal::Binding<Leaf>::Get(min), *this;
  }
  KeyOf& AtMost(Leaf max) {
    return spec_.type.leaf().max = internal::Binding<Leaf>::Get(max), *this;
  }
  /// A number 0 to 1 that may also be written in percent. A Range given after it replaces 0 to 1.
  KeyOf& Ratio() requires std::floating_point<Leaf> {
    return spec_.type.leaf().ratio = true, Range(0, 1);
  }
  /// How many items a list has.
  KeyOf& Items(std::size_t min, std::size_t max) { return SetItems(spec_.type, min, max); }
  /// How many items each list in a list has: the vertices of polygons.
  KeyOf& EachItems(std::size_t min, std::size_t max) {
    return SetItems(*spec_.type.element, min, max);
  }
  /// Of a list: one value alone stands for a list of it, as in `class: car`.
  KeyOf& OrOne() { return spec_.type.or_one = true, *this; }
  /// Has to be given; the field's first value is no default.
  KeyOf& Required() { return spec_.required = true, *this; }
  /// Never printed; may come from a file (see Load).
  KeyOf& Secret() { return spec_.secret = true, *this; }
  KeyOf& Reload(config::Reload reload) { return spec_.reload = reload, *this; }
  /// A further condition, asked once the field is set. Its message follows the key's path.
  KeyOf& Check(std::function<absl::Status(const T&)> check) {
    spec_.check = [check = std::move(check), get = spec_.get] {
      T value{};
      internal::Binding<T>::Set(value, get());
      return check(value);
    };
    return *this;
  }

 private:
  friend class Schema;
  void AddName(const char* name, Leaf value) {
    spec_.type.leaf().names.emplace_back(name, static_cast<std::int64_t>(value));
  }
  KeyOf& SetItems(Type& list, std::size_t min, std::size_t max) {
    return list.min_items = min, list.max_items = max, *this;
  }

  KeySpec& spec_;
};

/// Which values of a section were refused: of the wrong type, out of range, missing or unknown.
class Refusals {
 public:
  virtual ~Refusals() = default;
  /// Whether any at `path` was, below it or around it. Seen from the section: `lines.0`.
  virtual bool Any(std::string_view path) const = 0;
};

class Schema {
 public:
  Schema();
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  /// Registers `field`, which outlives the schema.
  template <typename T>
  KeyOf<T> Key(std::string_view path, T& field) {
    using Bound = internal::Binding<T>;
    return KeyOf<T>(AddKey(
        path, Bound::Describe(), [&field] { return Bound::Get(field); },
        [&field](const Value& value) { Bound::Set(field, value); }));
  }

  /// Registers a field that counts microseconds, as stream time does; to the user a duration like
  /// any other.
  KeyOf<std::chrono::microseconds> Microseconds(std::string_view path, std::int64_t& field);

  /// Registers a field of an enum, or an optional or list of one, with the names of its values.
  template <typename T, typename E = typename internal::LeafOf<T>::type>
  KeyOf<T> Enum(std::string_view path, T& field,
                std::initializer_list<std::pair<const char*, std::type_identity_t<E>>> names) {
    KeyOf<T> key = Key(path, field);
    for (const auto& [name, value] : names) key.AddName(name, value);
    return key;
  }

  /// The schema of a section, made if it is new. `doc` is printed above its keys.
  Schema& Section(std::string_view path, std::string_view doc = {});

  /// A section whose keys `builder` registers.
  template <typename T, typename B>
  void Group(std::string_view path, T& field, B builder) {
    builder(Section(path), field);
  }

  /// A list of structs: `builder` registers the keys of one of them.
  template <typename T>
  void List(std::string_view path, std::vector<T>& field, std::type_identity_t<Builder<T>> builder,
            std::string_view doc = {}, std::size_t max_items = limits::kMaxConfigListItems) {
    AddCollection<internal::ListOf<T>, T>(path, field, std::move(builder), doc, max_items, false);
  }

  /// Structs by a name of the user's choice: `devices.<name>.lines`.
  template <typename T>
  void Map(std::string_view path, std::map<std::string, T>& field,
           std::type_identity_t<Builder<T>> builder, std::string_view doc = {},
           std::size_t max_items = limits::kMaxConfigListItems) {
    AddCollection<internal::MapOf<T>, T>(path, field, std::move(builder), doc, max_items, true);
  }

  /// A condition on several keys of this section, asked once all of them are set and right.
  void Check(std::function<absl::Status()> check);
  /// The same, asked also where values were refused, so that one start tells all that is wrong. Their fields hold what
  /// they held before. What it says of a refused key, of a section around it or of a key below it is not told.
  void CheckAll(std::function<absl::Status(const Refusals&)> check);

  struct Entry;  ///< core/internal/config/entry.h
  const std::vector<std::unique_ptr<Entry>>& entries() const { return entries_; }
  const std::vector<std::function<absl::Status()>>& checks() const { return checks_; }
  const std::vector<std::function<absl::Status(const Refusals&)>>& checks_of_all() const {
    return checks_of_all_;
  }

 private:
  template <typename C, typename T, typename Field>
  void AddCollection(std::string_view path, Field& field, Builder<T> builder, std::string_view doc,
                     std::size_t max_items, bool keyed) {
    auto example = std::make_shared<T>();
    Schema fields;
    builder(fields, *example);
    AddCollection(path, std::make_unique<C>(field, std::move(builder)), std::move(fields),
                  std::move(example), doc, max_items, keyed);
  }

  KeySpec& AddKey(std::string_view path, Type type, std::function<Value()> get,
                  std::function<void(const Value&)> set);
  void AddCollection(std::string_view path, std::unique_ptr<Collection> collection, Schema fields,
                     std::shared_ptr<void> example, std::string_view doc, std::size_t max_items,
                     bool keyed);
  Entry& Add(std::string_view path);

  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::function<absl::Status()>> checks_;
  std::vector<std::function<absl::Status(const Refusals&)>> checks_of_all_;
};

}  // namespace vigil::config
