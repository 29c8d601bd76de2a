#include "face/perclos.h"

#include <gtest/gtest.h>

namespace vigil::face {
namespace {

EyeReading Reading(bool known, bool closed) {
  EyeReading reading;
  reading.known = known;
  reading.openness = closed ? 0.0F : 1.0F;
  return reading;
}

TEST(TimeWindow, KeepsItsLengthExactly) {
  TimeWindow window(60'000'000);
  for (std::int64_t t = 0; t < 300'000'000; t += 33'333) {
    window.Advance(t + 33'333);
    window.Add(t, t + 33'333, t % 99'999 == 0 ? 1.0 : 0.0);
  }
  EXPECT_NEAR(window.known_us(), 60e6, 1);
  EXPECT_NEAR(window.on_us(), 20e6, 1e5);
}

TEST(TimeWindow, WhatIsOldLeaves) {
  TimeWindow window(60'000'000);
  window.Advance(10'000'000);
  window.Add(0, 10'000'000, 1);
  window.Advance(65'000'000);  // [5, 65)
  EXPECT_NEAR(window.on_us(), 5e6, 1);
  window.Advance(69'950'000);
  EXPECT_NEAR(window.on_us(), 5e4, 1);
  window.Advance(70'100'000);
  EXPECT_NEAR(window.on_us(), 0, 1);
  window.Advance(1'000'000'000'000);
  EXPECT_EQ(window.known_us(), 0);
}

TEST(TimeWindow, TimesBeforeZeroWork) {
  TimeWindow window(60'000'000);
  window.Advance(-90'000'000);
  window.Advance(-29'950'000);
  window.Add(-31'950'000, -29'950'000, 0.5);
  EXPECT_NEAR(window.known_us(), 2e6, 1);
  EXPECT_NEAR(window.on_us(), 1e6, 1);
  window.Advance(29'050'000);
  EXPECT_NEAR(window.known_us(), 1e6, 1);
}

TEST(Perclos, ShareOfKnownTime) {
  PerclosMeter meter({});
  Perclos result;
  // 30 s at 20 a second: closed every fourth second; the last 10 s unknown.
  for (std::int64_t t = 0; t <= 30'000'000; t += 50'000) {
    result = meter.Update(t, Reading(t <= 20'000'000, t / 1'000'000 % 4 == 3));
  }
  EXPECT_NEAR(result.value, 0.25, 0.003);
  EXPECT_NEAR(result.coverage, 20.0 / 60, 0.003);
}

TEST(Perclos, AGapIsUnknownTimeWhateverLiesAroundIt) {
  PerclosMeter meter({});
  Perclos result;
  for (std::int64_t t = 0; t <= 10'000'000; t += 50'000)
    result = meter.Update(t, Reading(true, false));
  for (std::int64_t t = 40'000'000; t <= 50'000'000; t += 50'000)
    result = meter.Update(t, Reading(true, true));
  EXPECT_NEAR(result.value, 0.5, 0.003);
  EXPECT_NEAR(result.coverage, 20.0 / 60, 0.003);
}

TEST(Perclos, NothingKnownIsZeroWithNoCoverage) {
  PerclosMeter meter({});
  for (std::int64_t t = 0; t <= 90'000'000; t += 100'000) {
    const Perclos result = meter.Update(t, Reading(false, true));
    ASSERT_EQ(result.value, 0);
    ASSERT_EQ(result.coverage, 0);
  }
}

}  // namespace
}  // namespace vigil::face
