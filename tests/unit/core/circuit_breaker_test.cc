#include "core/circuit_breaker.h"

#include <gtest/gtest.h>

#include <set>

namespace vigil {
namespace {

using namespace std::chrono_literals;

class CircuitBreakerTest : public testing::Test {
 protected:
  CircuitBreaker Make(BreakerOptions options = {}) const {
    options.jitter = 0;
    return CircuitBreaker(options);
  }
  // A call that is let through, and its outcome.
  void Call(CircuitBreaker& breaker, bool works) const {
    const auto permit = breaker.Allow(now_);
    ASSERT_TRUE(permit);
    works ? breaker.Succeeded(*permit, now_) : breaker.Failed(*permit, now_);
  }
  void FailUntilOpen(CircuitBreaker& breaker) const {
    while (breaker.state() != BreakerState::kOpen) Call(breaker, false);
  }

  Clock::time_point now_{1h};
};

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  auto breaker = Make();
  for (int i = 0; i < 4; ++i) Call(breaker, false);
  Call(breaker, true);
  for (int i = 0; i < 4; ++i) Call(breaker, false);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Call(breaker, false);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  EXPECT_EQ(breaker.times_opened(), 1U);
  EXPECT_FALSE(breaker.Allow(now_ + 1999ms));
}

TEST_F(CircuitBreakerTest, OpensWhereHalfOfTheCallsFail) {
  auto breaker = Make();
  for (int i = 0; i < 19; ++i) Call(breaker, i % 2 == 0);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Call(breaker, false);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, ForgetsCallsOlderThanItsWindow) {
  auto breaker = Make();
  for (int i = 0; i < 19; ++i) Call(breaker, i % 2 == 0);
  now_ += 11s;
  Call(breaker, false);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, FewFailuresAmongManyCallsAreNothing) {
  auto breaker = Make();
  for (int i = 0; i < 3000; ++i, now_ += 33ms) Call(breaker, i % 10 != 0);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, HalfOpenLetsOneProbeThroughAtATime) {
  auto breaker = Make({.probes = 2});
  FailUntilOpen(breaker);
  now_ = breaker.next_probe();
  const auto probe = breaker.Allow(now_);
  ASSERT_TRUE(probe);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  EXPECT_FALSE(breaker.Allow(now_));
  breaker.Succeeded(*probe, now_);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  Call(breaker, true);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, WaitsDoubleUpToTheLongest) {
  auto breaker = Make();
  FailUntilOpen(breaker);
  for (const auto wait : {2s, 4s, 8s, 16s, 30s, 30s}) {
    EXPECT_EQ(breaker.next_probe() - now_, wait);
    now_ = breaker.next_probe();
    Call(breaker, false);
  }
  EXPECT_EQ(breaker.times_opened(), 1U);
}

TEST_F(CircuitBreakerTest, FlappingGoesOnDoublingAndAQuietTimeEndsThat) {
  auto breaker = Make();
  FailUntilOpen(breaker);
  now_ = breaker.next_probe();
  Call(breaker, true);
  now_ += 5s;
  breaker.Trip(now_);
  EXPECT_EQ(breaker.next_probe() - now_, 4s);
  now_ = breaker.next_probe();
  Call(breaker, true);
  now_ += 11s;
  breaker.Trip(now_);
  EXPECT_EQ(breaker.next_probe() - now_, 2s);
  EXPECT_EQ(breaker.times_opened(), 3U);
}

TEST_F(CircuitBreakerTest, AProbeThatIsNeverHeardOfHasFailed) {
  auto breaker = Make();
  FailUntilOpen(breaker);
  now_ = breaker.next_probe();
  const auto lost = breaker.Allow(now_);
  ASSERT_TRUE(lost);
  now_ += 5s;
  EXPECT_FALSE(breaker.Allow(now_));
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  EXPECT_EQ(breaker.next_probe() - now_, 4s);
  breaker.Succeeded(*lost, now_);  // late
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, AWithdrawnProbeMakesRoomForAnother) {
  auto breaker = Make();
  FailUntilOpen(breaker);
  now_ = breaker.next_probe();
  const auto probe = breaker.Allow(now_);
  ASSERT_TRUE(probe);
  breaker.Withdraw(*probe);
  EXPECT_TRUE(breaker.Allow(now_));
}

TEST_F(CircuitBreakerTest, OutcomesOfThePastChangeNothing) {
  auto breaker = Make();
  const auto before = breaker.Allow(now_);
  ASSERT_TRUE(before);
  FailUntilOpen(breaker);
  now_ = breaker.next_probe();
  const auto probe = breaker.Allow(now_);
  ASSERT_TRUE(probe);
  breaker.Succeeded(*before, now_);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  breaker.Failed(*before, now_);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  breaker.Succeeded(*probe, now_);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, TripOpensAtOnce) {
  auto breaker = Make();
  breaker.Trip(now_);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  now_ = breaker.next_probe();
  ASSERT_TRUE(breaker.Allow(now_));
  breaker.Trip(now_);
  EXPECT_EQ(breaker.next_probe() - now_, 4s);
}

TEST_F(CircuitBreakerTest, ClientsDoNotReturnInStep) {
  std::set<Clock::time_point> probes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CircuitBreaker breaker({}, seed * 1'000'003);
    breaker.Trip(now_);
    EXPECT_GE(breaker.next_probe() - now_, 1600ms);
    EXPECT_LE(breaker.next_probe() - now_, 2400ms);
    probes.insert(breaker.next_probe());
  }
  EXPECT_GE(probes.size(), 15U);
}

TEST_F(CircuitBreakerTest, ACopyIsAnotherBreaker) {
  auto breaker = Make();
  auto copy = breaker;
  breaker.Trip(now_);
  EXPECT_EQ(copy.state(), BreakerState::kClosed);
}

}  // namespace
}  // namespace vigil
