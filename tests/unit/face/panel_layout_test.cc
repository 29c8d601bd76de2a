#include "face/panel_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <set>
#include <string>

namespace vigil::face {
namespace {

bool Overlap(const PixelBox& a, const PixelBox& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool Inside(const PixelBox& box, Size picture) {
  return box.x >= 0 && box.y >= 0 && box.right() <= static_cast<float>(picture.width) &&
         box.bottom() <= static_cast<float>(picture.height);
}

// Every form is wanted, in sizes as the overlay has them.
PanelRequest Request(std::int64_t id, PixelBox face) {
  return {id, face, {Size{180, 75}, Size{75, 20}, Size{30, 15}}, {}};
}

struct Scene {
  Size picture;
  std::vector<PanelRequest> requests;
};

Scene RandomScene(unsigned seed) {
  std::mt19937 random(seed);
  const auto between = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  Scene scene{{between(100, 1920), between(100, 1080)}, {}};
  const int faces = between(1, 40), largest = std::min(scene.picture.width, scene.picture.height);
  for (int i = 0; i < faces; ++i) {
    const auto width = static_cast<float>(between(8, std::max(8, largest / between(1, 8))));
    scene.requests.push_back(Request(
        i + 1,
        {static_cast<float>(between(-20, scene.picture.width - 8)) + 0.3F,
         static_cast<float>(between(-20, scene.picture.height - 8)) + 0.7F, width, width * 1.25F}));
  }
  return scene;
}

// A tag that had nowhere else to go lies in a corner of its own face.
bool MayLieOn(const PanelSpot& spot, const PanelRequest& own) {
  return spot.form == PanelForm::kTag && spot.box.width <= 0.3F * own.face.width;
}

void ExpectAllClear(const Scene& scene, const std::vector<PanelSpot>& spots) {
  ASSERT_EQ(spots.size(), scene.requests.size());
  for (std::size_t i = 0; i < spots.size(); ++i) {
    const PanelSpot& spot = spots[i];
    if (spot.form == PanelForm::kNone) continue;
    const Size size = scene.requests[i].sizes[static_cast<std::size_t>(spot.form)];
    EXPECT_EQ(spot.box.width, static_cast<float>(size.width));
    EXPECT_EQ(spot.box.height, static_cast<float>(size.height));
    EXPECT_EQ(spot.box.x, std::round(spot.box.x));
    EXPECT_TRUE(Inside(spot.box, scene.picture)) << i;
    for (std::size_t k = 0; k < spots.size(); ++k) {
      if (k != i || !MayLieOn(spot, scene.requests[i])) {
        EXPECT_FALSE(Overlap(spot.box, scene.requests[k].face)) << "panel " << i << " face " << k;
      }
      if (k == i || spots[k].form == PanelForm::kNone) continue;
      EXPECT_FALSE(Overlap(spot.box, spots[k].box)) << "panels " << i << " and " << k;
    }
  }
}

TEST(PanelLayout, CoversNoFaceAndNoOtherPanelAndStaysInThePicture) {
  std::array<int, 4> forms{};
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const Scene scene = RandomScene(seed);
    const auto spots = PlacePanels(scene.picture, scene.requests);
    ExpectAllClear(scene, spots);
    for (const PanelSpot& spot : spots) ++forms[static_cast<std::size_t>(spot.form)];
  }
  for (const int count : forms) EXPECT_GT(count, 100) << "the scenes try every form";
}

TEST(PanelLayout, IsClearInVideosToo) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    Scene scene = RandomScene(seed);
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> step(-6, 6);
    for (int frame = 0; frame < 20; ++frame) {
      const auto spots = PlacePanels(scene.picture, scene.requests);
      ExpectAllClear(scene, spots);
      for (std::size_t i = 0; i < spots.size(); ++i) {
        scene.requests[i].before = spots[i];
        scene.requests[i].face.x += step(random), scene.requests[i].face.y += step(random);
      }
    }
  }
}

TEST(PanelLayout, DoesNotDependOnTheOrder) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Scene scene = RandomScene(seed);
    const auto spots = PlacePanels(scene.picture, scene.requests);
    EXPECT_EQ(spots, PlacePanels(scene.picture, scene.requests));
    auto turned = scene.requests;
    std::reverse(turned.begin(), turned.end());
    auto other = PlacePanels(scene.picture, turned);
    std::reverse(other.begin(), other.end());
    EXPECT_EQ(spots, other) << seed;
  }
}

// The middle of the panel as seen from the middle of the face.
Point2f Offset(const PanelSpot& spot, const PixelBox& face) {
  return {spot.box.x + spot.box.width / 2 - face.x - face.width / 2,
          spot.box.y + spot.box.height / 2 - face.y - face.height / 2};
}

struct SideCase {
  const char* name;
  Size picture;
  PixelBox face;
  PanelForm form;
  int x, y;  // the panel lies to the right (1), to the left (-1), or neither; below (1), above (-1)
  bool leader;
};
class PanelOfOneFace : public testing::TestWithParam<SideCase> {};

TEST_P(PanelOfOneFace, GoesWhereThereIsRoom) {
  const SideCase& c = GetParam();
  const std::vector<PanelRequest> requests = {Request(1, c.face)};
  const PanelSpot spot = PlacePanels(c.picture, requests).front();
  ASSERT_EQ(spot.form, c.form);
  EXPECT_EQ(spot.leader, c.leader);
  if (spot.form == PanelForm::kNone) return;
  const Point2f offset = Offset(spot, c.face);
  const float beside = (c.face.width + spot.box.width) / 2,
              over = (c.face.height + spot.box.height) / 2;
  EXPECT_EQ(offset.x >= beside, c.x > 0);
  EXPECT_EQ(offset.x <= -beside, c.x < 0);
  EXPECT_EQ(offset.y >= over, c.y > 0);
  EXPECT_EQ(offset.y <= -over, c.y < 0);
}

INSTANTIATE_TEST_SUITE_P(
    Layout, PanelOfOneFace,
    testing::Values(
        SideCase{"middle", {640, 480}, {270, 180, 100, 120}, PanelForm::kWhole, 1, 0, false},
        SideCase{"right", {640, 480}, {500, 180, 100, 120}, PanelForm::kWhole, -1, 0, false},
        SideCase{"narrow", {200, 480}, {50, 100, 100, 120}, PanelForm::kWhole, 0, 1, false},
        SideCase{"narrow_low", {200, 480}, {50, 300, 100, 120}, PanelForm::kWhole, 0, -1, false},
        SideCase{"only_compact", {200, 200}, {50, 40, 100, 120}, PanelForm::kCompact, 0, 1, false},
        SideCase{"fills_the_picture", {200, 200}, {4, 4, 192, 192}, PanelForm::kTag, 0, 0, false},
        SideCase{"fills_a_tiny_one", {60, 60}, {1, 1, 58, 58}, PanelForm::kNone, 0, 0, false},
        SideCase{"outside", {640, 480}, {-300, 100, 100, 120}, PanelForm::kNone, 0, 0, false}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(PanelLayout, LeadersReachAcrossFreeSpaceOnly) {
  int leaders = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Scene scene = RandomScene(seed);
    const auto spots = PlacePanels(scene.picture, scene.requests);
    for (std::size_t i = 0; i < spots.size(); ++i) {
      if (!spots[i].leader) continue;
      ++leaders;
      const Leader line = LeaderOf(spots[i].box, scene.requests[i].face);
      for (int step = 1; step < 20; ++step) {
        const float t = static_cast<float>(step) / 20;
        const PixelBox point{line.from.x + t * (line.to.x - line.from.x) - 0.01F,
                             line.from.y + t * (line.to.y - line.from.y) - 0.01F, 0.02F, 0.02F};
        for (std::size_t k = 0; k < spots.size(); ++k) {
          if (k == i) continue;
          EXPECT_FALSE(Overlap(point, scene.requests[k].face)) << seed;
          if (spots[k].form != PanelForm::kNone) {
            EXPECT_FALSE(Overlap(point, spots[k].box)) << seed;
          }
        }
      }
    }
  }
  EXPECT_GT(leaders, 10);
}

// How often a face's panel changes its form or its place while the face trembles.
int Jumps(PixelBox face, Size picture, bool remembers) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> tremble(-3, 3);
  PanelRequest request = Request(1, face);
  int jumps = 0;
  PanelSpot last;
  for (int frame = 0; frame < 200; ++frame) {
    request.face = {face.x + tremble(random), face.y + tremble(random), face.width, face.height};
    if (remembers) request.before = last;
    const PanelSpot spot = PlacePanels(picture, {&request, 1}).front();
    jumps += frame > 0 && (spot.form != last.form || spot.place != last.place);
    last = spot;
  }
  return jumps;
}

TEST(PanelLayout, DoesNotJumpWhileAFaceTrembles) {
  // Right at the limit of the room to its right, and of that for a whole panel anywhere.
  const PixelBox at_the_side{340, 150, 80, 100}, in_the_way{65, 90, 80, 100};
  EXPECT_GT(Jumps(at_the_side, {618, 480}, false), 20);
  EXPECT_LE(Jumps(at_the_side, {618, 480}, true), 1);
  EXPECT_GT(Jumps(in_the_way, {210, 276}, false), 20);
  EXPECT_LE(Jumps(in_the_way, {210, 276}, true), 2);
}

TEST(PanelLayout, ComesBackToAWholePanelWhenThereIsRoomAgain) {
  PanelRequest request = Request(1, {10, 40, 100, 120});
  request.before = PlacePanels({200, 200}, {&request, 1}).front();
  ASSERT_EQ(request.before.form, PanelForm::kCompact);
  request.face.x = 200;
  EXPECT_EQ(PlacePanels({640, 480}, {&request, 1}).front().form, PanelForm::kWhole);
}

TEST(PanelLayout, KeepsAPlaceThatALargerFaceWouldLike) {
  // The smaller face had the room between them; the larger one comes along.
  PanelRequest small = Request(1, {400, 150, 80, 100});
  small.before = PlacePanels({700, 400}, {&small, 1}).front();
  const std::vector<PanelRequest> both = {small, Request(2, {100, 250, 110, 130})};
  const auto spots = PlacePanels({700, 400}, both);
  EXPECT_EQ(spots[0].place, small.before.place);
  EXPECT_EQ(spots[1].form, PanelForm::kWhole);
}

TEST(PanelLayout, FacesThatAreNoBoxesHaveNone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<PanelRequest> requests = {
      Request(1, {nan, 10, 100, 100}), Request(2, {100, 100, 0, 10}),
      Request(3, {300, 100, 100, std::numeric_limits<float>::infinity()}),
      Request(4, {200, 200, 80, 100})};
  const auto spots = PlacePanels({640, 480}, requests);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(spots[i].form, PanelForm::kNone);
  EXPECT_EQ(spots[3].form, PanelForm::kWhole);
  EXPECT_TRUE(PlacePanels({640, 480}, {}).empty());
}

}  // namespace
}  // namespace vigil::face
