#include "face/blaze_face.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/model.h"

namespace vigil::face {
namespace {

Detection At(float x, float y, float size, float score) {
  Detection d;
  d.box = {x, y, size, size};
  d.score = score;
  for (Point2f& point : d.key_points) point = {x, y};
  return d;
}

TEST(WeightedNms, AveragesWhatOverlapsAndKeepsTheBestScore) {
  std::vector<Detection> found{At(0, 0, 10, 0.6F), At(2, 0, 10, 0.9F), At(100, 0, 10, 0.7F)};
  WeightedNms(found, 0.3F);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FLOAT_EQ(found[0].score, 0.9F);
  EXPECT_NEAR(found[0].box.x, 2 * 0.9 / 1.5, 1e-5);
  EXPECT_NEAR(found[0].key_points[3].x, 2 * 0.9 / 1.5, 1e-5);
  EXPECT_FLOAT_EQ(found[1].box.x, 100);
}

TEST(WeightedNms, ComparesWithTheBestAndNotWithTheMean) {
  // a-b and b-c overlap, a-c do not: c stays on its own.
  std::vector<Detection> found{At(0, 0, 10, 0.9F), At(4, 0, 10, 0.8F), At(8, 0, 10, 0.7F)};
  WeightedNms(found, 0.3F);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FLOAT_EQ(found[1].box.x, 8);
}

TEST(WeightedNms, EmptyStaysEmpty) {
  std::vector<Detection> found;
  WeightedNms(found, 0.3F);
  EXPECT_TRUE(found.empty());
}

// A model of ours that answers what the test wrote.
class Scripted final : public nn::Model {
 public:
  Scripted() : in_(128 * 128 * 3), regressors_(896 * 16), scores_(896, -10.0F) {}
  std::span<const nn::TensorInfo> inputs() const override { return inputs_; }
  std::span<const nn::TensorInfo> outputs() const override { return outputs_; }
  std::span<float> input(std::size_t) override { return in_; }
  std::span<const float> output(std::size_t i) const override {
    return i == 0 ? regressors_ : scores_;
  }
  absl::Status Run() override { return absl::OkStatus(); }

  void Say(std::size_t anchor, std::initializer_list<float> box, float logit) {
    std::ranges::copy(box, regressors_.begin() + static_cast<std::ptrdiff_t>(anchor * 16));
    scores_[anchor] = logit;
  }

 private:
  std::vector<nn::TensorInfo> inputs_{{"in", {1, 128, 128, 3}}},
      outputs_{{"r", {1, 896, 16}}, {"s", {1, 896, 1}}};
  std::vector<float> in_, regressors_, scores_;
};

TEST(BlazeFace, DecodesAnchorsIntoPictureCoordinates) {
  auto scripted = std::make_unique<Scripted>();
  scripted->Say(0, {0, 0, 32, 32, 8, 8}, 3);  // first anchor: centre (0.5/16, 0.5/16)
  scripted->Say(512 + 6 * 9, {16, 0, 64, 32, 0, 0},
                2);  // cell (1, 1) of the 8×8 grid: centre (1.5/8, 1.5/8)
  auto detector = BlazeFace::Create(std::move(scripted));
  ASSERT_TRUE(detector.ok());
  Image image(256, 128, PixelFormat::kRgb8);
  const auto found =
      (*detector)->Detect(image.view());  // the square is 256 wide, and begins 64 above the picture
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_NEAR((*found)[0].box.x, 8 - 32, 1e-3);
  EXPECT_NEAR((*found)[0].box.y, 8 - 32 - 64, 1e-3);
  EXPECT_NEAR((*found)[0].box.width, 64, 1e-3);
  EXPECT_NEAR((*found)[0].key_points[0].x, 8 + 16, 1e-3);
  EXPECT_NEAR((*found)[0].score, 1 / (1 + std::exp(-3.0)), 1e-6);
  EXPECT_NEAR((*found)[1].box.x, 48 + 32 - 64, 1e-3);
  EXPECT_NEAR((*found)[1].box.height, 64, 1e-3);
}

TEST(BlazeFace, IgnoresNonsense) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                  kInf = std::numeric_limits<float>::infinity();
  auto scripted = std::make_unique<Scripted>();
  scripted->Say(0, {0, 0, -5, 10}, 5);
  scripted->Say(1, {kNan, 0, 5, 10}, 5);
  scripted->Say(2, {0, 0, kInf, 10}, 5);
  scripted->Say(3, {0, 0, 10, 10}, kNan);
  auto detector = BlazeFace::Create(std::move(scripted));
  ASSERT_TRUE(detector.ok());
  Image image(64, 64, PixelFormat::kRgb8);
  const auto found = (*detector)->Detect(image.view());
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

}  // namespace
}  // namespace vigil::face
