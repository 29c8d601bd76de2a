#include "objects/average_precision.h"

#include <gtest/gtest.h>

namespace vigil::objects {
namespace {

constexpr PixelBox kHere{0, 0, 100, 100};
constexpr PixelBox kThere{500, 0, 100, 100};
constexpr PixelBox kElsewhere{0, 500, 100, 100};

// `kHere` moved to the right so that the two overlap with that IoU: (100 - x) / (100 + x).
PixelBox Overlapping(float iou) { return {100 * (1 - iou) / (1 + iou), 0, 100, 100}; }

TEST(PrecisionMeter, PerfectFindsScoreOne) {
  PrecisionMeter meter(2);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.9F, 0}, {kThere, 0.8F, 1}},
                   std::vector<Label>{{kHere, 0}, {kThere, 1}});
  const auto result = meter.Measure(0.5F);
  EXPECT_DOUBLE_EQ(result.map_50, 1);
  EXPECT_NEAR(result.map_50_95, 1, 1e-12);
  EXPECT_DOUBLE_EQ(result.precision, 1);
  EXPECT_DOUBLE_EQ(result.recall, 1);
  EXPECT_EQ(result.labels, 2);
  EXPECT_EQ(result.finds, 2);
}

TEST(PrecisionMeter, NothingAtAll) {
  const auto result = PrecisionMeter(3).Measure(0.5F);
  EXPECT_EQ(result.map_50, 0);
  EXPECT_EQ(result.precision, 1);
  EXPECT_EQ(result.recall, 1);
}

// Two labels; right at 0.9, wrong at 0.8, right at 0.7. Precision 1, 1/2, 2/3 at recalls 1/2, 1/2,
// 1: interpolated 1 for the recalls 0 … 0.50 (51 points) and 2/3 for 0.51 … 1 (50 points).
TEST(PrecisionMeter, IsInterpolatedAtHundredAndOneRecalls) {
  PrecisionMeter meter(1);
  meter.AddPicture(
      std::vector<Detection>{{kHere, 0.9F, 0}, {kElsewhere, 0.8F, 0}, {kThere, 0.7F, 0}},
      std::vector<Label>{{kHere, 0}, {kThere, 0}});
  EXPECT_NEAR(meter.Measure(0).map_50, (51 + 50 * 2.0 / 3) / 101, 1e-12);
  EXPECT_NEAR(meter.OfClass(0, 0), (51 + 50 * 2.0 / 3) / 101, 1e-12);
  const auto strict = meter.Measure(0.75F);
  EXPECT_DOUBLE_EQ(strict.precision, 0.5);
  EXPECT_DOUBLE_EQ(strict.recall, 0.5);
}

// One find of two labels, nothing else: precision 1 up to recall 0.5.
TEST(PrecisionMeter, LabelsNotFoundCost) {
  PrecisionMeter meter(1);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.9F, 0}},
                   std::vector<Label>{{kHere, 0}, {kThere, 0}});
  EXPECT_NEAR(meter.Measure(0).map_50, 51.0 / 101, 1e-12);
}

// Right at the IoUs 0.5, 0.55, 0.6, 0.65, 0.7 and no more.
TEST(PrecisionMeter, LooseBoxesCountAtLooseThresholds) {
  PrecisionMeter meter(1);
  meter.AddPicture(std::vector<Detection>{{Overlapping(0.72F), 0.9F, 0}},
                   std::vector<Label>{{kHere, 0}});
  EXPECT_DOUBLE_EQ(meter.Measure(0).map_50, 1);
  EXPECT_NEAR(meter.Measure(0).map_50_95, 0.5, 1e-12);
  EXPECT_EQ(meter.OfClass(0, 4), 1);
  EXPECT_EQ(meter.OfClass(0, 5), 0);
}

TEST(PrecisionMeter, ALabelIsFoundOnce) {
  PrecisionMeter meter(1);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.9F, 0}, {kHere, 0.8F, 0}},
                   std::vector<Label>{{kHere, 0}});
  EXPECT_DOUBLE_EQ(meter.Measure(0).precision, 0.5);
  EXPECT_DOUBLE_EQ(meter.Measure(0).map_50, 1);  // the second comes after full recall
}

// The better find chooses first, and takes the label that it overlaps more.
TEST(PrecisionMeter, FindsTakeTheLabelTheyOverlapMost) {
  const PixelBox between{20, 0, 100, 100};
  PrecisionMeter meter(1);
  meter.AddPicture(std::vector<Detection>{{between, 0.9F, 0}, {kHere, 0.8F, 0}},
                   std::vector<Label>{{kHere, 0}, {{30, 0, 100, 100}, 0}});
  EXPECT_DOUBLE_EQ(meter.Measure(0).precision, 1);
  EXPECT_DOUBLE_EQ(meter.Measure(0).recall, 1);
}

TEST(PrecisionMeter, ClassesAndPicturesAreApart) {
  PrecisionMeter meter(3);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.9F, 1}}, std::vector<Label>{{kHere, 0}});
  meter.AddPicture(std::vector<Detection>{{kHere, 0.9F, 0}}, std::vector<Label>{});
  const auto result = meter.Measure(0);
  EXPECT_EQ(result.map_50, 0);  // class 0 alone has labels
  EXPECT_EQ(result.precision, 0);
  EXPECT_EQ(result.recall, 0);
}

// Scores rank over all pictures: a wrong find of a later picture with a higher score comes first.
TEST(PrecisionMeter, RanksOverAllPictures) {
  PrecisionMeter meter(1);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.6F, 0}}, std::vector<Label>{{kHere, 0}});
  meter.AddPicture(std::vector<Detection>{{kHere, 0.9F, 0}}, std::vector<Label>{});
  EXPECT_DOUBLE_EQ(meter.Measure(0).map_50, 0.5);
}

TEST(PrecisionMeter, LooksAtTheBestFindsOnly) {
  PrecisionMeter meter(1, 1);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.5F, 0}, {kElsewhere, 0.9F, 0}},
                   std::vector<Label>{{kHere, 0}});
  EXPECT_EQ(meter.Measure(0).finds, 1);
  EXPECT_EQ(meter.Measure(0).map_50, 0);
}

TEST(PrecisionMeter, IgnoresClassesThatDoNotExist) {
  PrecisionMeter meter(1);
  meter.AddPicture(std::vector<Detection>{{kHere, 0.5F, 7}, {kHere, 0.5F, -1}},
                   std::vector<Label>{{kHere, 7}, {kHere, -1}});
  EXPECT_EQ(meter.Measure(0).finds, 0);
  EXPECT_EQ(meter.Measure(0).labels, 0);
}

}  // namespace
}  // namespace vigil::objects
