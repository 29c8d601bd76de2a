// A frame with faces being followed takes nothing from the heap, detector runs and tile sweeps
// included; nor does the detection of objects, its engine aside.
#include <gtest/gtest.h>

#include "face/canonical_face.h"
#include "face/pipeline.h"
#include "media/picture.h"
#include "objects/internal/decode.h"
#include "objects/internal/finish.h"
#include "support/allocation_counter.h"
#include "support/models.h"

namespace vigil::face {
namespace {

TEST(Allocation, AFollowedFaceTakesNoMemoryAFrame) {
  auto models = test::LoadFaceModels();
  const auto canonical =
      LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
  ASSERT_TRUE(canonical.ok());
  const auto portrait = media::ReadPicture(test::SamplePath("astronaut.png"));
  ASSERT_TRUE(portrait.ok());
  Pipeline pipeline(*canonical, PipelineOptions{});
  const auto run = [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      const auto result = pipeline.Next(models, portrait->view(), i * 33'333);
      ASSERT_TRUE(result.ok());
      ASSERT_EQ((*result)->faces.size(), 1U);
    }
  };
  run(0, 70);  // more than a sweep of tiles
  const std::int64_t before = vigil::test::Allocations();
  run(70, 200);
  EXPECT_EQ(vigil::test::Allocations() - before, 0);
}

}  // namespace
}  // namespace vigil::face

namespace vigil::objects {
namespace {

// A YOLOv8 without its engine: every Run() leaves the same outputs.
class FixedModel final : public nn::Model {
 public:
  static constexpr std::size_t kCells = 8400;
  FixedModel() : input_(3 * 640 * 640), output_(84 * kCells) {
    for (std::size_t i = 0; i < output_.size(); ++i) {
      const auto noise = static_cast<float>((i * 2654435761U) % 1009) / 1009;
      output_[i] = i < 4 * kCells ? 640 * noise : 0.3F * noise;
    }
  }
  std::span<const nn::TensorInfo> inputs() const override { return {&input_info_, 1}; }
  std::span<const nn::TensorInfo> outputs() const override { return {&output_info_, 1}; }
  std::span<float> input(std::size_t) override { return input_; }
  std::span<const float> output(std::size_t) const override { return output_; }
  absl::Status Run() override { return absl::OkStatus(); }

 private:
  const nn::TensorInfo input_info_{"images", {1, 3, 640, 640}};
  const nn::TensorInfo output_info_{"output0", {1, 84, kCells}};
  std::vector<float> input_, output_;
};

TEST(Allocation, ObjectsTakeNoMemoryAFrame) {
  FixedModel model;
  constexpr Size kInput{640, 640};
  const auto head = FindHead(model.outputs(), Family::kAuto, {kInput});
  ASSERT_TRUE(head.ok());
  PictureTensor tensor(kInput, PreprocessingOf(head->family));
  Decoder decoder(*head, model.outputs(), kInput, 0.25F, std::vector<bool>(80, true));
  Candidates candidates;
  std::vector<Detection> found;
  const Image image(768, 576, PixelFormat::kRgb8);
  std::fill_n(const_cast<std::uint8_t*>(image.view().data), image.bytes(), std::uint8_t{90});
  std::int64_t before = 0;
  for (int i = 0; i < 20; ++i) {
    if (i == 2) before = vigil::test::Allocations();
    const Placement placement = tensor.Fill(image.view(), model.input(0));
    candidates.clear();
    ASSERT_EQ(decoder.Decode(model, candidates), absl::OkStatus());
    ToPicture(candidates.Best({}), placement, image.size(), found);
    ASSERT_GT(found.size(), 50U);  // that much is done a frame
  }
  EXPECT_EQ(vigil::test::Allocations() - before, 0);
}

}  // namespace
}  // namespace vigil::objects
