// Counts by class: of a line's crossings, of a zone's objects.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "events/internal/class_table.h"

namespace vigil::events {

/// Two numbers for each class; what they are is the owner's affair.
class Tally {
 public:
  using Pair = std::array<std::int64_t, 2>;

  Pair& operator[](ClassIndex index) {
    if (index >= pairs_.size()) pairs_.resize(index + std::size_t{1});
    return pairs_[index];
  }
  Pair of(ClassIndex index) const { return index < pairs_.size() ? pairs_[index] : Pair{}; }
  std::size_t size() const { return pairs_.size(); }

 private:
  std::vector<Pair> pairs_;
};

}  // namespace vigil::events
