// Blinks and PERCLOS on generated eyes, whose truth is known.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <vector>

#include "face/person_state.h"
#include "unit/face/eye_traces.h"

namespace vigil::face::test {
namespace {

constexpr double kSeconds = 300;

struct Outcome {
  Score score;
  double worst_perclos = 0;     // difference from the truth, any full minute
  std::vector<Blink> closures;  // blinks and long closures
  std::int64_t blinks = 0;
  std::int64_t long_closures = 0;
};

std::vector<Blink> Truth(const Course& course) {
  std::vector<Blink> truth;
  for (const LidEvent& e : course.events) {
    if (e.least <= 0.2) truth.push_back({Us(e.half_begin()), Us(e.half_end())});
  }
  return truth;
}

Outcome Watch(const Course& course, const Person& person, const Sampling& sampling, unsigned seed) {
  PersonState state;
  Outcome outcome;
  double next_check = 60;
  for (const Frame& frame : Film(course, person, sampling, seed)) {
    const StateResult& result = state.Update(frame.timestamp_us, frame.measures);
    if (result.blink.completed) outcome.closures.push_back(*result.blink.completed);
    const double t = static_cast<double>(frame.timestamp_us) * 1e-6;
    if (t < next_check) continue;
    next_check += 20;
    const double truth = course.Perclos(t - 60, t);
    outcome.worst_perclos = std::max(outcome.worst_perclos, std::abs(result.perclos.value - truth));
  }
  outcome.score = Match(outcome.closures, Truth(course));
  outcome.blinks = state.result().blink.count;
  outcome.long_closures = state.result().blink.long_closures;
  return outcome;
}

struct TraceCase {
  const char* name;
  Sampling sampling;
  double perclos_within = 0.01;
};

class GeneratedEyes : public testing::TestWithParam<TraceCase> {};

TEST_P(GeneratedEyes, BlinksAndPerclosAreRight) {
  const Sampling& sampling = GetParam().sampling;
  Score all;
  double worst = 0;
  unsigned seed = 1;
  for (const Person& person : People()) {
    const Course course = MixedCourse(kSeconds, seed);
    const Outcome outcome = Watch(course, person, sampling, 100 + seed++);
    fmt::print(
        "{:>18} {:>20}: found {:3} wrong {:2} missed {:2}  F1 {:.3f}  PERCLOS off by {:.4f}\n",
        GetParam().name, person.name, outcome.score.found, outcome.score.wrong,
        outcome.score.missed, outcome.score.f1(), outcome.worst_perclos);
    all += outcome.score;
    worst = std::max(worst, outcome.worst_perclos);
  }
  fmt::print("{:>18} {:>20}: F1 {:.4f}  PERCLOS within {:.4f}\n", GetParam().name, "all", all.f1(),
             worst);
  EXPECT_GE(all.f1(), 0.98);
  EXPECT_LE(worst, GetParam().perclos_within);
}

INSTANTIATE_TEST_SUITE_P(
    Rates, GeneratedEyes,
    testing::Values(TraceCase{"at_15", {15}}, TraceCase{"at_30", {30}}, TraceCase{"at_60", {60}},
                    TraceCase{"at_15_jitter", {15, 0.3}}, TraceCase{"at_30_jitter", {30, 0.3}},
                    TraceCase{"at_60_jitter", {60, 0.3}},
                    TraceCase{"at_15_jitter_lost", {15, 0.3, 0.1}},
                    TraceCase{"at_30_jitter_lost", {30, 0.3, 0.1}},
                    TraceCase{"at_60_jitter_lost", {60, 0.3, 0.1}},
                    // Twice the noise: 12 % of the whole way of narrow eyes behind glasses.
                    TraceCase{"at_30_noise", {30, 0.3, 0.1, 0.006F}, 0.025}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(GeneratedEyes, SameEventsAtAnyFrameRate) {
  unsigned seed = 20;
  for (Person person : People()) {
    person.noise = 0.002F;
    const Course course = MixedCourse(180, seed++);
    const Outcome at_60 = Watch(course, person, {60}, 1);
    for (const double fps : {15.0, 30.0}) {
      const Outcome other = Watch(course, person, {fps}, 1);
      EXPECT_EQ(other.blinks, at_60.blinks) << person.name << " at " << fps;
      EXPECT_EQ(other.long_closures, at_60.long_closures) << person.name << " at " << fps;
      ASSERT_EQ(other.closures.size(), at_60.closures.size()) << person.name << " at " << fps;
      std::int64_t furthest_us = 0;
      for (std::size_t i = 0; i < other.closures.size(); ++i) {
        furthest_us = std::max({furthest_us,
                                std::abs(other.closures[i].begin_us - at_60.closures[i].begin_us),
                                std::abs(other.closures[i].end_us - at_60.closures[i].end_us)});
      }
      fmt::print("{:>20} at {:2} against 60 a second: {} events, moments within {} ms\n",
                 person.name, fps, other.closures.size(), furthest_us / 1000);
      EXPECT_LE(furthest_us, 45'000)
          << person.name << " at " << fps;  // well under the 66 ms between frames
    }
  }
}

}  // namespace
}  // namespace vigil::face::test
