#include "core/latency_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace vigil {
namespace {

using namespace std::chrono_literals;

TEST(LatencyHistogram, PercentilesAreRightToFivePercent) {
  LatencyHistogram histogram;
  std::mt19937 random(1);
  std::lognormal_distribution<double> times(9.5, 0.8);  // about 13 ms
  std::vector<double> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(times(random));
    histogram.Add(std::chrono::microseconds(static_cast<std::int64_t>(all.back())));
  }
  std::ranges::sort(all);
  for (const double q : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    const double exact = all[static_cast<std::size_t>(q * 20'000) - 1];
    const auto estimate = static_cast<double>(histogram.Quantile(q).count());
    EXPECT_GE(estimate, exact * 0.999 - 1) << q;
    EXPECT_LE(estimate, exact * 1.051) << q;
  }
}

TEST(LatencyHistogram, TakesWhatCannotBe) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5), 0us);
  EXPECT_EQ(histogram.Line(), "none");
  EXPECT_EQ(histogram.Table(), "");
  histogram.Add(-5us);
  histogram.Add(10h);
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.Quantile(0.5), 50us);
  EXPECT_EQ(histogram.max(), 60s);
  EXPECT_EQ(histogram.Quantile(1), 60s);
}

TEST(LatencyHistogram, SaysItInWordsAndBars) {
  LatencyHistogram histogram;
  for (int i = 0; i < 99; ++i) histogram.Add(10ms);
  histogram.Add(100ms);
  EXPECT_THAT(histogram.Line(),
              testing::MatchesRegex("p50 10\\.. ms, p95 10\\.., p99 10\\.., max 100\\.0"));
  EXPECT_THAT(histogram.Table(), testing::HasSubstr("up to    16 ms       99 ██"));
  EXPECT_THAT(histogram.Table(), testing::HasSubstr("up to   128 ms        1 █\n"));
}

}  // namespace
}  // namespace vigil
