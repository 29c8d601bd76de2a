// The assignment problem on a dense square matrix, the plain way: a judge for faster solvers.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace vigil::test {

/// The O(n^3) method with potentials (Kuhn, Munkres): the column of each row.
inline std::vector<int> Hungarian(const std::vector<std::vector<double>>& cost) {
  const std::size_t n = cost.size();
  std::vector<double> u(n + 1), v(n + 1);
  std::vector<std::size_t> row_of(n + 1), way(n + 1);
  for (std::size_t i = 1; i <= n; ++i) {
    row_of[0] = i;
    std::size_t column = 0;
    std::vector<double> least(n + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> used(n + 1);
    do {
      used[column] = true;
      const std::size_t row = row_of[column];
      double delta = std::numeric_limits<double>::infinity();
      std::size_t next = 0;
      for (std::size_t j = 1; j <= n; ++j) {
        if (used[j]) continue;
        const double reduced = cost[row - 1][j - 1] - u[row] - v[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          way[j] = column;
        }
        if (least[j] < delta) {
          delta = least[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j <= n; ++j) {
        if (used[j]) {
          u[row_of[j]] += delta;
          v[j] -= delta;
        } else {
          least[j] -= delta;
        }
      }
      column = next;
    } while (row_of[column] != 0);
    do {
      row_of[column] = row_of[way[column]];
      column = way[column];
    } while (column != 0);
  }
  std::vector<int> column_of(n);
  for (std::size_t j = 1; j <= n; ++j) column_of[row_of[j] - 1] = static_cast<int>(j) - 1;
  return column_of;
}

}  // namespace vigil::test
