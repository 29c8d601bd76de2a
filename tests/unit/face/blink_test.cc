// The written rules of face/blink.h, one case each.
#include "face/blink.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "face/person_state.h"
#include "unit/face/eye_traces.h"

namespace vigil::face::test {
namespace {

// Changes a frame before it is seen, or drops it (false).
using Edit = std::function<bool(double t, FaceMeasures&)>;
bool Keep(double, FaceMeasures&) { return true; }

struct RuleCase {
  const char* name;
  std::vector<LidEvent> events;
  Edit edit;
  int blinks;
  int long_closures;
};

Edit UnknownWithin(double from, double to) {
  return [=](double t, FaceMeasures& m) { return m.valid = t < from || t > to, true; };
}
Edit LostWithin(double from, double to) {
  return [=](double t, FaceMeasures&) { return t < from || t > to; };
}

class BlinkRules : public testing::TestWithParam<RuleCase> {};

TEST_P(BlinkRules, AtEveryFrameRate) {
  const Course course{.seconds = 16, .events = GetParam().events};
  for (const double fps : {15.0, 30.0, 60.0}) {
    PersonState state;
    for (Frame frame : Film(course, {"usual", 0.29F, 0.07F, 0}, {fps}, 1)) {
      if (GetParam().edit(static_cast<double>(frame.timestamp_us) * 1e-6, frame.measures)) {
        state.Update(frame.timestamp_us, frame.measures);
      }
    }
    EXPECT_EQ(state.result().blink.count, GetParam().blinks) << fps;
    EXPECT_EQ(state.result().blink.long_closures, GetParam().long_closures) << fps;
  }
}

// A blink that rises to less than half only, and stays there; after three that teach what closed is.
std::vector<LidEvent> LookDownAfter(double begin) {
  return {FullBlink(1),
          FullBlink(2),
          FullBlink(3),
          {begin, 0.08, 0.15, 0.1, 0},
          {begin, 0.08, 2.7, 0.1, 0.4}};
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BlinkRules,
    testing::Values(
        RuleCase{"a_blink", {FullBlink(5)}, Keep, 1, 0},
        RuleCase{"the_very_first_second", {FullBlink(0.3)}, Keep, 1, 0},
        RuleCase{"two_in_a_row", {FullBlink(5), FullBlink(5.45)}, Keep, 2, 0},
        RuleCase{"half_blink", {HalfBlink(5), HalfBlink(8)}, Keep, 0, 0},
        RuleCase{"squint", {Squint(4, 6)}, Keep, 0, 0},
        RuleCase{"of_400_ms", {Closure(5, 0.24)}, Keep, 1, 0},
        RuleCase{"of_600_ms", {Closure(5, 0.44)}, Keep, 0, 1},
        RuleCase{"of_3_s", {Closure(5, 3)}, Keep, 0, 1},
        RuleCase{"blink_into_a_look_down", LookDownAfter(5), Keep, 3, 0},
        RuleCase{"already_closed_at_first", {{-1, 0.1, 1.1, 0.1, 0}}, Keep, 0, 0},
        RuleCase{"long_closed_at_first", {{-1, 0.1, 3, 0.1, 0}}, Keep, 0, 1},
        RuleCase{"unknown_in_the_middle", {FullBlink(5)}, UnknownWithin(5.1, 5.4), 0, 0},
        RuleCase{"unknown_after_it", {FullBlink(5)}, UnknownWithin(5.5, 9), 1, 0},
        RuleCase{"gap_in_the_middle", {FullBlink(5)}, LostWithin(5.1, 5.8), 0, 0},
        RuleCase{"long_closure_into_unknown", {Closure(5, 3)}, UnknownWithin(6.5, 9), 0, 1},
        RuleCase{"long_closure_out_of_unknown", {Closure(5, 3)}, UnknownWithin(4, 6), 0, 1}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Blinks, OneOutOfASquintCounts) {
  Course course{.seconds = 12, .events = {Squint(3, 6)}};
  const LidEvent blink = FullBlink(6);
  PersonState state;
  for (double t = 0; t < course.seconds; t += 1.0 / 30) {
    double openness = course.Openness(t);
    if (t >= blink.begin && t <= blink.end())
      openness *= Course{.seconds = 12, .events = {blink}}.Openness(t);
    state.Update(Us(t), Facing(static_cast<float>(0.07 + 0.22 * openness)));
  }
  EXPECT_EQ(state.result().blink.count, 1);
  EXPECT_EQ(state.result().blink.long_closures, 0);
}

TEST(Blinks, OneFrameIsABlinkAt15AndAGlitchAt60) {
  for (const auto& [fps, expected] : {std::pair{15, 1}, std::pair{60, 0}}) {
    PersonState state;
    for (int i = 0; i < 5 * fps; ++i)
      state.Update(Us(static_cast<double>(i) / fps), Facing(i == 3 * fps ? 0.06F : 0.3F));
    EXPECT_EQ(state.result().blink.count, expected) << fps;
  }
}

TEST(Blinks, DurationIsTimeBetweenHalfOpenMoments) {
  for (const double fps : {15.0, 30.0, 60.0}) {
    PersonState state;
    const LidEvent event{5, 0.1, 0.2, 0.16, 0};
    float duration_ms = 0;
    const Course course{.seconds = 8, .events = {FullBlink(1), FullBlink(2), FullBlink(3), event}};
    for (const Frame& frame : Film(course, {"usual", 0.29F, 0.07F, 0}, {fps}, 1)) {
      duration_ms = state.Update(frame.timestamp_us, frame.measures).blink.last_duration_ms;
    }
    EXPECT_NEAR(duration_ms, (event.half_end() - event.half_begin()) * 1e3, 25) << fps;
  }
}

TEST(Blinks, ALongClosureIsKnownWhileItLasts) {
  PersonState state;
  const Course course{.seconds = 9, .events = {Closure(5, 3)}};
  int completed = 0;
  for (const Frame& frame : Film(course, {"usual", 0.29F, 0.07F, 0}, {30}, 1)) {
    const BlinkState& blink = state.Update(frame.timestamp_us, frame.measures).blink;
    const double closed_s = static_cast<double>(frame.timestamp_us) * 1e-6 - 5.06;
    if (closed_s > 0.6 && closed_s < 3) {
      ASSERT_TRUE(blink.closed);
      ASSERT_NEAR(blink.closed_ms, closed_s * 1e3, 30);
      ASSERT_EQ(blink.long_closures, 1);
      ASSERT_EQ(completed, 0);
    }
    completed += blink.completed.has_value();
  }
  EXPECT_EQ(completed, 1);
  EXPECT_EQ(state.result().blink.closed_ms, 0);
}

TEST(Blinks, RateIsOverTheKnownPartOfTheLastMinute) {
  PersonState state;
  Course course{.seconds = 150, .events = {}};
  for (double t = 2; t < 120; t += 4) course.events.push_back(FullBlink(t));
  for (const Frame& frame : Film(course, {"usual", 0.29F, 0.07F}, {30}, 1)) {
    const double t = static_cast<double>(frame.timestamp_us) * 1e-6;
    FaceMeasures measures = frame.measures;
    measures.valid = t < 60 || t > 75;  // does not change the rate
    const float rate = state.Update(frame.timestamp_us, measures).blink.per_minute;
    if (t > 30 && t < 119) {
      ASSERT_NEAR(rate, 15, 2.5) << t;
    }
  }
  EXPECT_NEAR(state.result().blink.per_minute, 7.5, 1);
}

TEST(ClosureLog, KeepsTheNewest) {
  ClosureLog log;
  for (std::int64_t i = 0; i < 1000; ++i) log.Add({i * 1000, i * 1000 + 100});
  EXPECT_EQ(log.Since(-1).count, 128);
  EXPECT_EQ(log.Since(990'100).count, 9);
  EXPECT_EQ(log.Since(990'050).count, 10);
  EXPECT_EQ(log.Since(990'050).duration_us, 9 * 100 + 50);
}

}  // namespace
}  // namespace vigil::face::test
