#include "face/person_state.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "unit/face/eye_traces.h"

namespace vigil::face::test {
namespace {

// Nothing in it can own memory, so that an update can have nothing to allocate.
static_assert(std::is_trivially_copyable_v<PersonState>);
static_assert(sizeof(PersonState) < 32 * 1024);

TEST(PersonState, APictureAloneSaysLittleButExplainsIt) {
  struct PictureCase {
    const char* name;
    float ear;
    EyeState eyes;
    DrowsinessLevel level;
  };
  for (const PictureCase& picture :
       {PictureCase{"open", 0.3F, EyeState::kOpen, DrowsinessLevel::kAlert},
        PictureCase{"narrow", 0.2F, EyeState::kOpen, DrowsinessLevel::kAlert},
        PictureCase{"closed", 0.06F, EyeState::kClosed, DrowsinessLevel::kMildFatigue}}) {
    PersonState state;
    const StateResult& result = state.Update(0, Facing(picture.ear));
    EXPECT_EQ(result.eyes.state, picture.eyes) << picture.name;
    EXPECT_EQ(result.drowsiness.level, picture.level)
        << picture.name << " " << result.drowsiness.score;
    EXPECT_GT(result.drowsiness.confidence, 0) << picture.name;
    EXPECT_LT(result.drowsiness.confidence, 0.1F) << picture.name;
    EXPECT_LT(result.attention.confidence, 0.1F) << picture.name;
    EXPECT_EQ(result.drowsiness.terms.count, 5) << picture.name;
    EXPECT_EQ(result.attention.terms.count, 5) << picture.name;
    EXPECT_EQ(result.blink.count, 0) << picture.name;
    EXPECT_EQ(result.perclos.coverage, 0) << picture.name;
  }
}

TEST(PersonState, RepeatedAndBackwardTimesChangeNothing) {
  const Course course = MixedCourse(60, 5);
  PersonState plain, disturbed;
  std::int64_t events = 0, disturbed_events = 0;
  for (const Frame& frame : Film(course, People()[1], {30}, 1)) {
    events += plain.Update(frame.timestamp_us, frame.measures).blink.completed.has_value();
    disturbed_events +=
        disturbed.Update(frame.timestamp_us, frame.measures).blink.completed.has_value();
    for (const std::int64_t back_us : {std::int64_t{0}, std::int64_t{1}, std::int64_t{700'000}}) {
      disturbed_events +=
          disturbed.Update(frame.timestamp_us - back_us, Facing(0.01F)).blink.completed.has_value();
    }
  }
  EXPECT_GT(events, 10);
  EXPECT_EQ(disturbed_events, events);
  EXPECT_EQ(disturbed.result().blink.count, plain.result().blink.count);
  EXPECT_EQ(disturbed.result().perclos.value, plain.result().perclos.value);
  EXPECT_EQ(disturbed.result().drowsiness.score, plain.result().drowsiness.score);
}

TEST(PersonState, AClockThatStartsAnewIsFollowed) {
  PersonState state;
  const Course course{.seconds = 30,
                      .events = {FullBlink(5), FullBlink(10), Closure(15, 2), FullBlink(20)}};
  for (const double offset_s : {5000.0, 0.0, -3000.0}) {
    for (const Frame& frame : Film(course, People()[1], {30}, 1)) {
      state.Update(frame.timestamp_us + Us(offset_s), frame.measures);
    }
  }
  EXPECT_EQ(state.result().blink.count, 9);
  EXPECT_EQ(state.result().blink.long_closures, 3);
  EXPECT_NEAR(state.result().perclos.coverage, 29.0 / 60,
              0.01);  // of the last start only, less the second it took
}

TEST(PersonState, AGapIsUnknownTime) {
  PersonState state;
  for (double t = 0; t < 20; t += 1.0 / 30) state.Update(Us(t), Facing(0.3F));
  state.Update(Us(45), Facing(0.06F));
  for (double t = 45.03; t < 45.3; t += 1.0 / 30) state.Update(Us(t), Facing(0.06F));
  EXPECT_EQ(state.result().blink.count + state.result().blink.long_closures, 0);
  EXPECT_LT(state.result().blink.closed_ms, 400);
  EXPECT_NEAR(state.result().perclos.coverage, 20.3 / 60, 0.01);
}

TEST(PersonState, NonsenseNeverLeavesTheRanges) {
  const float odd[] = {std::numeric_limits<float>::quiet_NaN(),
                       std::numeric_limits<float>::infinity(),
                       -1,
                       0,
                       1e30F,
                       0.3F};
  PersonState state;
  std::mt19937 random(1);
  const auto any = [&] { return odd[random() % std::size(odd)]; };
  for (int i = 0; i < 20'000; ++i) {
    FaceMeasures m{.valid = random() % 4 != 0,
                   .ear_left = any(),
                   .ear_right = any(),
                   .mouth_aspect_ratio = any(),
                   .yaw_deg = any(),
                   .pitch_deg = any()};
    m.gaze.to_camera = {any(), any()};
    m.gaze.confidence = any();
    const StateResult& r = state.Update(static_cast<std::int64_t>(random()) * 100, m);
    for (const float share :
         {r.eyes.openness, r.perclos.value, r.perclos.coverage, r.attention.confidence,
          r.drowsiness.confidence, r.attention.score / 100, r.drowsiness.score / 100.001F}) {
      ASSERT_TRUE(share >= 0 && share <= 1) << share << " in step " << i;
    }
    ASSERT_TRUE(std::isfinite(r.blink.per_minute) && std::isfinite(r.yawn.mouth_aspect_ratio));
  }
}

TEST(PersonState, TwoPeopleDoNotMix) {
  PersonState one, other;
  const Course blinking{.seconds = 20, .events = {FullBlink(5), FullBlink(9)}};
  for (const Frame& frame : Film(blinking, People()[0], {30}, 1)) {
    one.Update(frame.timestamp_us, frame.measures);
    other.Update(frame.timestamp_us, Facing(0.2F));
  }
  EXPECT_EQ(one.result().blink.count, 2);
  EXPECT_EQ(other.result().blink.count, 0);
}

TEST(StateOptions, DefaultsAreValid) { EXPECT_TRUE(Validate({}).ok()); }

TEST(StateOptions, WhatIsOutOfRangeIsNamed) {
  struct OptionCase {
    const char* name;
    void (*spoil)(StateOptions&);
  };
  const OptionCase cases[] = {
      {"gaps.max_gap_us", [](StateOptions& o) { o.gaps.max_gap_us = 0; }},
      {"gaps.max_unknown_us", [](StateOptions& o) { o.gaps.max_unknown_us = 1'000'000; }},
      {"eyes.max_yaw_deg", [](StateOptions& o) { o.eyes.max_yaw_deg = -3; }},
      {"eyes.closed_openness", [](StateOptions& o) { o.eyes.closed_openness = NAN; }},
      {"eyes.levels.most_closed_ratio",
       [](StateOptions& o) { o.eyes.levels.most_closed_ratio = 1; }},
      {"blink.max_us", [](StateOptions& o) { o.blink.max_us = 10; }},
      {"perclos.window_us", [](StateOptions& o) { o.perclos.window_us = 1; }},
      {"yawn.shut_below", [](StateOptions& o) { o.yawn.shut_below = 3; }},
      {"attention.yaw_full_deg",
       [](StateOptions& o) { o.attention.yaw_full_deg = o.attention.yaw_from_deg; }},
      {"attention.smooth_s", [](StateOptions& o) { o.attention.smooth_s = 0; }},
      {"drowsiness.perclos_full", [](StateOptions& o) { o.drowsiness.perclos_full = 0; }},
      {"drowsiness.level_from[1]",
       [](StateOptions& o) {
         o.drowsiness.level_from = {50, 25, 70};
       }},
  };
  for (const OptionCase& c : cases) {
    StateOptions options;
    c.spoil(options);
    const absl::Status status = Validate(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_TRUE(std::string(status.message()).starts_with(c.name)) << status;
  }
}

}  // namespace
}  // namespace vigil::face::test
