// A frame with faces being followed takes nothing from the heap, detector runs and tile sweeps
// included.
#include <gtest/gtest.h>

#include "face/canonical_face.h"
#include "face/pipeline.h"
#include "media/picture.h"
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
  const std::int64_t before = test::Allocations();
  run(70, 200);
  EXPECT_EQ(test::Allocations() - before, 0);
}

}  // namespace
}  // namespace vigil::face
