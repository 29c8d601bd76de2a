// "Did you mean …?"
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace vigil {

/// Letters that must be inserted, removed, replaced or swapped with their neighbour to turn `a` into `b`; case is
/// ignored. Only the first 128 characters of each count. Source: Damerau, "A technique for computer detection and
/// correction of spelling errors", CACM 7(3), 1964, in its optimal string alignment form.
[[nodiscard]] std::size_t EditDistance(std::string_view a, std::string_view b);

/// The candidate nearest to `name`, the first of equals, if it is near enough to be a slip: at most one edit per three
/// letters of `name`, and always at least one. Else the shortest that goes on where `name` ends:
/// `confidence_threshold` for `confidence`. Empty where there is none.
[[nodiscard]] std::string_view Nearest(std::string_view name,
                                       std::span<const std::string> candidates);

/// `; did you mean X?`, or nothing when no candidate is near. To be put behind a message.
[[nodiscard]] std::string DidYouMean(std::string_view name,
                                     std::span<const std::string> candidates);

}  // namespace vigil
