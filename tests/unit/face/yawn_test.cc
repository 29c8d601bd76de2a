#include "face/yawn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace vigil::face {
namespace {

struct YawnCase {
  const char* name;
  std::function<MouthMeasures(double t)> mouth;
  int expected;
};

MouthMeasures Mouth(double ratio) {
  return {.valid = true, .aspect_ratio = static_cast<float>(ratio)};
}

// Opens within half a second, stays, shuts.
double Open(double t, double begin, double seconds, double width) {
  return width * std::clamp(std::min(t - begin, begin + seconds - t) / 0.5, 0.0, 1.0);
}

class Yawns : public testing::TestWithParam<YawnCase> {};

TEST_P(Yawns, AreCountedAtEveryFrameRate) {
  for (const double fps : {15.0, 30.0, 60.0}) {
    YawnDetector detector({});
    for (double t = 0; t < 60; t += 1 / fps) {
      detector.Update(std::llround(t * 1e6), GetParam().mouth(t));
    }
    EXPECT_EQ(detector.Update(60'000'000, Mouth(0.02)).count, GetParam().expected) << fps;
    EXPECT_FALSE(detector.Update(60'100'000, Mouth(0.02)).open) << fps;
  }
}

// In a function of its own: the macro below has a `t` as well.
std::vector<YawnCase> Cases() {
  return {YawnCase{"shut", [](double) { return Mouth(0.02); }, 0},
          YawnCase{"one_of_4_s", [](double t) { return Mouth(Open(t, 20, 4, 0.8)); }, 1},
          YawnCase{"three",
                   [](double t) {
                     return Mouth(Open(t, 10, 4, 0.7) + Open(t, 25, 3, 0.9) + Open(t, 50, 6, 0.8));
                   },
                   3},
          YawnCase{"a_short_ah", [](double t) { return Mouth(Open(t, 20, 1.4, 0.8)); }, 0},
          // Four syllables a second, wide ones.
          YawnCase{"talking",
                   [](double t) { return Mouth(0.3 + 0.3 * std::sin(2 * 3.14159265 * 4 * t)); }, 0},
          YawnCase{"slow_talking",
                   [](double t) { return Mouth(0.35 + 0.35 * std::sin(2 * 3.14159265 * t)); }, 0},
          YawnCase{"a_yawn_after_talking",
                   [](double t) {
                     return Mouth(t < 30 ? 0.2 + 0.2 * std::sin(20 * t) : Open(t, 40, 4, 0.85));
                   },
                   1},
          YawnCase{"lips_that_never_meet", [](double) { return Mouth(0.18); }, 0},
          YawnCase{"a_smile", [](double t) { return Mouth(Open(t, 10, 20, 0.3)); }, 0},
          YawnCase{"turned_away",
                   [](double t) {
                     MouthMeasures m = Mouth(Open(t, 20, 4, 0.8));
                     m.yaw_deg = 60;
                     return m;
                   },
                   0},
          YawnCase{"hidden_half_way",
                   [](double t) {
                     MouthMeasures m = Mouth(Open(t, 20, 3, 0.8));
                     m.valid = t < 21 || t > 21.5;
                     return m;
                   },
                   0}};
}

INSTANTIATE_TEST_SUITE_P(Mouths, Yawns, testing::ValuesIn(Cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Yawn, IsToldWhileItLasts) {
  YawnDetector detector({});
  for (double t = 0; t < 30; t += 1.0 / 30) {
    const Yawn& yawn = detector.Update(std::llround(t * 1e6), Mouth(Open(t, 20, 4, 0.8)));
    ASSERT_TRUE(yawn.open || t < 22 || t > 23.6) << t;
    ASSERT_FALSE(yawn.open && (t < 21.7 || t > 24)) << t;
  }
}

TEST(Yawn, NonsenseIsUnknown) {
  YawnDetector detector({});
  for (int i = 0; i < 100; ++i) {
    const Yawn& yawn = detector.Update(i * 33'333, Mouth(i % 2 ? NAN : INFINITY));
    ASSERT_EQ(yawn.mouth_aspect_ratio, 0);
    ASSERT_EQ(yawn.count, 0);
  }
}

}  // namespace
}  // namespace vigil::face
