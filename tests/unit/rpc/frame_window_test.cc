#include "rpc/internal/frame_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil::rpc::internal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class FrameWindowTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t i = 1; i <= 3; ++i)
      window_.Add(
          {i, static_cast<std::int64_t>(i) * 33'000, begin_ + i * 33ms, begin_ + i * 33ms + 200ms});
  }
  std::optional<FrameWindow::Sent> Match(std::uint64_t sequence, std::int64_t timestamp_us) {
    passed_over_.clear();
    return window_.Match(sequence, timestamp_us, passed_over_);
  }

  const Clock::time_point begin_{1h};
  FrameWindow window_{3};
  std::vector<std::uint64_t> passed_over_;
};

TEST_F(FrameWindowTest, HoldsSoManyAndNoMore) {
  EXPECT_TRUE(window_.full());
  ASSERT_TRUE(Match(1, 33'000));
  EXPECT_FALSE(window_.full());
}

TEST_F(FrameWindowTest, AnAnswerLeavesWithThoseThatWerePassedOver) {
  const auto frame = Match(2, 66'000);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->sequence, 2U);
  EXPECT_THAT(passed_over_, ElementsAre(1));
  EXPECT_EQ(window_.size(), 1U);
}

TEST_F(FrameWindowTest, AnAnswerHasToFitByNumberAndTime) {
  EXPECT_FALSE(Match(2, 33'000));
  EXPECT_FALSE(Match(7, 231'000));
  EXPECT_EQ(window_.size(), 3U);
  EXPECT_TRUE(Match(0, 33'000)) << "a server that does not give numbers back";
}

TEST_F(FrameWindowTest, AnAnswerComesOnce) {
  EXPECT_TRUE(Match(1, 33'000));
  EXPECT_FALSE(Match(1, 33'000));
}

TEST_F(FrameWindowTest, WhatIsLateLeaves) {
  EXPECT_THAT(window_.Expire(begin_ + 232ms), IsEmpty());
  EXPECT_EQ(window_.next_deadline(), begin_ + 233ms);
  EXPECT_THAT(window_.Expire(begin_ + 266ms), ElementsAre(1, 2));
  EXPECT_FALSE(Match(1, 33'000));
  EXPECT_TRUE(Match(3, 99'000));
  EXPECT_THAT(passed_over_, IsEmpty());
  EXPECT_EQ(window_.next_deadline(), Deadline::max());
}

TEST_F(FrameWindowTest, ClearGivesAll) {
  EXPECT_THAT(window_.Clear(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(window_.empty());
}

}  // namespace
}  // namespace vigil::rpc::internal
