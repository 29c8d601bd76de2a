// What a configuration key can hold: the types of C++ fields, and their erased form that the loader
// works with.
//
// A field may be bool, an integer, float or double, std::string, std::filesystem::path, a
// std::chrono duration, ByteSize, an enum (with its names, see Schema::Enum), Point2f (`[x, y]` in
// fractions or percent), and std::vector, std::array or std::optional of these; lists of lists
// (polygons) too.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/byte_size.h"
#include "core/geometry.h"
#include "core/limits.h"

namespace vigil::config {

/// A value without its C++ type. Durations are nanoseconds, sizes bytes, enums their number;
/// monostate: none.
struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Value>> data;
  friend bool operator==(const Value&, const Value&) = default;
};

enum class Kind : std::uint8_t { kBool, kInteger, kNumber, kText, kEnum, kDuration, kBytes, kList };

/// What texts a key accepts, and what it makes of them.
struct Type {
  Kind kind = Kind::kText;
  bool optional = false;  ///< `null` is a value
  bool ratio = false;     ///< a number that may be written in percent
  bool single = false;    ///< a number of float's precision
  Value min, max;         ///< of a scalar, both included; none: no bound but the field's own
  std::int64_t lowest = 0, highest = 0;  ///< what an integer field can hold
  std::int64_t quantum = 1;              ///< of a duration: the field counts this many nanoseconds
  std::vector<std::pair<std::string, std::int64_t>> names;             ///< of an enum
  std::size_t min_items = 0, max_items = limits::kMaxConfigListItems;  ///< of a list
  bool or_one = false;            ///< of a list: one value alone stands for a list of it
  std::shared_ptr<Type> element;  ///< of a list

  bool is_point() const {
    return kind == Kind::kList && min_items == 2 && max_items == 2 && element->ratio;
  }
  /// The type of the scalars in it: itself unless it is a list.
  Type& leaf() { return element ? element->leaf() : *this; }
  const Type& leaf() const { return element ? element->leaf() : *this; }
};

namespace internal {

template <typename T>
inline constexpr bool kIsDuration = false;
template <typename R, typename P>
inline constexpr bool kIsDuration<std::chrono::duration<R, P>> = true;

template <typename T>
inline constexpr bool kUnsupported = false;

/// The scalar type inside optionals and lists, in which ranges are given.
template <typename T>
struct LeafOf {
  using type = T;
};
template <typename T>
struct LeafOf<std::optional<T>> : LeafOf<T> {};
template <typename T>
struct LeafOf<std::vector<T>> : LeafOf<T> {};
template <typename T, std::size_t N>
struct LeafOf<std::array<T, N>> : LeafOf<T> {};
template <>
struct LeafOf<Point2f> {
  using type = float;
};

/// How a field of type T is described, read and written. The primary template has the scalars.
template <typename T>
struct Binding {
  static Type Describe() {
    Type type;
    if constexpr (std::same_as<T, bool>) {
      type.kind = Kind::kBool;
    } else if constexpr (std::is_enum_v<T>) {
      type.kind = Kind::kEnum;
    } else if constexpr (std::integral<T>) {
      type.kind = Kind::kInteger;
      type.lowest =
          std::is_signed_v<T> ? static_cast<std::int64_t>(std::numeric_limits<T>::min()) : 0;
      constexpr auto kWidest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
      type.highest = static_cast<std::int64_t>(kLargest < kWidest ? kLargest : kWidest);
    } else if constexpr (std::floating_point<T>) {
      type.kind = Kind::kNumber;
      type.single = std::same_as<T, float>;
    } else if constexpr (kIsDuration<T>) {
      type.kind = Kind::kDuration;
      using Nanoseconds = std::ratio_divide<typename T::period, std::nano>;
      static_assert(Nanoseconds::den == 1, "durations finer than a nanosecond have no notation");
      type.quantum = std::chrono::treat_as_floating_point_v<typename T::rep> ? 1 : Nanoseconds::num;
    } else if constexpr (std::same_as<T, ByteSize>) {
      type.kind = Kind::kBytes;
    } else {
      static_assert(std::same_as<T, std::string> || std::same_as<T, std::filesystem::path>,
                    "this type cannot be a configuration key; see core/config/types.h");
    }
    return type;
  }

  static Value Get(const T& field) {
    if constexpr (std::same_as<T, bool>)
      return {field};
    else if constexpr (std::integral<T> || std::is_enum_v<T>)
      return {static_cast<std::int64_t>(field)};
    else if constexpr (std::floating_point<T>)
      return {static_cast<double>(field)};
    else if constexpr (kIsDuration<T>)
      return {std::int64_t{std::chrono::duration_cast<std::chrono::nanoseconds>(field).count()}};
    else if constexpr (std::same_as<T, ByteSize>)
      return {field.bytes};
    else
      return {std::string(field)};
  }

  static void Set(T& field, const Value& value) {
    if constexpr (std::same_as<T, bool>)
      field = std::get<bool>(value.data);
    else if constexpr (std::integral<T> || std::is_enum_v<T>)
      field = static_cast<T>(std::get<std::int64_t>(value.data));
    else if constexpr (std::floating_point<T>)
      field = static_cast<T>(std::get<double>(value.data));
    else if constexpr (kIsDuration<T>)
      field = std::chrono::duration_cast<T>(
          std::chrono::nanoseconds(std::get<std::int64_t>(value.data)));
    else if constexpr (std::same_as<T, ByteSize>)
      field.bytes = std::get<std::int64_t>(value.data);
    else
      field = std::get<std::string>(value.data);
  }
};

template <typename T>
struct Binding<std::optional<T>> {
  static Type Describe() {
    Type type = Binding<T>::Describe();
    type.optional = true;
    return type;
  }
  static Value Get(const std::optional<T>& field) {
    return field ? Binding<T>::Get(*field) : Value{};
  }
  static void Set(std::optional<T>& field, const Value& value) {
    field.reset();
    if (value != Value{}) Binding<T>::Set(field.emplace(), value);
  }
};

/// Lists of any and of fixed length: what differs is that the latter cannot be resized.
template <typename List, typename T>
struct ListBinding {
  static Type Describe() {
    Type type;
    type.kind = Kind::kList;
    type.element = std::make_shared<Type>(Binding<T>::Describe());
    return type;
  }
  static Value Get(const List& field) {
    std::vector<Value> items;
    items.reserve(field.size());
    for (const T& item : field) items.push_back(Binding<T>::Get(item));
    return {std::move(items)};
  }
  static void Set(List& field, const Value& value) {
    const auto& items = std::get<std::vector<Value>>(value.data);
    if constexpr (requires { field.resize(items.size()); }) field.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) Binding<T>::Set(field[i], items[i]);
  }
};

template <typename T>
struct Binding<std::vector<T>> : ListBinding<std::vector<T>, T> {
  static_assert(!std::same_as<T, bool>, "std::vector<bool> has no bools to bind");
};

template <typename T, std::size_t N>
struct Binding<std::array<T, N>> : ListBinding<std::array<T, N>, T> {
  static Type Describe() {
    Type type = ListBinding<std::array<T, N>, T>::Describe();
    type.min_items = type.max_items = N;
    return type;
  }
};

template <>
struct Binding<Point2f> {
  static Type Describe() {
    Type type = Binding<std::array<float, 2>>::Describe();
    type.leaf().ratio = true;
    type.leaf().min = {0.0};
    type.leaf().max = {1.0};
    return type;
  }
  static Value Get(const Point2f& field) {
    return Binding<std::array<float, 2>>::Get({field.x, field.y});
  }
  static void Set(Point2f& field, const Value& value) {
    std::array<float, 2> xy{};
    Binding<std::array<float, 2>>::Set(xy, value);
    field = {xy[0], xy[1]};
  }
};

}  // namespace internal
}  // namespace vigil::config
