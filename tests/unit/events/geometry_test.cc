// The written rule of events/geometry.h, case by case. Coordinates are grid units; y grows
// downward.
#include "events/geometry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vigil::events {
namespace {

using Points = std::vector<GridPoint>;

const Points kDoor = {{0, 0}, {0, 10}};  // drawn downwards: a is left
const Points kBar = {{10, 0}, {0, 0}};   // drawn leftwards: a is above
const Points kCorner = {{0, 0}, {0, 10}, {10, 10}};
const Points kTip = {{0, 0}, {10, 10}, {0, 20}};  // > : its vertex is the rightmost point

struct CrossCase {
  const char* name;
  const Points* line;
  GridPoint from, to;
  int net;
};

class CrossRule : public testing::TestWithParam<CrossCase> {};

TEST_P(CrossRule, Holds) {
  const auto& [name, line, from, to, net] = GetParam();
  EXPECT_EQ(Cross(*line, from, to).net, net);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, CrossRule,
    testing::Values(
        CrossCase{"through_from_a", &kDoor, {-5, 5}, {5, 5}, 1},
        CrossCase{"through_from_b", &kDoor, {5, 5}, {-5, 5}, -1},
        CrossCase{"past_the_end", &kDoor, {-5, 11}, {5, 11}, 0},
        CrossCase{"past_the_beginning", &kDoor, {-5, -1}, {5, -1}, 0},
        CrossCase{"far_along_the_lines_extension", &kDoor, {-5, 500}, {5, 500}, 0},
        CrossCase{"no_move", &kDoor, {0, 5}, {0, 5}, 0},
        // On the line is right of it.
        CrossCase{"onto_it_from_the_left", &kDoor, {-5, 5}, {0, 5}, 1},
        CrossCase{"off_it_to_the_right", &kDoor, {0, 5}, {5, 5}, 0},
        CrossCase{"onto_it_from_the_right", &kDoor, {5, 5}, {0, 5}, 0},
        CrossCase{"off_it_to_the_left", &kDoor, {0, 5}, {-5, 5}, -1},
        CrossCase{"along_it", &kDoor, {0, 2}, {0, 8}, 0},
        CrossCase{"along_it_and_beyond", &kDoor, {0, 2}, {0, 80}, 0},
        // Through an end: the step to the right does nothing to a move along x, the step down does.
        CrossCase{"through_its_first_point", &kDoor, {-5, 0}, {5, 0}, 1},
        CrossCase{"through_its_last_point", &kDoor, {-5, 10}, {5, 10}, 0},
        // A horizontal line: on it is below it.
        CrossCase{"down_through_the_bar", &kBar, {5, -5}, {5, 5}, 1},
        CrossCase{"down_onto_the_bar", &kBar, {5, -5}, {5, 0}, 1},
        CrossCase{"down_off_the_bar", &kBar, {5, 0}, {5, 5}, 0},
        CrossCase{"up_through_the_bar", &kBar, {5, 5}, {5, -5}, -1},
        CrossCase{"down_through_its_left_end", &kBar, {0, -5}, {0, 5}, 1},
        CrossCase{"down_through_its_right_end", &kBar, {10, -5}, {10, 5}, 0},
        // Vertices.
        CrossCase{"through_the_corner", &kCorner, {-5, 15}, {5, 5}, 1},
        CrossCase{"touching_the_corner_outside", &kCorner, {-5, 5}, {5, 15}, 0},
        CrossCase{"through_the_tip", &kTip, {5, 10}, {15, 10}, 1},
        CrossCase{"grazing_the_tip_downwards", &kTip, {10, 0}, {10, 20}, 0},
        CrossCase{"into_the_tip", &kTip, {5, 10}, {10, 10}, 1},
        CrossCase{"through_both_arms", &kTip, {5, 0}, {5, 20}, 0},
        CrossCase{"along_the_last_edge", &kCorner, {-5, 10}, {15, 10}, 0},
        CrossCase{"just_above_the_last_edge", &kCorner, {-5, 9}, {15, 9}, 1}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Cross, AddsUpOverAnyPathWithTheSameEnds) {
  // From left to right, with stops on the line, along it, and back over it.
  const std::vector<Points> paths = {{{-5, 5}, {5, 5}},
                                     {{-5, 5}, {0, 5}, {5, 5}},
                                     {{-5, 5}, {0, 5}, {0, 8}, {-1, 8}, {0, 3}, {5, 5}},
                                     {{-5, 5}, {3, 4}, {-3, 4}, {0, 4}, {5, 5}}};
  for (const Points& path : paths) {
    int net = 0;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) net += Cross(kDoor, path[i], path[i + 1]).net;
    EXPECT_EQ(net, 1);
  }
}

TEST(Cross, SaysWhere) {
  const Points door = {{0, 0}, {0, 10'000}};
  const Crossing crossing = Cross(door, {-2000, 1000}, {6000, 5000});
  EXPECT_FLOAT_EQ(crossing.at.x, 0);
  EXPECT_FLOAT_EQ(crossing.at.y, 2);  // pixels: a quarter of the way
}

TEST(Cross, IsExactAtTheLargestCoordinates) {
  // The line passes a third of a grid unit beside the point; doubles of pixels could not tell.
  const GridPoint a{-kMaxGrid, -kMaxGrid}, b{kMaxGrid, kMaxGrid - 1};
  const Points line = {a, b};
  EXPECT_EQ(Cross(line, {0, 0}, {0, -1}).net, -Cross(line, {0, -1}, {0, 0}).net);
  EXPECT_NE(Cross(line, {0, 0}, {0, -1}).net, 0);  // it passes at y = -1/2
  EXPECT_EQ(Cross(line, {0, 0}, {0, 1}).net, 0);
}

TEST(Zones, OwnTheirLeftAndUpperEdgesOnly) {
  const Points square = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
  EXPECT_TRUE(Contains(square, {5, 5}));
  EXPECT_TRUE(Contains(square, {0, 5}));
  EXPECT_TRUE(Contains(square, {5, 0}));
  EXPECT_TRUE(Contains(square, {0, 0}));
  EXPECT_FALSE(Contains(square, {10, 5}));
  EXPECT_FALSE(Contains(square, {5, 10}));
  EXPECT_FALSE(Contains(square, {10, 10}));
  EXPECT_FALSE(Contains(square, {10, 0}));
  EXPECT_FALSE(Contains(square, {0, 10}));
  EXPECT_FALSE(Contains(square, {-1, 5}));
}

TEST(Zones, ThatShareEdgesContainEveryPointExactlyOnce) {
  // A square cut into five by edges of every slope, with vertices on grid points and shared
  // corners.
  const std::vector<Points> parts = {{{0, 0}, {12, 0}, {7, 5}, {4, 3}},
                                     {{12, 0}, {12, 12}, {7, 5}},
                                     {{12, 12}, {0, 12}, {5, 8}, {7, 5}},
                                     {{0, 12}, {0, 0}, {4, 3}, {5, 8}},
                                     {{4, 3}, {7, 5}, {5, 8}}};
  for (int x = 0; x < 12; ++x) {
    for (int y = 0; y < 12; ++y) {
      int owners = 0;
      for (const Points& part : parts) owners += Contains(part, {x, y});
      EXPECT_EQ(owners, 1) << x << ", " << y;
    }
  }
}

TEST(Zones, AndLinesAgree) {
  // Who crosses the outline of a zone, drawn with the zone on its side b, is inside afterwards.
  const Points zone = {{3, 1}, {11, 4}, {9, 11}, {2, 8}, {6, 6}};
  Points outline = zone;
  outline.push_back(zone.front());
  for (int x = 0; x <= 12; ++x) {
    for (int y = 0; y <= 12; ++y) {
      const GridPoint p{x, y};
      const int net = Cross(outline, {-7, 5}, p).net;
      EXPECT_EQ(net != 0, Contains(zone, p)) << x << ", " << y;
    }
  }
}

TEST(Clear, IsNotOnTheLineAndAtLeastTheDistance) {
  EXPECT_FALSE(IsClear(kDoor, false, {0, 5}, 0));
  EXPECT_FALSE(IsClear(kDoor, false, {0, 10}, 0));
  EXPECT_TRUE(IsClear(kDoor, false, {0, 11}, 0));
  EXPECT_TRUE(IsClear(kDoor, false, {1, 5}, 0));
  EXPECT_TRUE(IsClear(kDoor, false, {3, 5}, 3));
  EXPECT_FALSE(IsClear(kDoor, false, {3, 5}, 4));
  EXPECT_TRUE(IsClear(kDoor, false, {3, 14}, 5));  // 3, 4, 5 from its end
  EXPECT_FALSE(IsClear(kDoor, false, {3, 13}, 5));
  const Points slope = {{0, 0}, {4, 3}};
  EXPECT_TRUE(IsClear(slope, false, {-1, 7}, 5));  // at (2, 3) - 5 times the normal: exactly 5
}

TEST(Clear, OfAZoneIsOfItsClosingEdgeToo) {
  const Points triangle = {{0, 0}, {10, 0}, {0, 10}};
  EXPECT_TRUE(IsClear(triangle, false, {-1, 5}, 1));
  EXPECT_FALSE(IsClear(triangle, true, {0, 5}, 0));
}

TEST(Grid, RoundsAsTheEnvelopeWrites) {
  EXPECT_EQ(ToGrid(Point2f{1.0625F, -0.0625F}), (GridPoint{1063, -63}));
  EXPECT_EQ(ToGrid(1e30, -1e30), (GridPoint{kMaxGrid, -kMaxGrid}));
}

}  // namespace
}  // namespace vigil::events
