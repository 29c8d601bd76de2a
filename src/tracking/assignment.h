// Who belongs to whom: the cheapest way to pair rows with columns.
#pragma once

#include <span>
#include <utility>
#include <vector>

namespace vigil::tracking {

/// A pair that may be made. What is not named may not.
struct Candidate {
  int row = 0;
  int column = 0;
  double cost = 0;
};

struct RowColumn {
  int row = 0;
  int column = 0;
  friend bool operator==(const RowColumn&, const RowColumn&) = default;
};

/// Optimal assignment over a sparse set of candidates.
///
/// A row or column may stay alone: among all pairings it finds the one with the smallest sum of
/// (cost - limit). So no pair costs more than `limit`, and with candidates of equal worth the most
/// pairs are made. Candidates are split into connected components; of a component with one row or
/// one column the best candidate is taken, in the others every row in turn is added by a shortest
/// augmenting path (Jonker and Volgenant, "A shortest augmenting path algorithm for dense and
/// sparse linear assignment problems", Computing 38, 1987; their initialisation, which pays on
/// dense matrices, is left out). Equal input gives equal output.
///
/// For one thread. Keeps its memory from call to call: as long as no call is larger than those
/// before it, none is taken.
class Assigner {
 public:
  /// `candidates` are in ascending order of rows; 0 <= row < rows, 0 <= column < columns; no pair
  /// twice; costs are finite. Returns the pairs by row, valid until the next call.
  std::span<const RowColumn> Solve(int rows, int columns, std::span<const Candidate> candidates,
                                   double limit);

 private:
  void Split(int rows, int columns);
  int Root(int node);
  void TakeBest(std::span<const int> component_rows);
  void AddRow(int row);
  void Augment(int first_row, int column);
  void ScanRow(int row, double reached);

  std::span<const Candidate> candidates_;  // of the call
  double limit_ = 0;

  std::vector<int> first_;                          // row: its first candidate; one more at the end
  std::vector<int> parent_;                         // union-find over rows, then columns
  std::vector<int> order_;                          // rows, sorted by component
  std::vector<int> column_of_row_, row_of_column_;  // -1: alone
  std::vector<double> cost_of_row_;                 // of the pair that the row is in
  std::vector<double> price_;                       // of a column
  // One search: how far a column is, from which row, whether it is settled.
  std::vector<double> distance_;
  std::vector<int> from_row_;
  std::vector<double> from_cost_;
  std::vector<char> settled_;
  std::vector<int> touched_, settled_columns_;
  std::vector<std::pair<double, int>> heap_;
  double leave_distance_ = 0;  // of the cheapest row to leave alone
  int leave_row_ = -1;
  std::vector<RowColumn> pairs_;
};

}  // namespace vigil::tracking
