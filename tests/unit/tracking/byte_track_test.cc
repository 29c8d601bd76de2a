#include "tracking/byte_track.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>

#include "core/limits.h"
#include "core/status.h"
#include "unit/tracking/track_scene.h"

namespace vigil::tracking {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using test::Car;
using test::kFrame;
using test::Person;
using test::Scene;

std::vector<TrackState> States(std::span<const Track> tracks) {
  std::vector<TrackState> states;
  for (const Track& track : tracks) states.push_back(track.state);
  return states;
}

TEST(ByteTracker, IdsCountFromOneInTheOrderOfDetections) {
  Scene scene;
  const auto tracks = scene.Step({Car(500, 0), Car(0, 0), Car(250, 0)});
  ASSERT_THAT(tracks, SizeIs(3));
  EXPECT_EQ(tracks[0].id, 1);
  EXPECT_EQ(tracks[0].box.x, 500);
  EXPECT_EQ(tracks[2].id, 3);
  EXPECT_EQ(tracks[2].box.x, 250);
}

struct ConfirmCase {
  const char* name;
  float score;
  int expected_hits;  // sightings until it is believed
};
class Confirm : public testing::TestWithParam<ConfirmCase> {};

TEST_P(Confirm, ByHitsAndTheirScores) {
  ByteTrackOptions options;
  options.new_track_score = options.high_score;
  Scene scene(options);
  int hits = 0;
  for (TrackState state = TrackState::kTentative; state != TrackState::kConfirmed && hits < 10;) {
    const auto tracks = scene.Step({Car(0, 0, GetParam().score)});
    ASSERT_THAT(tracks, SizeIs(1));
    state = tracks[0].state;
    ++hits;
  }
  EXPECT_EQ(hits, GetParam().expected_hits);
}
INSTANTIATE_TEST_SUITE_P(Scores, Confirm,
                         testing::Values(ConfirmCase{"sure", 0.95F, 2},
                                         ConfirmCase{"just", 0.85F, 2},
                                         ConfirmCase{"less", 0.8F, 3},
                                         ConfirmCase{"least", 0.6F, 3}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ByteTracker, AFlickerIsNeverConfirmedAndEndsOnce) {
  Scene scene;
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<Detection> detections;
    if (i == 3) detections.push_back(Car(0, 0));
    for (const Track& track : scene.Step(detections)) {
      EXPECT_NE(track.state, TrackState::kConfirmed);
      ended += track.state == TrackState::kEnded ? 1 : 0;
    }
  }
  EXPECT_EQ(ended, 1);
}

TEST(ByteTracker, StatesOfALife) {
  Scene scene;
  using enum TrackState;
  EXPECT_THAT(States(scene.Step({Car(0, 0)})), testing::ElementsAre(kTentative));
  EXPECT_THAT(States(scene.Step({Car(2, 0)})), testing::ElementsAre(kConfirmed));
  EXPECT_THAT(States(scene.Step({})), testing::ElementsAre(kLost));
  EXPECT_THAT(States(scene.Step({Car(6, 0)})), testing::ElementsAre(kConfirmed));
  const std::int64_t seen = scene.now();
  std::int64_t ended = 0;
  for (int i = 0; i < 60; ++i) {
    const auto tracks = scene.Step({});
    if (tracks.empty()) continue;
    ASSERT_THAT(tracks, SizeIs(1));
    EXPECT_EQ(tracks[0].last_us, seen);
    if (tracks[0].state == kEnded) ended = scene.now();
  }
  EXPECT_GT(ended - seen, 1'000'000);
  EXPECT_LT(ended - seen, 1'000'000 + 2 * kFrame);
  EXPECT_THAT(scene.ended(), SizeIs(1));
}

TEST(ByteTracker, SaysWhereATrackWasBefore) {
  Scene scene;
  auto tracks = scene.Step({Car(0, 0)});
  EXPECT_EQ(tracks[0].previous_center, std::nullopt);
  for (int i = 1; i < 10; ++i) {
    const Point2f before{tracks[0].box.x + tracks[0].box.width / 2,
                         tracks[0].box.y + tracks[0].box.height / 2};
    tracks = scene.Step({Car(static_cast<float>(5 * i), 0)});
    EXPECT_EQ(tracks[0].previous_center, before);
  }
}

TEST(ByteTracker, AnUnsureDetectionKeepsATrackAndBeginsNone) {
  Scene scene;
  scene.Step({Car(0, 0)});
  scene.Step({Car(2, 0)});
  for (int i = 2; i < 50; ++i) {
    const auto tracks = scene.Step({Car(static_cast<float>(2 * i), 0, 0.2F), Car(500, 500, 0.4F)});
    ASSERT_THAT(tracks, SizeIs(1));
    EXPECT_EQ(tracks[0].state, TrackState::kConfirmed);
    EXPECT_EQ(tracks[0].id, 1);
  }
  EXPECT_THAT(States(scene.Step({Car(100, 0, 0.05F)})), testing::ElementsAre(TrackState::kLost));
}

struct RateCase {
  const char* name;
  std::int64_t frame_us;
  int speed;  // pixels a second; the car is 100 wide
};
class FrameRate : public testing::TestWithParam<RateCase> {};

// The same drive, from 2 to 60 frames a second, every fifth frame lost.
TEST_P(FrameRate, OneCarIsOneId) {
  Scene scene;
  std::set<std::int64_t> confirmed;
  double seconds = 0;
  for (int i = 0; seconds < 8; ++i) {
    const std::int64_t step = i % 5 == 0 ? 2 * GetParam().frame_us : GetParam().frame_us;
    seconds += static_cast<double>(step) * 1e-6;
    const auto x = static_cast<float>(GetParam().speed * seconds);
    for (const Track& track : scene.Step({Car(x, 100)}, step)) {
      if (track.state == TrackState::kConfirmed) confirmed.insert(track.id);
    }
  }
  EXPECT_THAT(confirmed, testing::ElementsAre(1));
}
INSTANTIATE_TEST_SUITE_P(Rates, FrameRate,
                         testing::Values(RateCase{"fps60_fast", 16'667, 1500},
                                         RateCase{"fps30", 33'333, 200},
                                         RateCase{"fps30_fast", 33'333, 900},
                                         RateCase{"fps10", 100'000, 200},
                                         RateCase{"fps2_slow", 500'000, 30}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ByteTracker, ClassesDoNotMixUnlessAsked) {
  Scene aware;
  for (int i = 0; i < 5; ++i) aware.Step({Car(0, 0, 0.9F, 2)});
  EXPECT_THAT(aware.Step({Car(0, 0, 0.9F, 7)}), SizeIs(2));

  ByteTrackOptions options;
  options.class_aware = false;
  Scene mixed(options);
  for (int i = 0; i < 5; ++i) mixed.Step({Car(0, 0, 0.9F, 2)});
  for (int i = 0; i < 4; ++i) {  // a few frames of another class do not change what it is
    const auto tracks = mixed.Step({Car(0, 0, 0.9F, 7)});
    ASSERT_THAT(tracks, SizeIs(1));
    EXPECT_EQ(tracks[0].class_id, 2);
  }
  for (int i = 0; i < 4; ++i) mixed.Step({Car(0, 0, 0.9F, 7)});
  EXPECT_EQ(mixed.Step({Car(0, 0, 0.9F, 7)})[0].class_id, 7);
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct RefusedCase {
  const char* name;
  Detection detection;
};
class Refused : public testing::TestWithParam<RefusedCase> {};

TEST_P(Refused, IsCountedAndHasNoEffect) {
  Scene scene;
  EXPECT_THAT(scene.Step({GetParam().detection, Car(0, 0)}), SizeIs(1));
  EXPECT_EQ(scene.tracker().refused(), 1);
}
INSTANTIATE_TEST_SUITE_P(
    Boxes, Refused,
    testing::Values(RefusedCase{"nan_x", {{kNan, 0, 10, 10}, 0.9F, 0}},
                    RefusedCase{"nan_height", {{0, 0, 10, kNan}, 0.9F, 0}},
                    RefusedCase{"infinite_y", {{0, kInfinity, 10, 10}, 0.9F, 0}},
                    RefusedCase{"minus_infinite_x", {{-kInfinity, 0, 10, 10}, 0.9F, 0}},
                    RefusedCase{"infinite_width", {{0, 0, kInfinity, 10}, 0.9F, 0}},
                    RefusedCase{"huge_x", {{1e9F, 0, 10, 10}, 0.9F, 0}},
                    RefusedCase{"huge_width", {{0, 0, 3e38F, 10}, 0.9F, 0}},
                    RefusedCase{"no_width", {{0, 0, 0, 10}, 0.9F, 0}},
                    RefusedCase{"negative_height", {{0, 0, 10, -5}, 0.9F, 0}},
                    RefusedCase{"nan_score", {{0, 0, 10, 10}, kNan, 0}},
                    RefusedCase{"infinite_score", {{0, 0, 10, 10}, kInfinity, 0}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ByteTracker, ABoxMayReachOutsideThePicture) {
  Scene scene;
  EXPECT_THAT(scene.Step({Car(-50, -20)}), SizeIs(1));
  EXPECT_EQ(scene.tracker().refused(), 0);
}

TEST(ByteTracker, TimeThatRunsBackIsNoTime) {
  Scene scene;
  scene.Step({Car(0, 0)});
  for (const std::int64_t step : {kFrame, std::int64_t{0}, std::int64_t{-10'000'000}}) {
    const auto tracks = scene.Step({Car(0, 0)}, step);
    ASSERT_THAT(tracks, SizeIs(1));
    EXPECT_EQ(tracks[0].id, 1);
    EXPECT_TRUE(std::isfinite(tracks[0].box.x));
  }
  ByteTracker extreme;
  extreme.Update(std::vector{Car(0, 0)}, std::numeric_limits<std::int64_t>::min());
  extreme.Update(std::vector{Car(0, 0)}, std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(extreme.Update(std::vector{Car(0, 0)}, 0), SizeIs(1));
}

TEST(ByteTracker, ManyDetectionsAreCutAtTheLimit) {
  std::vector<Detection> many;
  for (int i = 0; i < 3 * limits::kMaxDetections; ++i)
    many.push_back({{static_cast<float>(20 * i), 0, 10, 10}, 0.9F, 0});
  Scene scene;
  EXPECT_THAT(scene.Step(many), SizeIs(limits::kMaxDetections));
  EXPECT_EQ(scene.tracker().refused(), 2 * limits::kMaxDetections);
}

// At the limit the longest lost ends for a new one, and says so.
TEST(ByteTracker, TracksAreLimitedLongestLostFirst) {
  ByteTrackOptions options;
  options.lost_for = std::chrono::minutes(10);
  options.confirm_hits = 1;
  options.confirm_score = 0;
  Scene scene(options);
  const auto batch = [](int number) {
    std::vector<Detection> detections;
    for (int i = 0; i < limits::kMaxDetections; ++i)
      detections.push_back(
          {{static_cast<float>(20 * i), static_cast<float>(20 * number), 10, 10}, 0.9F, 0});
    return detections;
  };
  const int full = static_cast<int>(limits::kMaxTracks) / limits::kMaxDetections;
  for (int i = 0; i < full; ++i) scene.Step(batch(i));
  EXPECT_THAT(scene.Step({}), SizeIs(limits::kMaxTracks));
  EXPECT_THAT(scene.ended(), IsEmpty());
  scene.Step({{{0, 20'000, 10, 10}, 0.9F, 0}, {{100, 20'000, 10, 10}, 0.9F, 0}});
  EXPECT_EQ(scene.ended(), (std::set<std::int64_t>{1, 2}));
  EXPECT_EQ(scene.tracker().crowded_out(), 2);
  EXPECT_THAT(scene.Step({}), SizeIs(limits::kMaxTracks));
}

// A thousand boxes on one spot, every frame elsewhere: slow is allowed, endless or large is not.
TEST(ByteTracker, ACrowdOnOneSpotIsBoundedWork) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> jitter(0, 30);
  Scene scene;
  for (int frame = 0; frame < 5; ++frame) {
    std::vector<Detection> crowd;
    for (int i = 0; i < limits::kMaxDetections; ++i)
      crowd.push_back(Person(jitter(random), jitter(random)));
    EXPECT_LE(scene.Step(crowd).size(), limits::kMaxTracks);
  }
}

TEST(ByteTracker, HostileInputKeepsThePromises) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> place(-200, 2000), size(-5, 300), score(-0.2F, 1.3F);
  const std::vector<float> odd = {kNan, kInfinity, -kInfinity, 0, 1e-30F, 99'999, 3e38F};
  Scene scene;  // checks ids and ends
  for (int frame = 0; frame < 1500; ++frame) {
    std::vector<Detection> detections;
    for (int i = std::uniform_int_distribution(0, 30)(random); i > 0; --i) {
      Detection d{{place(random), place(random), size(random), size(random)},
                  score(random),
                  std::uniform_int_distribution(-1, 2)(random)};
      if (std::bernoulli_distribution(0.1)(random))
        d.box.width = odd[std::uniform_int_distribution<std::size_t>(0, odd.size() - 1)(random)];
      if (std::bernoulli_distribution(0.1)(random))
        d.score = odd[std::uniform_int_distribution<std::size_t>(0, odd.size() - 1)(random)];
      detections.push_back(d);
    }
    const auto step = std::uniform_int_distribution<std::int64_t>(-100'000, 400'000)(random);
    for (const Track& track : scene.Step(detections, step)) {
      ASSERT_TRUE(std::isfinite(track.box.x) && std::isfinite(track.box.y));
      ASSERT_GE(track.box.width, 1);
      ASSERT_GE(track.box.height, 1);
      ASSERT_LE(track.first_us, track.last_us);
      ASSERT_LE(track.score, 1);
    }
  }
}

TEST(ByteTracker, EqualInputGivesEqualOutput) {
  Scene a, b;
  std::mt19937 random(2);
  std::uniform_real_distribution<float> place(0, 400);
  for (int frame = 0; frame < 200; ++frame) {
    std::vector<Detection> detections;
    for (int i = 0; i < 12; ++i) detections.push_back(Person(place(random), place(random)));
    const auto x = a.Step(detections), y = b.Step(detections);
    ASSERT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end()));
  }
}

TEST(ByteTracker, ScaledOptionsAreForScaledScores) {
  std::mt19937 random(4);
  std::uniform_real_distribution<float> place(0, 400), score(0, 1);
  Scene usual, scaled(ScaledTo({}, 0.5F));
  EXPECT_TRUE(Validate(ScaledTo({}, 0.01F)).ok());
  for (int frame = 0; frame < 300; ++frame) {
    std::vector<Detection> detections, weak;
    for (int i = 0; i < 6; ++i)
      detections.push_back(
          Person(static_cast<float>(70 * i + frame), place(random) / 20, score(random)));
    weak = detections;
    for (Detection& detection : weak) detection.score /= 2;
    const auto x = usual.Step(detections), y = scaled.Step(weak);
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(x[i].id, y[i].id);
      EXPECT_EQ(x[i].state, y[i].state);
      EXPECT_EQ(x[i].box, y[i].box);
    }
  }
}

struct BadOptionsCase {
  const char* name;
  void (*change)(ByteTrackOptions&);
  const char* message;
};
class BadOptions : public testing::TestWithParam<BadOptionsCase> {};

TEST_P(BadOptions, AreNamed) {
  ByteTrackOptions options;
  EXPECT_TRUE(Validate(options).ok());
  GetParam().change(options);
  EXPECT_EQ(MessageOf(Validate(options)), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Fields, BadOptions,
    testing::Values(BadOptionsCase{"low_above_high",
                                   [](auto& o) {
                                     o.low_score = 0.7F;
                                     o.high_score = 0.5F;
                                   },
                                   "low_score is 0.699999988079071, and must be from 0 to 0.5"},
                    BadOptionsCase{"nan", [](auto& o) { o.match_limit = kNan; },
                                   "match_limit is nan, and must be from 0 to 1"},
                    BadOptionsCase{"no_hits", [](auto& o) { o.confirm_hits = 0; },
                                   "confirm_hits is 0, and must be from 1 to 100"},
                    BadOptionsCase{"long", [](auto& o) { o.lost_for = std::chrono::hours(2); },
                                   "lost_for is 7200000, and must be from 0 to 3600000"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::tracking
