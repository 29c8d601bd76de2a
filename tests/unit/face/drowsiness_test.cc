#include "face/drowsiness.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "face/person_state.h"
#include "unit/face/eye_traces.h"

namespace vigil::face::test {
namespace {

constexpr auto kAlert = DrowsinessLevel::kAlert;
constexpr auto kMild = DrowsinessLevel::kMildFatigue;
constexpr auto kModerate = DrowsinessLevel::kModerateFatigue;
constexpr auto kSevere = DrowsinessLevel::kSevereFatigue;

const Person kUsual{"usual", 0.29F, 0.07F};

Course Every(double seconds, double period, LidEvent event) {
  Course course{.seconds = seconds, .events = {}};
  for (double t = 2; t + period < seconds; t += period) {
    event.begin = t;
    course.events.push_back(event);
  }
  return course;
}

float SumOf(const Terms& terms) {
  float sum = 0;
  for (const Term& term : terms.span()) sum += term.points;
  return sum;
}

float Points(const Terms& terms, const char* name) {
  for (const Term& term : terms.span()) {
    if (std::strcmp(term.name, name) == 0) return term.points;
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

struct Passage {
  double at = 0;
  DrowsinessLevel to = kAlert;
};

// Feeds the course and notes when the level changed; every frame's terms must add up.
std::vector<Passage> Watch(PersonState& state, const Course& course, double offset_s = 0) {
  std::vector<Passage> passages;
  DrowsinessLevel level = state.result().drowsiness.level;
  for (const Frame& frame : Film(course, kUsual, {30}, 3)) {
    const Drowsiness& now =
        state.Update(frame.timestamp_us + Us(offset_s), frame.measures).drowsiness;
    EXPECT_EQ(SumOf(now.terms), now.score);
    EXPECT_GE(now.score, 0);
    EXPECT_LE(now.score, 100.001F);
    if (now.level != level)
      passages.push_back({static_cast<double>(frame.timestamp_us) * 1e-6, now.level});
    level = now.level;
  }
  return passages;
}

TEST(Drowsiness, AnAlertMinute) {
  PersonState state;
  EXPECT_TRUE(Watch(state, Every(90, 4, FullBlink(0))).empty());
  const StateResult& result = state.result();
  EXPECT_EQ(result.drowsiness.level, kAlert);
  EXPECT_LT(result.drowsiness.score, 20);
  EXPECT_EQ(result.drowsiness.confidence, 1);
  EXPECT_LT(result.perclos.value, 0.075F);
}

TEST(Drowsiness, ADrowsyMinute) {
  PersonState state;
  Watch(state, Every(60, 4, FullBlink(0)));
  // Then lids that stay down for more than a second every six: PERCLOS about 0.2.
  Watch(state, Every(90, 6, Closure(0, 1.1)), 60);
  const StateResult& result = state.result();
  fmt::print("drowsy: PERCLOS {:.3f}, score {:.1f}\n", result.perclos.value,
             result.drowsiness.score);
  EXPECT_GT(result.perclos.value, 0.15F);
  EXPECT_EQ(result.drowsiness.level, kSevere);
  EXPECT_GT(Points(result.drowsiness.terms, "perclos"), 50);
  EXPECT_EQ(Points(result.drowsiness.terms, "long_closures"), 24);
}

TEST(Drowsiness, PerclosCutOffsOfTheLiteratureAreLevels) {
  // PERCLOS and nothing else, at the cut-offs.
  struct Cut {
    double perclos;
    DrowsinessLevel expected;
  };
  for (const Cut& cut :
       {Cut{0.074, kAlert}, Cut{0.0751, kMild}, Cut{0.149, kMild}, Cut{0.1501, kModerate}}) {
    DrowsinessScorer scorer({});
    const Drowsiness& result =
        scorer.Update(0, {.eyes = {},
                          .history = {.known_s = 60, .closed_s = 60 * cut.perclos},
                          .coverage = 1,
                          .blink_completed = {}});
    EXPECT_EQ(result.level, cut.expected) << cut.perclos << " gives " << result.score;
  }
}

TEST(Drowsiness, AMicrosleepShowsWhileItLasts) {
  PersonState state;
  Watch(state, Every(70, 4, FullBlink(0)));
  const float before = state.result().drowsiness.score;
  const std::vector<Passage> passages =
      Watch(state, {.seconds = 12, .events = {Closure(2, 6)}}, 70);
  ASSERT_FALSE(passages.empty());
  for (const Passage& p : passages) {
    fmt::print("microsleep from 2 s on: level {} at {:.1f} s\n", static_cast<int>(p.to), p.at);
  }
  EXPECT_EQ(passages[0].to, kMild);
  EXPECT_LT(passages[0].at, 4.5);  // not only when it is over
  EXPECT_EQ(passages.back().to, kModerate);
  EXPECT_GT(state.result().drowsiness.score, before + 40);
  // An alert person again: the level goes back down within the window.
  Watch(state, Every(90, 4, FullBlink(0)), 82);
  EXPECT_EQ(state.result().drowsiness.level, kAlert);
}

// Lids look the same in a look down at the keyboard. Two seconds of it are no more at the start than later on.
TEST(Drowsiness, ALookDownAtTheStartIsNotFatigue) {
  for (const double begin : {0.0, 0.5, 5.0}) {
    PersonState state;
    for (const Passage& p : Watch(state, {.seconds = 30, .events = {Closure(begin, 2)}}))
      EXPECT_LE(p.to, kMild) << "begun at " << begin << ", at " << p.at << " s";
  }
}

// But who sleeps from the first frame on is told to.
TEST(Drowsiness, SleepFromTheStartIsSevereSoon) {
  PersonState state;
  Watch(state, {.seconds = 12, .events = {FullBlink(1), FullBlink(2), Closure(3, 9)}});
  EXPECT_EQ(state.result().drowsiness.level, kSevere) << state.result().drowsiness.score;
}

TEST(Drowsiness, BlinksThatGrowLongerCount) {
  PersonState state;
  Watch(state, Every(120, 4, {0, 0.06, 0.04, 0.1, 0}));
  EXPECT_EQ(Points(state.result().drowsiness.terms, "blinks_lengthening"), 0);
  Watch(state, Every(60, 4, {0, 0.1, 0.2, 0.2, 0}), 120);
  EXPECT_GT(Points(state.result().drowsiness.terms, "blinks_lengthening"), 2);
}

TEST(Drowsiness, YawnsCountForFiveMinutes) {
  PersonState state;
  double t = 0;
  const auto mouth = [&](double seconds, float ratio) {
    for (const double end = t + seconds; t < end; t += 1.0 / 30) {
      FaceMeasures measures = Facing(0.3F);
      measures.mouth_aspect_ratio = ratio;
      state.Update(Us(t), measures);
    }
  };
  mouth(10, 0.03F);
  mouth(4, 0.8F);
  mouth(5, 0.03F);
  EXPECT_NEAR(Points(state.result().drowsiness.terms, "yawns"), 8.0 / 3, 1e-5);
  mouth(310, 0.03F);
  EXPECT_EQ(Points(state.result().drowsiness.terms, "yawns"), 0);
  EXPECT_EQ(state.result().yawn.count, 1);
}

TEST(Drowsiness, ABlinkInTheFirstSecondIsNoSign) {
  PersonState state;
  const auto passages = Watch(state, {.seconds = 5, .events = {FullBlink(0.4), FullBlink(1.5)}});
  EXPECT_TRUE(passages.empty());
  EXPECT_LT(state.result().drowsiness.confidence, 0.15F);
}

TEST(Drowsiness, AnAbsentFaceIsNotAsleep) {
  PersonState state;
  Watch(state, Every(70, 4, FullBlink(0)));
  const float before = state.result().drowsiness.score;
  for (double t = 70; t < 140; t += 1.0 / 30) {
    const Drowsiness& now = state.Update(Us(t), {}).drowsiness;
    ASSERT_LE(now.score, before + 2);
    ASSERT_EQ(now.level, kAlert);
  }
  EXPECT_EQ(state.result().drowsiness.confidence, 0);
  EXPECT_EQ(state.result().drowsiness.score, 0);
}

// A squint in the first frame is no state that has to be left slowly.
TEST(Drowsiness, WhatTheFirstFrameSuggestsIsTakenBackAtOnce) {
  DrowsinessScorer scorer({});
  const auto level = [&](double t, double score) {
    return scorer
        .Update(Us(t), {.eyes = {},
                        .history = {.known_s = 60, .closed_s = 60 * 0.18 * score / 60},
                        .coverage = 1,
                        .blink_completed = {}})
        .level;
  };
  EXPECT_EQ(level(0, 60), kModerate);
  EXPECT_EQ(level(0.1, 30), kMild);
  EXPECT_EQ(level(0.2, 24), kAlert);
  for (double t = 1; t < 3; t += 0.1) level(t, 30);
  EXPECT_EQ(level(3, 30), kMild);
  EXPECT_EQ(level(3.1, 10), kMild) << "this one has lasted";
}

TEST(Drowsiness, TheLevelDoesNotFlap) {
  DrowsinessScorer scorer({});
  int changes = 0;
  DrowsinessLevel level = kAlert;
  const auto feed = [&](double from, double to, auto score) {
    for (double t = from; t < to; t += 0.1) {
      const Drowsiness& now =
          scorer.Update(Us(t), {.eyes = {},
                                .history = {.known_s = 60, .closed_s = 60 * 0.18 * score(t) / 60},
                                .coverage = 1,
                                .blink_completed = {}});
      changes += now.level != level;
      level = now.level;
    }
  };
  feed(0, 5, [](double) { return 10.0; });
  EXPECT_EQ(changes, 0);
  feed(5, 60, [](double t) {
    return 25 + 3 * std::sin(t);
  });  // about the cut, within the margin: up, once
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(level, kMild);
  feed(60, 60.9, [](double) { return 58.0; });  // not for long enough
  EXPECT_EQ(level, kMild);
  feed(61, 63, [](double) { return 58.0; });
  EXPECT_EQ(level, kModerate);
  feed(63, 67, [](double) { return 5.0; });
  EXPECT_EQ(level, kModerate);
  feed(67, 69, [](double) { return 5.0; });
  EXPECT_EQ(level, kAlert);
  EXPECT_EQ(changes, 3);
}

TEST(Drowsiness, OtherWeightsStillAddUpToAtMost100) {
  DrowsinessOptions options;
  options.perclos_weight = options.closures_weight = options.lids_now_weight = 100;
  DrowsinessScorer scorer(options);
  Eyes closed;
  closed.state = EyeState::kClosed;
  const Drowsiness& result = scorer.Update(
      10'000'000, {.eyes = closed,
                   .history = {.known_s = 5, .closed_s = 4, .long_closures_us = 5'000'000},
                   .coverage = 0.1F,
                   .blink_completed = {}});
  EXPECT_NEAR(result.score, 100, 1e-3);
  EXPECT_EQ(SumOf(result.terms), result.score);
}

}  // namespace
}  // namespace vigil::face::test
