// Stages by name, and a pipeline whose stages fail.
#include "face/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "face/face_finder.h"
#include "face/landmarker.h"
#include "face/stage_set.h"
#include "face/terms.h"

namespace vigil::face {
namespace {

// A detector that finds one face of a fixed place in the whole picture and in each square that holds its middle.
class OneFace final : public DetectionStage {
 public:
  bool looks_in_squares() const override { return true; }
  absl::StatusOr<std::span<const Find>> Detect(ImageView,
                                               std::span<const PixelBox> squares) override {
    ++calls;
    if (fails) return absl::UnavailableError("no detector");
    finds_.clear();
    for (std::size_t i = 0; i < squares.size(); ++i) {
      const PixelBox middle{299, 219, 2, 2};
      if (Intersect(squares[i], middle).area() > 0)
        finds_.push_back(
            {{.box = {250, 170, 100, 100}, .key_points = {}, .score = 0.9F}, static_cast<int>(i)});
    }
    return std::span<const Find>(finds_);
  }

  int calls = 0;
  bool fails = false;

 private:
  std::vector<Find> finds_;
};

// A mesh about the middle of each region.
class PlainMesh final : public LandmarkStage {
 public:
  absl::StatusOr<std::span<const Mesh>> Meshes(ImageView,
                                               std::span<const RotatedBox> regions) override {
    ++calls;
    most_at_once = std::max(most_at_once, regions.size());
    if (fails) return absl::UnavailableError("no mesh");
    meshes_.clear();
    for (const RotatedBox& region : regions) {
      Mesh mesh;
      mesh.count = kMeshPoints;
      mesh.score = 0.99F;
      for (int i = 0; i < kMeshPoints; ++i) {
        const auto part = static_cast<float>(i) / kMeshPoints - 0.5F;
        mesh.points[static_cast<std::size_t>(i)] = {region.center.x + part * region.width / 1.5F,
                                                    region.center.y + part * region.width / 1.5F,
                                                    0};
      }
      meshes_.push_back(mesh);
    }
    return std::span<const Mesh>(meshes_);
  }
  int lookahead() const override { return 1; }
  std::int64_t network_us() const override { return 0; }

  int calls = 0;
  std::size_t most_at_once = 0;
  bool fails = false;

 private:
  std::vector<Mesh> meshes_;
};

TEST(Stages, HaveNames) {
  for (const Stage stage : kStages) EXPECT_EQ(StageNamed(NameOf(stage)), stage);
  EXPECT_FALSE(StageNamed("nose"));
  StageSet set;
  EXPECT_TRUE(set.empty());
  set.Add(Stage::kGaze);
  EXPECT_TRUE(set.has(Stage::kGaze));
  EXPECT_FALSE(set.has(Stage::kBlink));
}

TEST(Stages, TermNamesComeBack) {
  EXPECT_STREQ(KnownTermName("lids_now"), "lids_now");
  EXPECT_STREQ(KnownTermName("of another version"), "other");
}

class Degrading : public testing::Test {
 protected:
  std::span<const TrackedFace> Next() {
    const auto faces = landmarker_.Next({detector_, mesh_}, image_.view(), time_ += 33'333);
    EXPECT_TRUE(faces.ok()) << faces.status();
    return faces.ok() ? *faces : std::span<const TrackedFace>();
  }

  static LandmarkerOptions Options() {
    LandmarkerOptions options;
    options.degrade = true;
    return options;
  }

  OneFace detector_;
  PlainMesh mesh_;
  Landmarker landmarker_{Options()};
  Image image_{640, 480, PixelFormat::kRgb8};
  std::int64_t time_ = 0;
};

TEST_F(Degrading, AFaceIsFollowedWithoutTheDetector) {
  ASSERT_EQ(Next().size(), 1U);
  detector_.fails = true;
  bool failed = false;
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(Next().size(), 1U);
    failed = failed || landmarker_.failed().has(Stage::kFaceDetection);
  }
  EXPECT_TRUE(failed);
}

TEST_F(Degrading, AFaceKeepsItsIdOverAMomentWithoutMeshes) {
  ASSERT_EQ(Next().size(), 1U);
  mesh_.fails = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Next().empty());
    EXPECT_TRUE(landmarker_.failed().has(Stage::kLandmarkDetection));
    ASSERT_EQ(landmarker_.unseen().size(), 1U);
  }
  mesh_.fails = false;
  const auto faces = Next();
  ASSERT_EQ(faces.size(), 1U);
  EXPECT_EQ(faces[0].id, 1);
  EXPECT_TRUE(landmarker_.failed().empty());
}

TEST_F(Degrading, AFaceWithoutMeshesForLongHasLeft) {
  ASSERT_EQ(Next().size(), 1U);
  mesh_.fails = true;
  for (int i = 0; i < 40; ++i) (void)Next();
  EXPECT_TRUE(landmarker_.unseen().empty());
  mesh_.fails = false;
  const auto faces = Next();
  ASSERT_EQ(faces.size(), 1U);
  EXPECT_EQ(faces[0].id, 2);
}

TEST(Stages, WithoutDegradeAFailureFailsTheFrame) {
  OneFace detector;
  PlainMesh mesh;
  Landmarker landmarker({});
  const Image image(640, 480, PixelFormat::kRgb8);
  detector.fails = true;
  EXPECT_FALSE(landmarker.Next({detector, mesh}, image.view(), 0).ok());
  detector.fails = false;
  EXPECT_TRUE(landmarker.Next({detector, mesh}, image.view(), 1).ok());
  mesh.fails = true;
  EXPECT_FALSE(landmarker.Next({detector, mesh}, image.view(), 2).ok());
}

TEST(Stages, AFrameAsksTheDetectorOnceForAllItsSquares) {
  OneFace detector;
  FaceFinder finder({});
  const Image image(640, 480, PixelFormat::kRgb8);
  const PixelBox missing[] = {{0, 0, 50, 50}, {100, 0, 50, 50}};
  ASSERT_TRUE(finder.FindNew(detector, image.view(), 0, 1, missing).ok());
  EXPECT_EQ(detector.calls, 1);  // the whole, two faces that are missing, two tiles
}

}  // namespace
}  // namespace vigil::face
