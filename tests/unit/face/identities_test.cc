#include "face/identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil::face {
namespace {

using testing::ElementsAre;

constexpr int kRemote = 0, kLocal = 1;

struct Seen {
  std::int64_t id;
  float x;
  std::int64_t blinks = 0;
};

FaceResult Result(const std::vector<Seen>& seen) {
  FaceResult result;
  for (const Seen& one : seen) {
    Face face;
    face.id = one.id;
    face.box = {one.x, 100, 80, 80};
    face.blink.count = one.blinks;
    result.faces.push_back(face);
  }
  return result;
}

class IdentitiesTest : public testing::Test {
 protected:
  // The ids that faces get, in the order of these ids; the time goes on by a frame.
  std::vector<std::int64_t> Ids(int tracker, const std::vector<Seen>& seen,
                                std::int64_t after_us = 33'000) {
    now_us_ += after_us;
    last_ = Result(seen);
    identities_.Translate(tracker, now_us_, last_);
    std::vector<std::int64_t> ids;
    for (const Face& face : last_.faces) ids.push_back(face.id);
    return ids;
  }

  Identities identities_;
  FaceResult last_;
  std::int64_t now_us_ = 0;
};

TEST_F(IdentitiesTest, OneTrackerAloneKeepsItsIds) {
  EXPECT_THAT(Ids(kRemote, {{1, 0}, {2, 300}}), ElementsAre(1, 2));
  EXPECT_THAT(Ids(kRemote, {{2, 300}}), ElementsAre(2));
  EXPECT_THAT(Ids(kRemote, {{2, 300}, {3, 0}}), ElementsAre(2, 3))
      << "lost and found again is a new face, as without us";
}

TEST_F(IdentitiesTest, APersonKeepsItsIdThroughTheSwitchAndBack) {
  EXPECT_THAT(Ids(kRemote, {{1, 0}, {2, 300}}), ElementsAre(1, 2));
  EXPECT_THAT(Ids(kLocal, {{1, 310}, {2, 5}}), ElementsAre(1, 2));
  EXPECT_EQ(last_.faces[0].box.x, 5) << "sorted by the new ids";
  EXPECT_THAT(Ids(kLocal, {{1, 330}, {2, 20}, {3, 600}}), ElementsAre(1, 2, 3));
  identities_.Restarted(kRemote);
  EXPECT_THAT(Ids(kRemote, {{1, 600}, {2, 340}, {3, 30}}), ElementsAre(1, 2, 3));
}

TEST_F(IdentitiesTest, SomebodyElseInAnotherPlaceIsNew) {
  EXPECT_THAT(Ids(kRemote, {{1, 0}}), ElementsAre(1));
  EXPECT_THAT(Ids(kLocal, {{1, 200}}), ElementsAre(2));
}

TEST_F(IdentitiesTest, AfterALongGapNobodyIsKnown) {
  EXPECT_THAT(Ids(kRemote, {{1, 0}}), ElementsAre(1));
  EXPECT_THAT(Ids(kLocal, {{1, 0}}, 2'500'000), ElementsAre(2));
}

TEST_F(IdentitiesTest, TwoFacesNeverShareOneId) {
  EXPECT_THAT(Ids(kRemote, {{1, 0}}), ElementsAre(1));
  EXPECT_THAT(Ids(kLocal, {{1, 0}, {2, 4}}), ElementsAre(1, 2));
}

TEST_F(IdentitiesTest, CountsGoOn) {
  Ids(kRemote, {{1, 0, 5}});
  Ids(kLocal, {{1, 0, 0}});
  EXPECT_EQ(last_.faces[0].blink.count, 5);
  Ids(kLocal, {{1, 0, 2}});
  EXPECT_EQ(last_.faces[0].blink.count, 7);
  identities_.Restarted(kRemote);
  Ids(kRemote, {{1, 0, 0}});
  EXPECT_EQ(last_.faces[0].blink.count, 7);
  Ids(kRemote, {{1, 0, 1}});
  EXPECT_EQ(last_.faces[0].blink.count, 8);
}

TEST_F(IdentitiesTest, BothMayTellOfOneFrame) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Ids(kRemote, {{1, 0}}), ElementsAre(1));
    EXPECT_THAT(Ids(kLocal, {{1, 3}, {2, 400}}, 0), ElementsAre(1, 2));
  }
}

TEST_F(IdentitiesTest, RemembersSoManyAndForgets) {
  for (int frame = 0; frame < 100; ++frame) {
    std::vector<Seen> seen;
    for (int i = 0; i < 256; ++i)
      seen.push_back({frame * 256 + i + 1, static_cast<float>(i) * 100});
    Ids(kRemote, seen);
    EXPECT_LE(identities_.size(), Identities::kMaxKnown);
  }
  Ids(kRemote, {}, 11'000'000);
  EXPECT_EQ(identities_.size(), 0U);
}

}  // namespace
}  // namespace vigil::face
