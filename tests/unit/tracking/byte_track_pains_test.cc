// What users of other trackers suffer from: USERS.md, pains 4 and 5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "tracking/byte_track.h"
#include "unit/tracking/track_scene.h"

namespace vigil::tracking {
namespace {

using test::Car;
using test::kFrame;
using test::Person;
using test::Scene;
using testing::IsEmpty;
using testing::SizeIs;

// --- USERS.md, pain 4: parked cars alert all night; the track is lost and found again ---

// Detections of a parked car shake by a pixel or two.
Detection Parked(std::mt19937& random, float x, float y, float score = 0.9F) {
  std::normal_distribution<float> shake(0, 1);
  return Car(x + shake(random), y + shake(random), score);
}

TEST(Pain04ParkedCars, AParkedCarIsOneIdAllNight) {
  std::mt19937 random(1);
  Scene scene;
  std::set<std::int64_t> confirmed;
  // An hour at 2 frames a second: it flickers, is gone for up to 5 s, and scores change.
  int hidden = 0;
  for (int i = 0; i < 7200; ++i) {
    std::vector<Detection> detections;
    if (hidden > 0) --hidden;
    if (i > 20 && std::bernoulli_distribution(0.02)(random))
      hidden = std::uniform_int_distribution(1, 10)(random);
    const float score = std::uniform_real_distribution<float>(0.6F, 0.95F)(random);
    if (hidden == 0) detections.push_back(Parked(random, 300, 200, i < 10 ? 0.9F : score));
    for (const Track& track : scene.Step(detections, 500'000)) {
      if (track.state == TrackState::kConfirmed) confirmed.insert(track.id);
    }
  }
  EXPECT_THAT(confirmed, testing::ElementsAre(1));
}

struct ResumeCase {
  const char* name;
  double parked_s, hidden_s;
  float moved;  // pixels; the car is 100 wide
  bool same_id;
};
class Pain04Resume : public testing::TestWithParam<ResumeCase> {};

TEST_P(Pain04Resume, WithinATimeAndADistance) {
  const ResumeCase& c = GetParam();
  std::mt19937 random(1);
  Scene scene;
  std::int64_t before = 0, after = 0;
  for (int i = 0; i < c.parked_s * 30; ++i)
    before = scene.IdAt(scene.Step({Parked(random, 300, 200)}), Car(300, 200).box);
  for (int i = 0; i < c.hidden_s * 30; ++i) scene.Step({});
  for (int i = 0; i < 5; ++i)
    after =
        scene.IdAt(scene.Step({Parked(random, 300 + c.moved, 200)}), Car(300 + c.moved, 200).box);
  EXPECT_GT(before, 0);
  EXPECT_GT(after, 0);
  EXPECT_EQ(before == after, c.same_id);
}
INSTANTIATE_TEST_SUITE_P(Cases, Pain04Resume,
                         testing::Values(ResumeCase{"hidden_for_a_moment", 5, 0.8, 0, true},
                                         ResumeCase{"parked_hidden_for_8_s", 5, 8, 0, true},
                                         ResumeCase{"parked_hidden_for_8_s_back_elsewhere", 5, 8,
                                                    60, false},
                                         ResumeCase{"parked_hidden_for_12_s", 5, 12, 0, false},
                                         ResumeCase{"just_come_hidden_for_3_s", 1, 3, 0, false}),
                         [](const auto& test) { return std::string(test.param.name); });

// frigate#4976. The passing car covers the parked one, which is not detected meanwhile.
TEST(Pain04ParkedCars, IdsDoNotSwapWhenACarPasses) {
  for (const float speed : {60.0F, 150.0F, 300.0F}) {  // pixels a second
    for (const float lane : {0.0F, 15.0F, 30.0F}) {    // how far below it drives by
      std::mt19937 random(1);
      Scene scene;
      std::int64_t parked = 0, passing = 0;
      const auto frames = static_cast<int>(30 * (4 + 700 / speed));
      for (int i = 0; i < frames; ++i) {
        const float x = speed * static_cast<float>(i - 120) / 30 - 50;
        std::vector<Detection> detections;
        const Detection mover = Parked(random, x, 200 + lane);
        if (i >= 120) detections.push_back(mover);
        const bool covered = i >= 120 && IoU(mover.box, Car(300, 200).box) > 0.25F;
        if (!covered) detections.push_back(Parked(random, 300, 200));
        const auto tracks = scene.Step(detections);
        if (i == 100) parked = scene.IdAt(tracks, Car(300, 200).box);
        if (i == 130) passing = scene.IdAt(tracks, mover.box);
        if (i == frames - 1) {
          EXPECT_EQ(scene.IdAt(tracks, Car(300, 200).box), parked) << speed << " " << lane;
          EXPECT_EQ(scene.IdAt(tracks, mover.box), passing) << speed << " " << lane;
        }
      }
      EXPECT_GT(parked, 0);
      EXPECT_GT(passing, 0);
      EXPECT_NE(parked, passing);
    }
  }
}

// frigate#2965: a ghost that stays for a day.
TEST(Pain04ParkedCars, AGhostEnds) {
  std::mt19937 random(1);
  Scene scene;
  for (int i = 0; i < 300; ++i) scene.Step({Parked(random, 300, 200)});
  int seconds = 0;
  for (; scene.ended().empty() && seconds < 60; ++seconds) scene.Step({}, 1'000'000);
  EXPECT_THAT(scene.ended(), testing::ElementsAre(1));
  EXPECT_LE(seconds, 11);
  EXPECT_THAT(scene.Step({}), IsEmpty());
}

// --- USERS.md, pain 5: ids change after occlusion; one tracker is fed several cameras ---

TEST(Pain05IdsChange, AnOcclusionKeepsTheId) {
  for (const int hidden : {3, 10, 25}) {  // frames
    Scene scene;
    std::int64_t before = 0, after = 0;
    for (int i = 0; i < 90 + hidden; ++i) {
      std::vector<Detection> detections;
      const auto walker = Person(static_cast<float>(i), 100);  // 30 pixels a second
      if (i < 60 || i >= 60 + hidden) detections.push_back(walker);
      const auto tracks = scene.Step(detections);
      if (i == 59) before = scene.IdAt(tracks, walker.box);
      if (i == 89 + hidden) after = scene.IdAt(tracks, walker.box);
    }
    EXPECT_GT(before, 0);
    EXPECT_EQ(before, after) << hidden;
  }
}

TEST(Pain05IdsChange, TwoPeopleWhoMeetKeepTheirIds) {
  Scene scene;
  std::int64_t left = 0, right = 0;
  for (int i = 0; i <= 200; ++i) {
    const auto a = Person(static_cast<float>(2 * i), 100);
    const auto b = Person(static_cast<float>(400 - 2 * i), 110);
    std::vector<Detection> detections{a};
    if (IoU(a.box, b.box) < 0.5F) detections.push_back(b);  // hidden behind the other
    const auto tracks = scene.Step(detections);
    if (i == 20) {
      left = scene.IdAt(tracks, a.box);
      right = scene.IdAt(tracks, b.box);
    }
    if (i == 200) {
      EXPECT_EQ(scene.IdAt(tracks, a.box), left);
      EXPECT_EQ(scene.IdAt(tracks, b.box), right);
    }
  }
  EXPECT_NE(left, right);
}

TEST(Pain05IdsChange, CamerasDoNotDisturbEachOther) {
  Scene alone, first, second;
  for (int i = 0; i < 100; ++i) {
    const auto walker = Person(static_cast<float>(3 * i), 100);
    const auto x = alone.Step({walker});
    const auto y = first.Step({walker});
    second.Step({Person(static_cast<float>(3 * i) + 10, 100), Person(500, 100)});
    ASSERT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end()));
  }
}

TEST(Pain05IdsChange, AnotherEpochBeginsAnew) {
  Scene scene;
  for (int i = 0; i < 30; ++i) scene.Step({Person(100, 100)});
  scene.tracker().Reset();
  auto tracks = scene.Step({Person(100, 100)}, -3'600'000'000);  // the camera's clock began again
  ASSERT_THAT(tracks, SizeIs(1));
  EXPECT_EQ(tracks[0].id, 2) << "the same place, another epoch, another id";
  EXPECT_EQ(tracks[0].state, TrackState::kTentative);
  EXPECT_EQ(tracks[0].first_us, scene.now());
}

}  // namespace
}  // namespace vigil::tracking
