#include "core/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vigil {
namespace {

struct DistanceCase {
  const char* name;
  const char* a;
  const char* b;
  std::size_t expected;
};
class Distance : public testing::TestWithParam<DistanceCase> {};

TEST_P(Distance, CountsEdits) {
  EXPECT_EQ(EditDistance(GetParam().a, GetParam().b), GetParam().expected);
  EXPECT_EQ(EditDistance(GetParam().b, GetParam().a), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Words, Distance,
                         testing::Values(DistanceCase{"same", "faces", "faces", 0},
                                         DistanceCase{"empty", "", "abc", 3},
                                         DistanceCase{"both_empty", "", "", 0},
                                         DistanceCase{"added", "face", "faces", 1},
                                         DistanceCase{"replaced", "facer", "faces", 1},
                                         DistanceCase{"swapped", "facse", "faces", 1},
                                         DistanceCase{"swapped_twice", "afcse", "faces", 2},
                                         DistanceCase{"case_is_ignored", "FACES", "faces", 0},
                                         DistanceCase{"kitten", "kitten", "sitting", 3}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(EditDistance, LooksAtTheFirst128Letters) {
  EXPECT_EQ(EditDistance(std::string(100'000, 'a'), std::string(100'000, 'b')), 128);
  EXPECT_EQ(EditDistance(std::string(128, 'a') + "x", std::string(128, 'a') + "yyyy"), 0);
}

TEST(Nearest, IsCloseEnoughToBeASlip) {
  const std::vector<std::string> keys = {"max_faces", "detector", "id", "max_fps"};
  EXPECT_EQ(Nearest("max_facs", keys), "max_faces");
  EXPECT_EQ(Nearest("detecotr", keys), "detector");
  EXPECT_EQ(Nearest("MAX_FACES", keys), "max_faces");
  EXPECT_EQ(Nearest("on", keys), "");
  EXPECT_EQ(Nearest("colour", keys), "");
  EXPECT_EQ(Nearest("", keys), "");
  EXPECT_EQ(Nearest("x", {}), "");
}

TEST(Nearest, TheBeginningOfANameIsEnough) {
  const std::vector<std::string> keys = {"confidence_threshold_of_masks", "confidence_threshold",
                                         "model_file", "id_file"};
  EXPECT_EQ(Nearest("confidence", keys), "confidence_threshold");
  EXPECT_EQ(Nearest("Model", keys), "model_file");
  EXPECT_EQ(Nearest("id", keys), "");
}

TEST(DidYouMean, IsPutBehindAMessage) {
  const std::vector<std::string> keys = {"detector"};
  EXPECT_EQ(DidYouMean("detektor", keys), "; did you mean detector?");
  EXPECT_EQ(DidYouMean("mode", keys), "");
  EXPECT_EQ(DidYouMean("detect", keys), "; did you mean detector?");
}

}  // namespace
}  // namespace vigil
