// Non-maximum suppression: of boxes that show the same thing, one is kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace vigil {

/// Keeps the best of every group, unchanged and in order, and drops the others: those that
/// `shows_the_same(better, candidate)` as a better one that was kept. In place, takes no memory;
/// stops when `max_kept` are found.
template <typename Candidate, typename ShowsTheSame>
void SuppressNonMaximum(std::vector<Candidate>& best_first, std::size_t max_kept,
                        const ShowsTheSame& shows_the_same) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < best_first.size() && kept < max_kept; ++i) {
    const auto end = best_first.begin() + static_cast<std::ptrdiff_t>(kept);
    const bool shown = std::any_of(best_first.begin(), end, [&](const Candidate& better) {
      return shows_the_same(better, std::as_const(best_first[i]));
    });
    if (shown) continue;
    if (kept != i) best_first[kept] = std::move(best_first[i]);
    ++kept;
  }
  best_first.erase(best_first.begin() + static_cast<std::ptrdiff_t>(kept), best_first.end());
}

}  // namespace vigil
