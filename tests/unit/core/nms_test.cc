#include "core/nms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace vigil {
namespace {

using testing::ElementsAre;

bool Neighbours(int better, int candidate) { return std::abs(better - candidate) <= 1; }

TEST(SuppressNonMaximum, KeepsTheBestOfEachGroup) {
  std::vector<int> numbers{10, 11, 20, 9, 12, 21, 30};
  SuppressNonMaximum(numbers, 100, Neighbours);
  EXPECT_THAT(numbers, ElementsAre(10, 20, 12, 30));  // 11 was dropped, so it hides no 12
}

TEST(SuppressNonMaximum, StopsAtTheMost) {
  std::vector<int> numbers{1, 5, 9, 13};
  SuppressNonMaximum(numbers, 2, Neighbours);
  EXPECT_THAT(numbers, ElementsAre(1, 5));
  SuppressNonMaximum(numbers, 0, Neighbours);
  EXPECT_TRUE(numbers.empty());
  SuppressNonMaximum(numbers, 2, Neighbours);
  EXPECT_TRUE(numbers.empty());
}

TEST(SuppressNonMaximum, MovesWhatCannotBeCopied) {
  std::vector<std::unique_ptr<int>> numbers;
  for (const int number : {1, 2, 5}) numbers.push_back(std::make_unique<int>(number));
  SuppressNonMaximum(numbers, 9, [](const auto& a, const auto& b) { return Neighbours(*a, *b); });
  ASSERT_EQ(numbers.size(), 2U);
  EXPECT_EQ(*numbers[1], 5);
}

}  // namespace
}  // namespace vigil
