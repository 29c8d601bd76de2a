#include "tracking/assignment.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "core/check.h"

namespace vigil::tracking {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

}  // namespace

std::span<const RowColumn> Assigner::Solve(int rows, int columns,
                                           std::span<const Candidate> candidates, double limit) {
  candidates_ = candidates;
  limit_ = limit;
  const auto r = static_cast<std::size_t>(rows), c = static_cast<std::size_t>(columns);
  first_.assign(r + 1, 0);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    VIGIL_CHECK(i == 0 || candidates[i - 1].row <= candidates[i].row);
    ++first_[static_cast<std::size_t>(candidates[i].row) + 1];
  }
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  column_of_row_.assign(r, -1);
  row_of_column_.assign(c, -1);
  cost_of_row_.assign(r, 0);
  price_.assign(c, 0);
  distance_.assign(c, kFar);
  from_row_.resize(c);
  from_cost_.resize(c);
  settled_.assign(c, 0);

  Split(rows, columns);
  for (std::size_t begin = 0; begin < r;) {
    const int root = Root(order_[begin]);
    std::size_t end = begin + 1;
    while (end < r && Root(order_[end]) == root) ++end;
    const std::span<const int> component(order_.data() + begin, end - begin);
    if (component.size() == 1) {
      TakeBest(component);
    } else {
      for (const int row : component) AddRow(row);
    }
    begin = end;
  }

  pairs_.clear();
  for (int row = 0; row < rows; ++row) {
    const int column = column_of_row_[static_cast<std::size_t>(row)];
    if (column >= 0) pairs_.push_back({row, column});
  }
  return pairs_;
}

// Rows and columns that candidates join, however indirectly, get one root; order_ has the rows of
// each component together, ascending.
void Assigner::Split(int rows, int columns) {
  parent_.resize(static_cast<std::size_t>(rows) + static_cast<std::size_t>(columns));
  std::iota(parent_.begin(), parent_.end(), 0);
  for (const Candidate& candidate : candidates_) {
    if (candidate.cost > limit_) continue;
    const int a = Root(candidate.row), b = Root(rows + candidate.column);
    parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }
  order_.resize(static_cast<std::size_t>(rows));
  std::iota(order_.begin(), order_.end(), 0);
  std::sort(order_.begin(), order_.end(), [this](int a, int b) {
    const int root_a = Root(a), root_b = Root(b);
    return root_a != root_b ? root_a < root_b : a < b;
  });
}

int Assigner::Root(int node) {
  auto i = static_cast<std::size_t>(node);
  while (parent_[i] != static_cast<int>(i)) {
    parent_[i] = parent_[static_cast<std::size_t>(parent_[i])];
    i = static_cast<std::size_t>(parent_[i]);
  }
  return static_cast<int>(i);
}

void Assigner::TakeBest(std::span<const int> component_rows) {
  const auto row = static_cast<std::size_t>(component_rows.front());
  const Candidate* best = nullptr;
  for (int i = first_[row]; i < first_[row + 1]; ++i) {
    const Candidate& candidate = candidates_[static_cast<std::size_t>(i)];
    if (candidate.cost <= limit_ && (best == nullptr || candidate.cost < best->cost))
      best = &candidate;
  }
  if (best == nullptr) return;
  column_of_row_[row] = best->column;
  row_of_column_[static_cast<std::size_t>(best->column)] = best->row;
}

// Dijkstra over alternating paths: from the new row along a candidate to a column, from there to
// the row that has it now. It ends at a column that is free, or at a row that is cheapest to leave
// alone (which may be the new one). Prices keep all reduced costs non-negative.
void Assigner::AddRow(int row) {
  leave_distance_ = kFar;
  leave_row_ = -1;
  heap_.clear();
  touched_.clear();
  settled_columns_.clear();
  ScanRow(row, 0);
  double end = 0;
  for (;;) {
    while (!heap_.empty() && settled_[static_cast<std::size_t>(heap_.front().second)] != 0) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      heap_.pop_back();
    }
    // At equal cost a pair is made rather than none.
    if (heap_.empty() || leave_distance_ < heap_.front().first) {
      end = leave_distance_;
      const int column = column_of_row_[static_cast<std::size_t>(leave_row_)];
      column_of_row_[static_cast<std::size_t>(leave_row_)] = -1;
      if (leave_row_ != row) Augment(row, column);
      break;
    }
    const auto [distance, column] = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    const int owner = row_of_column_[static_cast<std::size_t>(column)];
    if (owner < 0) {
      end = distance;
      Augment(row, column);
      break;
    }
    settled_[static_cast<std::size_t>(column)] = 1;
    settled_columns_.push_back(column);
    ScanRow(owner, distance);
  }
  for (const int column : settled_columns_) {
    const auto c = static_cast<std::size_t>(column);
    price_[c] += distance_[c] - end;
    settled_[c] = 0;
  }
  for (const int column : touched_) distance_[static_cast<std::size_t>(column)] = kFar;
}

// `reached`: the length of the path to this row.
void Assigner::ScanRow(int row, double reached) {
  const auto r = static_cast<std::size_t>(row);
  const int own = column_of_row_[r];
  const double base =
      reached - (own < 0 ? 0 : cost_of_row_[r] - price_[static_cast<std::size_t>(own)]);
  if (base + limit_ < leave_distance_) {
    leave_distance_ = base + limit_;
    leave_row_ = row;
  }
  for (int i = first_[r]; i < first_[r + 1]; ++i) {
    const Candidate& candidate = candidates_[static_cast<std::size_t>(i)];
    const auto c = static_cast<std::size_t>(candidate.column);
    if (candidate.cost > limit_ || settled_[c] != 0) continue;
    const double distance = base + candidate.cost - price_[c];
    if (!(distance < distance_[c])) continue;
    if (distance_[c] == kFar) touched_.push_back(candidate.column);
    distance_[c] = distance;
    from_row_[c] = row;
    from_cost_[c] = candidate.cost;
    heap_.emplace_back(distance, candidate.column);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
}

// Turns the path round that ends at `column`, back to the row it began with.
void Assigner::Augment(int first_row, int column) {
  for (;;) {
    const auto c = static_cast<std::size_t>(column);
    const int row = from_row_[c];
    const auto r = static_cast<std::size_t>(row);
    const int next = column_of_row_[r];
    column_of_row_[r] = column;
    row_of_column_[c] = row;
    cost_of_row_[r] = from_cost_[c];
    if (row == first_row) return;
    column = next;
  }
}

}  // namespace vigil::tracking
