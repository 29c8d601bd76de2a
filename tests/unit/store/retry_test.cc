#include "store/retry.h"

#include <gtest/gtest.h>

namespace vigil::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Retry, WaitsDoubleUpToTheLongest) {
  const RetryPolicy policy;
  EXPECT_EQ(WaitAfter(policy, 1, 0.5), milliseconds(1000));
  EXPECT_EQ(WaitAfter(policy, 2, 0.5), milliseconds(2000));
  EXPECT_EQ(WaitAfter(policy, 11, 0.5), milliseconds(1'024'000));
  EXPECT_EQ(WaitAfter(policy, 13, 0.5), hours(1));
  EXPECT_EQ(WaitAfter(policy, 1'000'000, 0.5), hours(1));
}

TEST(Retry, AreSpread) {
  const RetryPolicy policy;
  EXPECT_EQ(WaitAfter(policy, 1, 0), milliseconds(800));
  EXPECT_EQ(WaitAfter(policy, 1, 1), milliseconds(1200));
}

TEST(Retry, DefaultsOutlastANight) {
  const RetryPolicy policy;
  milliseconds total{0};
  for (int i = 1; i < policy.max_failures; ++i) total += WaitAfter(policy, i, 0);
  EXPECT_GT(total, hours(9));
  total = {};
  for (int i = 1; i < policy.max_failures; ++i) total += WaitAfter(policy, i, 0.5);
  EXPECT_GT(total, hours(12));
  EXPECT_LT(total, hours(13));
}

}  // namespace
}  // namespace vigil::store
