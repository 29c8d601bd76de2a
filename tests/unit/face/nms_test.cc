#include "face/nms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/limits.h"

namespace vigil::face {
namespace {

Detection At(float x, float score) {
  Detection detection;
  detection.box = {x, 0, 10, 10};
  detection.score = score;
  return detection;
}

std::vector<float> LeftsOf(const std::vector<Detection>& detections) {
  std::vector<float> lefts;
  for (const auto& detection : detections) lefts.push_back(detection.box.x);
  return lefts;
}

struct NmsCase {
  const char* name;
  std::vector<Detection> candidates;
  std::vector<float> kept;
};
class PlainNmsKeeps : public testing::TestWithParam<NmsCase> {};

TEST_P(PlainNmsKeeps, TheBestOfEachGroup) {
  auto candidates = GetParam().candidates;
  EXPECT_EQ(LeftsOf(PlainNms(candidates, 0.5F)), GetParam().kept);
  EXPECT_TRUE(candidates.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Boxes, PlainNmsKeeps,
    testing::Values(NmsCase{"none", {}, {}}, NmsCase{"apart", {At(0, 0.7F), At(20, 0.9F)}, {20, 0}},
                    NmsCase{"worse_on_top", {At(0, 0.7F), At(1, 0.9F)}, {1}},
                    NmsCase{"half_overlap_stays", {At(0, 0.9F), At(5, 0.8F)}, {0, 5}},
                    // The middle one goes with the left; the right one overlaps only what has gone.
                    NmsCase{"a_chain", {At(0, 0.9F), At(3, 0.8F), At(6, 0.7F)}, {0, 6}},
                    NmsCase{"equals_keep_their_order", {At(3, 0.9F), At(0, 0.9F)}, {3}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PlainNms, GivesNoMoreThanTheLimit) {
  std::vector<Detection> candidates;
  for (int i = 0; i < 2 * limits::kMaxFaces; ++i)
    candidates.push_back(At(20.0F * static_cast<float>(i), 0.9F));
  EXPECT_EQ(PlainNms(candidates, 0.5F).size(), static_cast<std::size_t>(limits::kMaxFaces));
}

TEST(PlainNms, LooksAtTheBestCandidatesOnly) {
  std::vector<Detection> candidates(limits::kMaxCandidates, At(0, 0.8F));
  candidates.push_back(At(50, 0.7F));  // one too many
  candidates.push_back(At(90, 0.9F));
  EXPECT_EQ(LeftsOf(PlainNms(candidates, 0.5F)), (std::vector<float>{90, 0}));
}

}  // namespace
}  // namespace vigil::face
