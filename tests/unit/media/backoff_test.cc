#include "media/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace vigil::media {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesToTheLongestAndStartsAgain) {
  Backoff backoff({milliseconds(1'000), milliseconds(30'000), 0.0}, 1);
  for (const int expected : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    EXPECT_EQ(backoff.Next(), milliseconds(expected));
  }
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(backoff.Next(), milliseconds(30'000));
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), milliseconds(1'000));
}

TEST(Backoff, JitterStaysInItsBandAndSpreadsSources) {
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff({}, seed);
    const auto first = backoff.Next();
    EXPECT_GE(first, milliseconds(800));
    EXPECT_LE(first, milliseconds(1'200));
    waits.insert(first.count());
  }
  EXPECT_GT(waits.size(), 50U);
}

}  // namespace
}  // namespace vigil::media
