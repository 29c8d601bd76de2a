// Class names as small numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vigil::events {

using ClassIndex = std::uint16_t;

/// Names come from messages, so there is an end to them: what comes after kMax is all "other".
class ClassTable {
 public:
  static constexpr std::size_t kMax = 1024;

  ClassTable() { Of("other"); }

  ClassIndex Of(std::string_view name) {
    if (const auto known = indices_.find(std::string(name)); known != indices_.end()) {
      return known->second;
    }
    if (names_.size() >= kMax) return 0;
    const auto index = static_cast<ClassIndex>(names_.size());
    names_.emplace_back(name);
    indices_.emplace(name, index);
    return index;
  }
  const std::string& name(ClassIndex index) const { return names_[index]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, ClassIndex> indices_;
};

}  // namespace vigil::events
