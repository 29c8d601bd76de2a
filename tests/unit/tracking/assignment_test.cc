#include "tracking/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/hungarian.h"

namespace vigil::tracking {
namespace {

std::vector<RowColumn> Solve(int rows, int columns, const std::vector<Candidate>& candidates,
                             double limit) {
  Assigner assigner;
  const auto pairs = assigner.Solve(rows, columns, candidates, limit);
  return {pairs.begin(), pairs.end()};
}

struct SmallCase {
  const char* name;
  int rows, columns;
  std::vector<Candidate> candidates;
  std::vector<RowColumn> expected;
};
class AssignmentSmall : public testing::TestWithParam<SmallCase> {};

TEST_P(AssignmentSmall, Pairs) {
  const SmallCase& c = GetParam();
  EXPECT_EQ(Solve(c.rows, c.columns, c.candidates, 1), c.expected);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, AssignmentSmall,
    testing::Values(
        SmallCase{"nothing", 0, 0, {}, {}}, SmallCase{"no_candidates", 3, 2, {}, {}},
        SmallCase{"one", 1, 1, {{0, 0, 0.5}}, {{0, 0}}},
        SmallCase{"over_the_limit", 1, 1, {{0, 0, 1.1}}, {}},
        SmallCase{"at_the_limit", 1, 1, {{0, 0, 1}}, {{0, 0}}},
        SmallCase{
            "one_row_takes_the_best", 1, 3, {{0, 0, 0.5}, {0, 1, 0.2}, {0, 2, 0.4}}, {{0, 1}}},
        SmallCase{
            "one_column_takes_the_best", 3, 1, {{0, 0, 0.5}, {1, 0, 0.2}, {2, 0, 0.4}}, {{1, 0}}},
        // Greedy would take 0-0 and leave row 1 alone or dear.
        SmallCase{"not_greedy",
                  2,
                  2,
                  {{0, 0, 0.1}, {0, 1, 0.2}, {1, 0, 0.2}, {1, 1, 0.9}},
                  {{0, 1}, {1, 0}}},
        // Two dear pairs lose against one cheap pair: sums of cost - limit are -0.2 and -0.9.
        SmallCase{
            "one_good_pair_beats_two_bad", 2, 2, {{0, 0, 0.1}, {0, 1, 0.9}, {1, 0, 0.9}}, {{0, 0}}},
        SmallCase{"chain_turns_round",
                  3,
                  3,
                  {{0, 0, 0.1}, {0, 1, 0.2}, {1, 0, 0.1}, {1, 2, 0.3}, {2, 0, 0.1}},
                  {{0, 1}, {1, 2}, {2, 0}}}),
    [](const auto& test) { return std::string(test.param.name); });

// The sum of (cost - limit) that the dense method finds, everybody free to stay alone.
double BestSum(int rows, int columns, const std::vector<Candidate>& candidates, double limit) {
  const auto n = static_cast<std::size_t>(rows), m = static_cast<std::size_t>(columns);
  std::vector<std::vector<double>> cost(n + m, std::vector<double>(n + m, 0));
  for (const Candidate& c : candidates) {
    cost[static_cast<std::size_t>(c.row)][static_cast<std::size_t>(c.column)] =
        std::min(0.0, c.cost - limit);
  }
  const std::vector<int> column = test::Hungarian(cost);
  double sum = 0;
  for (std::size_t i = 0; i < n + m; ++i) sum += cost[i][static_cast<std::size_t>(column[i])];
  return sum;
}

struct RandomCase {
  const char* name;
  int rounds, max_side;
  double density;
  int levels;  // of cost: few make ties
};
class AssignmentRandom : public testing::TestWithParam<RandomCase> {};

TEST_P(AssignmentRandom, IsOptimal) {
  const RandomCase& c = GetParam();
  std::mt19937 random(7);
  Assigner assigner;  // one for all: memory of a call must not leak into the next
  for (int round = 0; round < c.rounds; ++round) {
    const int rows = std::uniform_int_distribution(0, c.max_side)(random);
    const int columns = std::uniform_int_distribution(0, c.max_side)(random);
    std::vector<Candidate> candidates;
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        if (!std::bernoulli_distribution(c.density)(random)) continue;
        const int level = std::uniform_int_distribution(0, c.levels)(random);
        candidates.push_back({i, j, 1.2 * level / c.levels});
      }
    }
    double sum = 0;
    std::vector<int> row_used(static_cast<std::size_t>(rows)),
        column_used(static_cast<std::size_t>(columns));
    for (const RowColumn& pair : assigner.Solve(rows, columns, candidates, 0.8)) {
      EXPECT_EQ(row_used[static_cast<std::size_t>(pair.row)]++, 0);
      EXPECT_EQ(column_used[static_cast<std::size_t>(pair.column)]++, 0);
      const auto found = std::find_if(
          candidates.begin(), candidates.end(),
          [&](const Candidate& x) { return x.row == pair.row && x.column == pair.column; });
      ASSERT_NE(found, candidates.end());
      EXPECT_LE(found->cost, 0.8);
      sum += found->cost - 0.8;
    }
    ASSERT_NEAR(sum, BestSum(rows, columns, candidates, 0.8), 1e-9) << "round " << round;
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, AssignmentRandom,
                         testing::Values(RandomCase{"small_dense", 2000, 6, 1, 1000},
                                         RandomCase{"small_sparse", 2000, 8, 0.3, 1000},
                                         RandomCase{"small_ties", 2000, 8, 0.6, 3},
                                         RandomCase{"large_sparse", 100, 60, 0.05, 1000},
                                         RandomCase{"large_dense", 50, 40, 1, 1000},
                                         RandomCase{"large_ties", 50, 40, 0.5, 4}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::tracking
