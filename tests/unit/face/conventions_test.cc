// The signs of docs/conventions.md, held on the canonical face before a camera.
#include <gtest/gtest.h>

#include "face/camera.h"
#include "face/gaze.h"
#include "face/head_pose.h"
#include "support/face_scene.h"

namespace vigil::face {
namespace {

using test::Canonical;
using test::kFrame;
using test::PoseAt;
using test::SeenMesh;

constexpr int kNoseTip = 4;
constexpr Point3f kInFront{0, 0, -50};

Point2f EyesMiddle(const Mesh& mesh) {
  return {(mesh.points[33].x + mesh.points[263].x) / 2,
          (mesh.points[33].y + mesh.points[263].y) / 2};
}

TEST(Conventions, StraightFaceLooksOutOfThePicture) {
  const Mesh mesh = SeenMesh(PoseAt(0, 0, 0, kInFront));
  EXPECT_LT(mesh.points[33].x, mesh.points[263].x);       // point 33 is on the image's left
  EXPECT_LT(EyesMiddle(mesh).y, mesh.points[152].y);      // y down: the chin is below
  EXPECT_LT(mesh.points[kNoseTip].z, mesh.points[33].z);  // mesh z: smaller is closer to the camera
  EXPECT_NEAR(mesh.points[kNoseTip].x, EyesMiddle(mesh).x, 0.1);
}

TEST(Conventions, PositiveYawTurnsTheNoseToTheImagesRight) {
  const Mesh straight = SeenMesh(PoseAt(0, 0, 0, kInFront)),
             turned = SeenMesh(PoseAt(20, 0, 0, kInFront));
  EXPECT_GT(turned.points[kNoseTip].x, straight.points[kNoseTip].x + 5);
  EXPECT_GT(EstimateHeadPose(Canonical(), turned.span(), kFrame).yaw_deg, 19);
}

TEST(Conventions, PositivePitchRaisesTheNose) {
  const Mesh straight = SeenMesh(PoseAt(0, 0, 0, kInFront)),
             raised = SeenMesh(PoseAt(0, 20, 0, kInFront));
  EXPECT_LT(raised.points[kNoseTip].y, straight.points[kNoseTip].y - 5);
  EXPECT_GT(EstimateHeadPose(Canonical(), raised.span(), kFrame).pitch_deg, 19);
}

TEST(Conventions, PositiveRollTiltsToTheOwnLeftShoulder) {
  const Mesh tilted = SeenMesh(PoseAt(0, 0, 20, kInFront));
  // The own left eye is on the image's right and sinks; the top of the head leans to the image's
  // right: clockwise.
  EXPECT_GT(tilted.points[263].y, tilted.points[33].y + 5);
  EXPECT_GT(tilted.points[10].x, tilted.points[152].x + 5);
  EXPECT_GT(EstimateHeadPose(Canonical(), tilted.span(), kFrame).roll_deg, 19);
}

TEST(Conventions, TranslationIsRightUpAndTowardsTheCamera) {
  const Mesh mesh = SeenMesh(PoseAt(0, 0, 0, {12, 8, -60}));
  EXPECT_GT(EyesMiddle(mesh).x, kFrame.width / 2.0F);
  EXPECT_LT(EyesMiddle(mesh).y, kFrame.height / 2.0F);
  const HeadPose pose = EstimateHeadPose(Canonical(), mesh.span(), kFrame);
  EXPECT_NEAR(pose.translation_cm.x, 12, 0.2);
  EXPECT_NEAR(pose.translation_cm.y, 8, 0.2);
  EXPECT_NEAR(pose.translation_cm.z, -60, 0.5);
}

TEST(Conventions, GazeHasTheSignsOfTheHead) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  const Mesh straight = SeenMesh(pose, {0, 0}), turned = SeenMesh(pose, {20, 0}),
             raised = SeenMesh(pose, {0, 15});
  EXPECT_GT(turned.points[kLeftIris].x, straight.points[kLeftIris].x + 1);
  EXPECT_LT(raised.points[kRightIris].y, straight.points[kRightIris].y - 1);
  EXPECT_NEAR(EstimateGaze(turned, pose, Canonical(), kFrame).combined.in_head.yaw_deg, 20, 0.1);
  EXPECT_NEAR(EstimateGaze(raised, pose, Canonical(), kFrame).combined.in_head.pitch_deg, 15, 0.1);
}

// USERS.md, pain 15: a turned head is not an averted gaze, and an averted gaze is not a turned
// head.
TEST(Conventions, GazeInCameraIsHeadTimesEye) {
  const HeadPose pose = PoseAt(25, 0, 0, kInFront);
  const Gaze back = EstimateGaze(SeenMesh(pose, {-25, 0}), pose, Canonical(), kFrame);
  EXPECT_NEAR(back.combined.in_head.yaw_deg, -25, 0.2);
  EXPECT_NEAR(back.combined.in_camera.yaw_deg, 0, 0.2);
  const Gaze ahead = EstimateGaze(SeenMesh(pose, {0, 0}), pose, Canonical(), kFrame);
  EXPECT_NEAR(ahead.combined.in_head.yaw_deg, 0, 0.2);
  EXPECT_NEAR(ahead.combined.in_camera.yaw_deg, 25, 0.2);
}

struct AngleCase {
  const char* name;
  float yaw, pitch, roll;
};
class RotationAngles : public testing::TestWithParam<AngleCase> {};

TEST_P(RotationAngles, ThereAndBack) {
  const auto& [name, yaw, pitch, roll] = GetParam();
  const auto rotation = RotationFromAngles(yaw, pitch, roll);
  const HeadAngles angles = AnglesFromRotation(rotation);
  if (std::abs(pitch) < 89.9F) {
    EXPECT_NEAR(angles.yaw_deg, yaw, 0.01);
    EXPECT_NEAR(angles.pitch_deg, pitch, 0.01);
    EXPECT_NEAR(angles.roll_deg, roll, 0.01);
  } else {
    EXPECT_EQ(angles.roll_deg, 0);
  }
  const auto again = RotationFromAngles(angles.yaw_deg, angles.pitch_deg, angles.roll_deg);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(again[i], rotation[i], 2e-3) << "element " << i;
}
INSTANTIATE_TEST_SUITE_P(
    Poses, RotationAngles,
    testing::Values(AngleCase{"straight", 0, 0, 0}, AngleCase{"mixed", 30, -20, 10},
                    AngleCase{"behind", 170, 10, -170}, AngleCase{"steep", -40, 89, 60},
                    AngleCase{"gimbal_up", 30, 90, 20}, AngleCase{"gimbal_down", -70, -90, 15}),
    [](const auto& the) { return std::string(the.param.name); });

TEST(Conventions, DirectionsAndAnglesAreInverse) {
  for (const Angles angles : {Angles{0, 0}, Angles{30, -20}, Angles{-120, 60}}) {
    const Angles back = AnglesOf(DirectionOf(angles));
    EXPECT_NEAR(back.yaw_deg, angles.yaw_deg, 1e-3);
    EXPECT_NEAR(back.pitch_deg, angles.pitch_deg, 1e-3);
  }
  EXPECT_EQ(AnglesOf({0, 0, 0}), Angles{});
}

TEST(Conventions, LookingIntoTheLensIsZeroAnywhereInThePicture) {
  for (const Point3f from : {Point3f{0, 0, -50}, Point3f{25, -10, -60}, Point3f{-30, 20, -40}}) {
    const Angles into_lens = AnglesOf({-from.x, -from.y, -from.z});
    const Angles relative = RelativeToCamera(into_lens, from);
    EXPECT_NEAR(relative.yaw_deg, 0, 1e-3);
    EXPECT_NEAR(relative.pitch_deg, 0, 1e-3);
  }
  // A face on the image's right has to turn to its own right, the image's left, to look into the
  // lens.
  EXPECT_LT(AnglesOf({-25, 0, 60}).yaw_deg, 0);
  EXPECT_EQ(RelativeToCamera({10, 5}, {0, 0, 0}), (Angles{10, 5}));
}

// What a result says of a face at the side of the picture: to_camera is 0, 0 for who looks into the
// lens, and is off by as much as the head is turned away from it.
TEST(Conventions, ToCameraIsZeroForWhoLooksIntoTheLensFromTheSide) {
  const Point3f left = EyeCentre(Canonical(), EyeSide::kLeft),
                right = EyeCentre(Canonical(), EyeSide::kRight);
  const Point3f between{(left.x + right.x) / 2, (left.y + right.y) / 2, (left.z + right.z) / 2};
  for (const Point3f at : {Point3f{0, 0, -60}, Point3f{22, -10, -60}, Point3f{-25, 12, -70}}) {
    HeadPose pose = PoseAt(0, 0, 0, at);
    for (int i = 0; i < 5; ++i) {  // the eyes move as the head turns
      const Point3f eyes = ToCamera(pose, between);
      const Angles to_lens = AnglesOf({-eyes.x, -eyes.y, -eyes.z});
      pose = PoseAt(to_lens.yaw_deg, to_lens.pitch_deg, 0, at);
    }
    const Mesh mesh = SeenMesh(pose, Angles{0, 0});
    const HeadPose seen = EstimateHeadPose(Canonical(), mesh.span(), kFrame);
    const Gaze gaze = EstimateGaze(mesh, seen, Canonical(), kFrame);
    // The lens is level with the eyes, which lie a little above the middle of the head.
    const Angles head = RelativeToCamera({pose.yaw_deg, pose.pitch_deg}, at);
    EXPECT_NEAR(seen.to_camera.yaw_deg, head.yaw_deg, 0.7) << at.x;
    EXPECT_NEAR(seen.to_camera.pitch_deg, head.pitch_deg, 0.7) << at.x;
    EXPECT_LT(std::abs(head.yaw_deg) + std::abs(head.pitch_deg), 3);
    EXPECT_NEAR(gaze.combined.to_camera.yaw_deg, 0, 0.7) << at.x;
    EXPECT_NEAR(gaze.combined.to_camera.pitch_deg, 0, 0.7) << at.x;
    if (at.x != 0) {
      EXPECT_GT(std::abs(gaze.combined.in_camera.yaw_deg), 15) << at.x;
    }

    const HeadPose away = PoseAt(pose.yaw_deg + 20, pose.pitch_deg, 0, at);
    const HeadPose seen_away =
        EstimateHeadPose(Canonical(), SeenMesh(away, Angles{0, 0}).span(), kFrame);
    EXPECT_NEAR(seen_away.to_camera.yaw_deg - seen.to_camera.yaw_deg, 20, 1.5) << at.x;
  }
}

}  // namespace
}  // namespace vigil::face
