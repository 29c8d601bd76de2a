#include "face/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "unit/face/eye_traces.h"

namespace vigil::face::test {
namespace {

AttentionInputs Attentive() {
  AttentionInputs inputs{.valid = true, .eyes = EyeState::kOpen};
  inputs.gaze.confidence = 0.9F;
  return inputs;
}

AttentionInputs Turned(float yaw_deg, float pitch_deg) {
  AttentionInputs inputs = Attentive();
  inputs.yaw_deg = yaw_deg;
  inputs.pitch_deg = pitch_deg;
  inputs.gaze.to_camera = {yaw_deg, pitch_deg};
  return inputs;
}

// What the score is, its terms added up by the reader.
float Explained(const Attention& attention) {
  float sum = 0;
  for (const Term& term : attention.terms.span()) sum += term.points;
  return 100 + sum;
}

float Points(const Attention& attention, const char* name) {
  for (const Term& term : attention.terms.span()) {
    if (std::strcmp(term.name, name) == 0) return term.points;
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

class Watching : public testing::Test {
 protected:
  const Attention& For(double seconds, const AttentionInputs& inputs, double fps = 30) {
    const Attention* last = nullptr;
    for (const double end = t_ + seconds; t_ < end; t_ += 1 / fps) {
      last = &scorer_.Update(Us(t_), inputs);
      EXPECT_EQ(Explained(*last), last->score);
      EXPECT_GE(last->score, 0);
      EXPECT_LE(last->score, 100);
    }
    return *last;
  }

  AttentionScorer scorer_{AttentionOptions{}};
  double t_ = 0;
};

TEST_F(Watching, AnAttentiveMinute) {
  const Attention& result = For(60, Attentive());
  EXPECT_EQ(result.score, 100);
  EXPECT_GT(result.confidence, 0.95F);
}

TEST_F(Watching, LooksAwayForFiveSeconds) {
  For(20, Attentive());
  const Attention glance = For(0.3, Turned(60, 0));
  EXPECT_GT(glance.score, 60);  // a glance is no absence
  const Attention away = For(4.7, Turned(60, 0));
  EXPECT_LT(away.score, 10);
  EXPECT_LT(Points(away, "head_yaw"), -30);
  const Attention back = For(4, Attentive());
  EXPECT_GT(back.score, 90);
}

TEST_F(Watching, EyesAloneCanLookAway) {
  AttentionInputs inputs = Attentive();
  inputs.gaze.to_camera = {0, -35};
  const Attention& result = For(10, inputs);
  EXPECT_NEAR(result.score, 100 - 50 * 0.9, 0.5);
  EXPECT_NEAR(Points(result, "gaze_away"), -45, 0.5);
}

TEST_F(Watching, AHeadAtAnAngleWithEyesOnTheScreenIsNearlyAttentive) {
  AttentionInputs inputs = Attentive();
  inputs.yaw_deg = 20;
  EXPECT_NEAR(For(10, inputs).score, 90, 1);
}

TEST_F(Watching, TheScreenMayStandElsewhere) {
  AttentionOptions options;
  options.screen_yaw_deg = 40;
  AttentionScorer beside(options);
  EXPECT_EQ(beside.Update(0, Turned(40, 0)).score, 100);
  EXPECT_LT(beside.Update(10'000'000, Turned(0, 0)).score, 50);
}

TEST_F(Watching, ABlinkCostsNothingASleepDoes) {
  For(5, Attentive());
  AttentionInputs closed = Attentive();
  closed.eyes = EyeState::kClosed;
  closed.closed_ms = 200;
  EXPECT_EQ(For(0.2, closed).score, 100);
  closed.closed_ms = 3000;
  const Attention& asleep = For(3, closed);
  EXPECT_LT(asleep.score, 30);
  EXPECT_LT(Points(asleep, "eyes_closed"), -70);
}

TEST_F(Watching, AnUnseenFaceLosesConfidenceNotScore) {
  For(20, Attentive());
  const Attention absent = For(10, {});
  EXPECT_EQ(absent.score, 100);
  EXPECT_LT(absent.confidence, 0.02F);
  EXPECT_GT(For(10, Attentive()).confidence, 0.9F);
}

TEST_F(Watching, EyesThatCannotBeSeenCostNothing) {
  AttentionInputs hidden{.valid = true};
  hidden.closed_ms = 5000;  // of before
  const Attention& result = For(10, hidden);
  EXPECT_EQ(result.score, 100);
  EXPECT_NEAR(result.confidence, 0.5, 0.01);
}

TEST(Attention, TheFrameRateDoesNotMatter) {
  for (const double fps : {15.0, 60.0}) {
    AttentionScorer scorer({});
    float score = 0;
    for (double t = 0; t < 10; t += 1 / fps)
      score = scorer.Update(Us(t), t < 9 ? Attentive() : Turned(60, 0)).score;
    EXPECT_NEAR(score, 30.5, 6) << fps;
  }
}

TEST(Attention, DrowsinessCountsAsFarAsItIsSure) {
  for (const float confidence : {0.0F, 0.5F, 1.0F}) {
    AttentionScorer scorer({});
    AttentionInputs inputs = Attentive();
    inputs.drowsiness = 80;
    inputs.drowsiness_confidence = confidence;
    EXPECT_NEAR(scorer.Update(0, inputs).score, 100 - 30 * 0.8 * confidence, 1e-3);
  }
}

TEST(Attention, NonsenseStaysInRange) {
  AttentionScorer scorer({});
  AttentionInputs inputs = Turned(NAN, INFINITY);
  inputs.gaze.confidence = 7;
  inputs.closed_ms = NAN;
  inputs.drowsiness = -4;
  for (std::int64_t t = 0; t < 2'000'000; t += 33'333) {
    const Attention& result = scorer.Update(t, inputs);
    ASSERT_TRUE(result.score >= 0 && result.score <= 100) << result.score;
    ASSERT_TRUE(result.confidence >= 0 && result.confidence <= 1) << result.confidence;
  }
}

}  // namespace
}  // namespace vigil::face::test
