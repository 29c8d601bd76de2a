// One object of a JSON document, field by field, with every fault named by its path.
#pragma once

#include <absl/status/status.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/geometry.h"
#include "events/refusal.h"

namespace vigil::events {

inline constexpr std::array<std::string_view, 2> kPointNames = {"x", "y"};
inline constexpr std::array<std::string_view, 4> kBoxNames = {"x1", "y1", "x2", "y2"};
inline constexpr std::size_t kMaxTextBytes = 1024;  ///< of any text but a picture

/// Which object is being read, for messages: "detections[3].bbox".
struct Where {
  const Where* outer = nullptr;
  std::string_view name;
  std::optional<std::size_t> index;

  std::string Path() const {
    const std::string before = outer ? outer->Path() : std::string();
    if (index) return fmt::format("{}[{}]", before, *index);
    return before.empty() ? std::string(name) : fmt::format("{}.{}", before, name);
  }
  std::string Path(std::string_view field) const { return Where{this, field, {}}.Path(); }
};

/// The fields come in whatever order, each at most once. The first fault is kept in `fault`; after
/// it, nothing more is read. `names` are the fields that mean something, the necessary ones first.
class ObjectReader {
 public:
  using Names = std::span<const std::string_view>;

  ObjectReader(const simdjson::dom::element& value, const Where& where, Names names,
               absl::Status& fault)
      : where_(where), names_(names), fault_(fault) {
    if (value.get(object_) != simdjson::SUCCESS) Fail(RefusalReason::kWrongType, {}, "no object");
  }

  /// Calls `read(index, value)` for each field that is in the names; unknown ones are skipped.
  template <typename Read>
  void Each(Read read) {
    if (!fault_.ok()) return;
    for (const auto& [key, value] : object_) {
      std::size_t index = 0;
      while (index < names_.size() && names_[index] != key) ++index;
      if (index == names_.size()) continue;
      if (Has(index)) return Fail(RefusalReason::kRepeatedField, key, "is there twice");
      seen_ |= 1U << index;
      name_ = key;
      read(index, value);
      if (!fault_.ok()) return;
    }
  }

  /// After Each: the first `count` names had to be there.
  void Require(std::size_t count) {
    if (!fault_.ok()) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (!Has(i)) return Fail(RefusalReason::kMissingField, names_[i], "is missing");
    }
  }
  bool Has(std::size_t index) const { return (seen_ & (1U << index)) != 0; }

  // The value of the field that Each is at.
  void Text(const simdjson::dom::element& value, std::string& to) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS)
      return Fail(RefusalReason::kWrongType, name_, "is no text");
    if (text.size() > kMaxTextBytes) return Fail(RefusalReason::kBadId, name_, "is too long");
    to.assign(text);
  }
  void Number(const simdjson::dom::element& value, float& to) {
    double number = 0;
    if (value.get(number) != simdjson::SUCCESS)
      return Fail(RefusalReason::kWrongType, name_, "is no number");
    if (!(std::abs(number) < 1e9)) return Fail(RefusalReason::kBadNumber, name_, "is too large");
    to = static_cast<float>(number);
  }
  template <std::signed_integral T>
  void Integer(const simdjson::dom::element& value, T& to) {
    std::int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS) {
      const bool is_number = value.is_double() || value.is_uint64();
      return is_number ? Fail(RefusalReason::kBadNumber, name_, "is no whole number within range")
                       : Fail(RefusalReason::kWrongType, name_, "is no whole number");
    }
    if (!std::in_range<T>(number)) return Fail(RefusalReason::kBadNumber, name_, "is too large");
    to = static_cast<T>(number);
  }
  void Point(const simdjson::dom::element& value, Point2f& to) {
    const Where inside{&where_, name_, {}};
    ObjectReader point(value, inside, kPointNames, fault_);
    point.Each([&](std::size_t i, const simdjson::dom::element& v) {
      point.Number(v, i == 0 ? to.x : to.y);
    });
    point.Require(2);
  }
  void Box(const simdjson::dom::element& value, PixelBox& to) {
    const Where inside{&where_, name_, {}};
    ObjectReader box(value, inside, kBoxNames, fault_);
    float sides[4] = {};
    box.Each([&](std::size_t i, const simdjson::dom::element& v) { box.Number(v, sides[i]); });
    box.Require(4);
    to = {sides[0], sides[1], sides[2] - sides[0], sides[3] - sides[1]};
  }

  void Fail(RefusalReason reason, std::string_view field, std::string_view text) {
    const std::string path = field.empty() ? where_.Path() : where_.Path(field);
    fault_ = Refuse(reason, fmt::format("{} {}", path.empty() ? "the document" : path, text));
  }
  std::string_view name() const { return name_; }

 private:
  const Where& where_;
  Names names_;
  absl::Status& fault_;
  simdjson::dom::object object_;
  std::string_view name_;
  unsigned seen_ = 0;
};

}  // namespace vigil::events
