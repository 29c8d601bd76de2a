#include "face/eye_geometry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "face/head_pose.h"
#include "support/face_scene.h"

namespace vigil::face {
namespace {

using test::Canonical;
using test::PoseAt;
using test::SeenMesh;

constexpr Point3f kInFront{0, 0, -60};

struct EarCase {
  const char* name;
  std::array<Point2f, 6> eye;
  float expected;
};
class EyeAspectRatioOf : public testing::TestWithParam<EarCase> {};

TEST_P(EyeAspectRatioOf, FollowsTheFormula) {
  EXPECT_NEAR(EyeAspectRatio(GetParam().eye), GetParam().expected, 1e-6);
}
const float kNan = std::nanf("");
INSTANTIATE_TEST_SUITE_P(
    Eyes, EyeAspectRatioOf,
    testing::Values(
        EarCase{"open", {{{0, 0}, {10, -5}, {20, -5}, {30, 0}, {20, 5}, {10, 5}}}, 1.0F / 3},
        EarCase{"closed", {{{0, 0}, {10, 0}, {20, 0}, {30, 0}, {20, 0}, {10, 0}}}, 0},
        EarCase{"upright", {{{0, 0}, {5, 10}, {5, 20}, {0, 30}, {-5, 20}, {-5, 10}}}, 1.0F / 3},
        EarCase{"uneven", {{{0, 0}, {10, -4}, {20, -2}, {30, 0}, {20, 2}, {10, 4}}}, 0.2F},
        EarCase{"corners_coincide", {{{7, 7}, {10, -5}, {20, -5}, {7, 7}, {20, 5}, {10, 5}}}, 0},
        EarCase{"not_a_number", {{{0, 0}, {10, kNan}, {20, -5}, {30, 0}, {20, 5}, {10, 5}}}, 0},
        EarCase{"corner_not_a_number",
                {{{kNan, 0}, {10, -5}, {20, -5}, {30, 0}, {20, 5}, {10, 5}}},
                0}),
    [](const auto& the) { return std::string(the.param.name); });

TEST(EyeIndices, RightMirrorsLeftAndTheRingsFollowTheLids) {
  const auto& v = Canonical().vertices_cm;
  for (std::size_t i = 0; i < kLeftEye.contour.size(); ++i) {
    const Point3f &l = v[kLeftEye.contour[i]], &r = v[kRightEye.contour[i]];
    EXPECT_NEAR(l.x, -r.x, 1e-4);
    EXPECT_NEAR(l.y, r.y, 1e-4);
    const Point3f& next = v[kLeftEye.contour[(i + 1) % kLeftEye.contour.size()]];
    EXPECT_LT(std::hypot(next.x - l.x, next.y - l.y), 0.6)
        << "neighbours on the ring are neighbours on the lid";
  }
  for (const auto& eye : {kLeftEye, kRightEye}) {
    const std::set<int> ring(eye.contour.begin(), eye.contour.end());
    EXPECT_EQ(ring.size(), eye.contour.size());
    for (const int index : eye.ear) EXPECT_TRUE(ring.contains(index)) << index;
    EXPECT_GT(std::abs(v[eye.outer].x), std::abs(v[eye.inner].x));
  }
  EXPECT_LT(v[kLeftEye.outer].x, 0);
}

TEST(EyeAspectRatio, MeshesTooShortHaveNone) {
  const Mesh mesh = SeenMesh(PoseAt(0, 0, 0, kInFront));
  EXPECT_GT(EyeAspectRatio(mesh.span(), EyeSide::kLeft), 0.1F);
  EXPECT_EQ(EyeAspectRatio(mesh.span().first(467), EyeSide::kLeft), 0);
  EXPECT_EQ(MouthAspectRatio(mesh.span().first(100)), 0);
}

// The same eyes, seen while the head turns: the plain ratio moves, the frontal one stays.
TEST(FrontalEyeAspectRatio, StaysWhileTheHeadTurns) {
  const float straight = EyeAspectRatio(SeenMesh(PoseAt(0, 0, 0, kInFront)).span(), EyeSide::kLeft);
  float worst = 0, worst_beyond = 0, worst_plain = 0;
  fmt::print(
      "\nEye aspect ratio of the canonical face's left eye against the frontal one, plain → "
      "corrected\n|  yaw \\ pitch |");
  for (float pitch = -30; pitch <= 30; pitch += 15) fmt::print("      {:4.0f}°    |", pitch);
  for (float yaw = -60; yaw <= 60; yaw += 15) {
    fmt::print("\n|        {:4.0f}° |", yaw);
    for (float pitch = -30; pitch <= 30; pitch += 15) {
      const Mesh mesh = SeenMesh(PoseAt(yaw, pitch, 10, kInFront));
      const HeadPose pose = EstimateHeadPose(Canonical(), mesh.span(), test::kFrame);
      const float plain = EyeAspectRatio(mesh.span(), EyeSide::kLeft) / straight;
      const float frontal =
          FrontalEyeAspectRatio(mesh.span(), EyeSide::kLeft, pose, Canonical()) / straight;
      fmt::print(" {:5.2f} → {:4.2f} |", plain, frontal);
      float& so_far = std::abs(yaw) <= 45 ? worst : worst_beyond;
      so_far = std::max(so_far, std::abs(frontal - 1));
      worst_plain = std::max(worst_plain, std::abs(plain - 1));
    }
  }
  fmt::print("\nworst: {:.2f} → {:.2f} up to 45°, {:.2f} up to 60°\n", worst_plain, worst,
             worst_beyond);
  EXPECT_GT(worst_plain, 0.4F);
  EXPECT_LT(worst, 0.05F);
  EXPECT_LT(worst_beyond, 0.3F);  // the far eye, where the stretch is cut off
}

TEST(FrontalEyeAspectRatio, WithoutAPoseIsThePlainRatio) {
  const Mesh mesh = SeenMesh(PoseAt(40, 0, 0, kInFront));
  EXPECT_EQ(FrontalEyeAspectRatio(mesh.span(), EyeSide::kRight, {}, Canonical()),
            EyeAspectRatio(mesh.span(), EyeSide::kRight));
}

TEST(FrontalEyeAspectRatio, ClosedStaysClosedWhenTurned) {
  const HeadPose pose = PoseAt(45, 0, 0, kInFront);
  Mesh mesh = SeenMesh(pose);
  const auto& p = kLeftEye.ear;
  mesh.points[p[1]] = mesh.points[p[5]];
  mesh.points[p[2]] = mesh.points[p[4]];
  EXPECT_LT(FrontalEyeAspectRatio(mesh.span(), EyeSide::kLeft, pose, Canonical()), 0.01F);
}

TEST(MouthAspectRatio, GapOverWidth) {
  Mesh mesh;
  mesh.count = kMeshPoints;
  mesh.points[78] = {100, 200, 0};
  mesh.points[308] = {140, 200, 0};
  mesh.points[13] = {120, 190, 0};
  mesh.points[14] = {120, 214, 0};
  EXPECT_NEAR(MouthAspectRatio(mesh.span()), 0.6, 1e-6);
  mesh.points[308] = mesh.points[78];
  EXPECT_EQ(MouthAspectRatio(mesh.span()), 0);
  EXPECT_LT(MouthAspectRatio(SeenMesh(PoseAt(0, 0, 0, kInFront)).span()),
            0.15F);  // the canonical mouth is shut
}

}  // namespace
}  // namespace vigil::face
