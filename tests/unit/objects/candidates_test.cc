#include "objects/internal/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace vigil::objects {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// A square of 10 in a row of them that do not touch.
Detection Square(int index, float score, int class_id = 0) {
  return {{20.0F * static_cast<float>(index), 0, 10, 10}, score, class_id};
}

TEST(Candidates, AreBestFirstAndEqualScoresInOrder) {
  Candidates candidates;
  for (const auto& [index, score] : {std::pair(0, 0.5F), {1, 0.9F}, {2, 0.5F}, {3, 0.7F}})
    candidates.Add(Square(index, score));
  const auto best = candidates.Best({});
  ASSERT_EQ(best.size(), 4U);
  EXPECT_EQ(best[0], Square(1, 0.9F));
  EXPECT_EQ(best[1], Square(3, 0.7F));
  EXPECT_EQ(best[2], Square(0, 0.5F));
  EXPECT_EQ(best[3], Square(2, 0.5F));
}

struct SuppressionCase {
  const char* name;
  Suppression how;
  std::size_t kept;
};
class CandidatesSuppress : public testing::TestWithParam<SuppressionCase> {};

// Two of a class on one place (IoU 0.6), one of another class there, one of the first elsewhere.
TEST_P(CandidatesSuppress, ByClassUnlessTold) {
  Candidates candidates;
  candidates.Add({{0, 0, 100, 100}, 0.9F, 0});
  candidates.Add({{25, 0, 100, 100}, 0.8F, 0});
  candidates.Add({{0, 0, 100, 100}, 0.7F, 1});
  candidates.Add({{500, 0, 100, 100}, 0.6F, 0});
  EXPECT_EQ(candidates.Best(GetParam().how).size(), GetParam().kept);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, CandidatesSuppress,
    testing::Values(SuppressionCase{"by_class", {.iou = 0.5F}, 3},
                    SuppressionCase{"at_its_iou", {.iou = 0.6F}, 4},
                    SuppressionCase{"agnostic", {.iou = 0.5F, .class_agnostic = true}, 2},
                    SuppressionCase{"done_already", {.iou = 0.1F, .done = true}, 4},
                    SuppressionCase{"cut", {.iou = 0.5F, .max_kept = 2}, 2},
                    SuppressionCase{"done_and_cut", {.done = true, .max_kept = 1}, 1}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Candidates, LeavesOutWhatIsNoBox) {
  Candidates candidates;
  for (const Detection& bad : {Detection{{kNaN, 0, 1, 1}, 1, 0}, Detection{{0, kInf, 1, 1}, 1, 0},
                               Detection{{0, 0, kInf, 1}, 1, 0}, Detection{{0, 0, 0, 1}, 1, 0},
                               Detection{{0, 0, 1, -1}, 1, 0}, Detection{{0, 0, 1, 1}, kNaN, 0},
                               Detection{{0, 0, 3e38F, 3e38F}, 1, 0}})
    candidates.Add(bad);
  EXPECT_EQ(candidates.size(), 0U);
  EXPECT_TRUE(candidates.Best({}).empty());
}

// A million in a bad order: memory stays, and the best are those of a full sort.
TEST(Candidates, KeepTheBestOfAMillion) {
  constexpr int kMany = 1'000'000;
  Candidates candidates;
  for (int round = 0; round < 2; ++round) {
    candidates.clear();
    std::size_t most = 0;
    for (int i = 0; i < kMany; ++i) {
      candidates.Add(Square(i, static_cast<float>(i) / kMany));
      most = std::max(most, candidates.size());
    }
    EXPECT_LE(most, 2 * Candidates::kCapacity);
    const auto best = candidates.Best({.max_kept = 1000});
    ASSERT_EQ(best.size(), 1000U);
    for (int i = 0; i < 1000; ++i)
      EXPECT_EQ(best[static_cast<std::size_t>(i)].score, static_cast<float>(kMany - 1 - i) / kMany);
  }
}

}  // namespace
}  // namespace vigil::objects
