// How many labelled faces are found, and how many finds are on no label: the whole chain, detector and mesh.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "app/config.h"
#include "face/face_finder.h"
#include "face/landmarker.h"
#include "face/region.h"
#include "media/picture.h"
#include "support/face_truth.h"
#include "support/models.h"

namespace vigil::face {
namespace {

struct Mode {
  const char* name;
  FinderMode mode;
};

struct Score {
  int labelled = 0, large = 0, found = 0, found_large = 0, unlabelled = 0, tiles = 0;
};

Score Measure(FinderMode mode) {
  auto models = test::LoadFaceModels();
  LandmarkerOptions options;
  options.max_faces = app::kMaxFacesOfPicture;
  options.finder.mode = mode;
  Landmarker landmarker(options);
  Score score;
  for (const auto& picture : test::LabelledPictures()) {
    const auto image = media::ReadPicture(picture.path);
    EXPECT_TRUE(image.ok()) << image.status();
    const auto faces = landmarker.Still(models, image->view());
    EXPECT_TRUE(faces.ok()) << faces.status();
    std::vector<PixelBox> boxes;
    for (const TrackedFace& face : *faces) boxes.push_back(BoundingBox(face.mesh.span()));
    int found = 0, unlabelled = 0;
    for (const PixelBox& label : picture.faces) {
      const bool hit = std::ranges::any_of(
          boxes, [&](const PixelBox& box) { return test::OnLabel(box, label); });
      found += hit;
      score.large += label.width >= 40;
      score.found_large += hit && label.width >= 40;
    }
    for (const PixelBox& box : boxes) {
      const bool on = std::ranges::any_of(
          picture.faces, [&](const PixelBox& label) { return test::OnLabel(box, label); });
      unlabelled += !on;
      if (!on)
        fmt::print("    unlabelled: {} at {:.0f},{:.0f} size {:.0f}x{:.0f}\n",
                   picture.path.filename().string(), box.x, box.y, box.width, box.height);
    }
    score.labelled += static_cast<int>(picture.faces.size());
    score.found += found;
    score.unlabelled += unlabelled;
    fmt::print("  {:<48} {:>3} of {:>3} labelled, {} unlabelled\n",
               picture.path.filename().string(), found, picture.faces.size(), unlabelled);
  }
  return score;
}

TEST(FaceRecall, SmallFacesInGroupPictures) {
  VIGIL_NEEDS_SHARED_DATA();
  const Score whole = Measure(FinderMode::kWhole), tiles = Measure(FinderMode::kAuto);
  const auto print = [](const char* name, const Score& s) {
    fmt::print("{:<8} all {:>3}/{:>3}, at least 40 px {:>3}/{:>3} = {:.3f}, unlabelled {}\n", name,
               s.found, s.labelled, s.found_large, s.large,
               static_cast<double>(s.found_large) / s.large, s.unlabelled);
  };
  print("whole", whole);
  print("auto", tiles);
  EXPECT_GE(tiles.found_large, 0.98 * tiles.large);
  EXPECT_LE(tiles.unlabelled, 2);  // at most one in five of the ten pictures
  EXPECT_LT(whole.found_large, tiles.found_large);
}

TEST(FaceRecall, PictureWithoutPeopleHasNoFace) {
  VIGIL_NEEDS_SHARED_DATA();
  auto models = test::LoadFaceModels();
  Landmarker landmarker(LandmarkerOptions{});
  const auto image = media::ReadPicture(test::SharedPath("faces/negative/dogs.jpg"));
  ASSERT_TRUE(image.ok());
  const auto faces = landmarker.Still(models, image->view());
  ASSERT_TRUE(faces.ok());
  EXPECT_TRUE(faces->empty());
}

}  // namespace
}  // namespace vigil::face
