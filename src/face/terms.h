// Scores that explain themselves: a list of terms whose points add up to the score.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/check.h"
#include "face/types.h"

namespace vigil::face {

/// 0 at `from` and below, 1 at `to` and above, straight between; 0 for what is not a number. Precondition: from < to.
inline float Ramp(float value, float from, float to) {
  return value > from ? std::min(1.0F, (value - from) / (to - from)) : 0.0F;
}

/// The static text of a term's name that came from elsewhere; "other" for one that this version does not have.
const char* KnownTermName(std::string_view name);

/// Terms in the making. Points = value × weight, or less of it after LimitTo.
class TermList {
 public:
  /// `name`: static text. `value`: 0..1. At most kMaxTerms.
  void Add(const char* name, float value, float weight) {
    VIGIL_CHECK(terms_.count < kMaxTerms);
    terms_.items[static_cast<std::size_t>(terms_.count++)] = {name, value, weight, value * weight};
  }
  /// Scales the points of all terms alike where their sum would exceed `most`.
  void LimitTo(float most) {
    const float sum = Sum();
    if (sum <= most) return;
    // A hair less, so that rounding never takes the sum over it.
    const float scale = most / sum * (1 - 1e-6F);
    for (Term& term : terms_.items) term.points *= scale;
  }
  /// Turns what was added into costs: the sign of all points.
  void Negate() {
    for (int i = 0; i < terms_.count; ++i) terms_.items[static_cast<std::size_t>(i)].points *= -1;
  }
  /// In the order of the terms, so that a reader who adds them up gets the same number.
  [[nodiscard]] float Sum() const {
    float sum = 0;
    for (const Term& term : terms_.span()) sum += term.points;
    return sum;
  }
  const Terms& terms() const { return terms_; }

 private:
  Terms terms_;
};

}  // namespace vigil::face
