#include "face/gaze.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "face/head_pose.h"
#include "support/face_scene.h"
#include "support/mediapipe_goldens.h"

namespace vigil::face {
namespace {

using test::Canonical;
using test::kFrame;
using test::PoseAt;
using test::SeenMesh;

constexpr Point3f kInFront{0, 0, -50};

float AngleBetween(Angles a, Angles b) {
  const Point3f p = DirectionOf(a), q = DirectionOf(b);
  const float cosine = p.x * q.x + p.y * q.y + p.z * q.z;
  return std::acos(std::clamp(cosine, -1.0F, 1.0F)) * 180 / std::numbers::pi_v<float>;
}

struct Errors {
  double yaw = 0, pitch = 0, angle = 0, worst = 0;
  int count = 0;

  void Add(Angles a, Angles b) {
    yaw += std::abs(a.yaw_deg - b.yaw_deg);
    pitch += std::abs(a.pitch_deg - b.pitch_deg);
    angle += AngleBetween(a, b);
    worst = std::max(worst, static_cast<double>(AngleBetween(a, b)));
    ++count;
  }
  std::string Row(const char* what) const {
    return fmt::format("| {:22} | {:5} | {:5.2f} | {:5.2f} | {:5.2f} | {:5.2f} |\n", what, count,
                       yaw / count, pitch / count, angle / count, worst);
  }
};

// Eyes ±25° yaw, ±25° pitch in heads of ±20° yaw.
template <typename Visit>
void ForEachGaze(float distance_cm, Visit visit) {
  for (float head = -20; head <= 20; head += 10) {
    const HeadPose truth = PoseAt(head, head / 4, -head / 4, {5, 3, -distance_cm});
    for (float yaw = -25; yaw <= 25; yaw += 5) {
      for (float pitch = -25; pitch <= 25; pitch += 5) visit(truth, Angles{yaw, pitch});
    }
  }
}

TEST(Gaze, ExactWithoutNoise) {
  ForEachGaze(50, [](const HeadPose& truth, Angles eyes) {
    const Gaze gaze = EstimateGaze(SeenMesh(truth, eyes), truth, Canonical(), kFrame);
    EXPECT_LT(AngleBetween(gaze.left.in_head, eyes), 0.3F);
    EXPECT_LT(AngleBetween(gaze.right.in_head, eyes), 0.3F);
    EXPECT_LT(AngleBetween(gaze.combined.in_head, eyes), 0.3F);
  });
}

// A head turned away whose eyes stay on the camera looks at it; one whose eyes go along does not.
TEST(Gaze, Pain15GazeIsTheHeadsRotationTimesTheEyesAndBothAreReported) {
  for (const float head : {-20.0F, -10.0F, 10.0F, 20.0F}) {
    const HeadPose truth = PoseAt(head, 0, 0, {0, 0, -50});
    const auto gaze_of = [&](float eyes) {
      return EstimateGaze(SeenMesh(truth, {eyes, 0}), truth, Canonical(), kFrame).combined;
    };
    const EyeGaze counter = gaze_of(-head), along = gaze_of(0);
    EXPECT_NEAR(counter.in_camera.yaw_deg, 0, 1) << head;
    EXPECT_NEAR(counter.in_head.yaw_deg, -head, 1) << head;
    EXPECT_NEAR(along.in_camera.yaw_deg, head, 1) << head;
    EXPECT_NEAR(along.in_head.yaw_deg, 0, 1) << head;
  }
}

TEST(Gaze, AccuracyUnderHalfAPixelOfNoise) {
  std::mt19937 random(2);
  fmt::print(
      "\nSynthetic eyes ±25° yaw, ±25° pitch, heads ±20° yaw; 0.5 px noise on every point\n"
      "| combined, in camera    |     n |   yaw | pitch | angle | worst |\n"
      "|------------------------|-------|-------|-------|-------|-------|\n");
  for (const float pixels : {100.0F, 70.0F, 200.0F}) {
    const float distance = test::DistanceForEyes(pixels);
    Errors combined, single;
    ForEachGaze(distance, [&](const HeadPose& truth, Angles eyes) {
      Mesh mesh = SeenMesh(truth, eyes);
      const Angles in_camera = EstimateGaze(mesh, truth, Canonical(), kFrame).combined.in_camera;
      test::AddNoise(mesh, 0.5F, random);
      const HeadPose pose = EstimateHeadPose(Canonical(), mesh.span(), kFrame);
      const Gaze gaze = EstimateGaze(mesh, pose, Canonical(), kFrame);
      combined.Add(gaze.combined.in_camera, in_camera);
      single.Add(gaze.left.in_camera, in_camera);
    });
    fmt::print(
        "{}{}",
        combined.Row(
            fmt::format("{:.0f} px eyes, {:.0f} px iris", pixels, pixels * 1.17 / 8.89).c_str()),
        single.Row("  left eye alone"));
    if (pixels == 100) {
      EXPECT_LE(combined.yaw / combined.count, 4);
      EXPECT_LE(combined.pitch / combined.count, 4);
      EXPECT_LE(combined.angle / combined.count, 4);
    }
  }
}

TEST(Gaze, NothingWithoutIrisesOrPose) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  const auto nothing = [](const Gaze& gaze) {
    return gaze.left.confidence == 0 && gaze.right.confidence == 0 &&
           gaze.combined.confidence == 0 && gaze.combined.in_camera == Angles{};
  };
  EXPECT_TRUE(nothing(EstimateGaze(SeenMesh(pose), pose, Canonical(), kFrame)));
  EXPECT_TRUE(nothing(EstimateGaze(SeenMesh(pose, {0, 0}), {}, Canonical(), kFrame)));
  EXPECT_TRUE(nothing(EstimateGaze(SeenMesh(pose, {0, 0}), pose, Canonical(), {0, 0})));
}

// Eyes converge on what is near; further apart, one of them is seen wrongly.
TEST(Gaze, EyesThatDisagreeAreTrustedLess) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  const auto confidence = [&](float apart) {
    Mesh mesh = SeenMesh(pose, {apart / 2, 0});
    const Mesh other = SeenMesh(pose, {-apart / 2, 0});
    std::copy_n(other.points.begin() + kRightIris, 5, mesh.points.begin() + kRightIris);
    return EstimateGaze(mesh, pose, Canonical(), kFrame).combined.confidence;
  };
  EXPECT_GT(confidence(0), 0.95F);
  EXPECT_GT(confidence(14), 0.95F);
  EXPECT_LT(confidence(25), 0.7F);
  EXPECT_LT(confidence(36), 0.05F);
  EXPECT_LT(confidence(-36), 0.05F);
}

TEST(Gaze, AnEyeThatIsNotFiniteLeavesTheOther) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  Mesh mesh = SeenMesh(pose, {10, 5});
  mesh.points[kLeftIris + 2].y = std::nanf("");
  const Gaze gaze = EstimateGaze(mesh, pose, Canonical(), kFrame);
  EXPECT_EQ(gaze.left.confidence, 0);
  EXPECT_NEAR(gaze.combined.in_head.yaw_deg, 10, 0.3);
  EXPECT_EQ(gaze.combined.confidence, gaze.right.confidence);
}

TEST(Gaze, ConfidenceFallsAsTheLidsClose) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  float last = 2;
  for (const float closed : {0.0F, 0.5F, 0.8F, 1.0F}) {
    Mesh mesh = SeenMesh(pose, {0, 0});
    for (const auto& [upper, lower] : {std::pair{160, 144}, std::pair{158, 153}}) {
      mesh.points[upper].y += closed * (mesh.points[lower].y - mesh.points[upper].y);
    }
    const float confidence = EstimateGaze(mesh, pose, Canonical(), kFrame).left.confidence;
    EXPECT_LE(confidence, last);
    last = confidence;
  }
  EXPECT_GT(EstimateGaze(SeenMesh(pose, {0, 0}), pose, Canonical(), kFrame).left.confidence, 0.95F);
  EXPECT_EQ(last, 0);
}

TEST(Gaze, ConfidenceFallsAsTheEyeTurnsOutOfSight) {
  float last_far = 2;
  for (const float yaw : {0.0F, 30.0F, 50.0F, 70.0F}) {
    const HeadPose pose = PoseAt(yaw, 0, 0, kInFront);
    const Gaze gaze = EstimateGaze(SeenMesh(pose, {0, 0}), pose, Canonical(), kFrame);
    EXPECT_GE(gaze.left.confidence, gaze.right.confidence)
        << "the far eye is the one on the side the head turns to";
    EXPECT_LE(gaze.right.confidence, last_far);
    last_far = gaze.right.confidence;
  }
  EXPECT_LT(last_far, 0.05F);
}

TEST(Gaze, ConfidenceFallsAsTheIrisLeavesTheEye) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  Mesh mesh = SeenMesh(pose, {0, 0});
  const float width = mesh.points[133].x - mesh.points[33].x;
  for (int i = 0; i < 5; ++i) mesh.points[kLeftIris + i].x -= width / 2;
  EXPECT_LT(EstimateGaze(mesh, pose, Canonical(), kFrame).left.confidence, 0.3F);
}

// Moving the iris on and on never makes the gaze jump, also where the line of sight leaves the
// eyeball.
TEST(Gaze, NoJumpWhereTheLineMissesTheEyeball) {
  const HeadPose pose = PoseAt(0, 0, 0, kInFront);
  const Mesh straight = SeenMesh(pose, {0, 0});
  float last = 0;
  for (float shift = 0; shift < 30; shift += 0.05F) {
    Mesh mesh = straight;
    for (int i = 0; i < 5; ++i) mesh.points[kRightIris + i].x += shift;
    const float yaw = EstimateGaze(mesh, pose, Canonical(), kFrame).right.in_head.yaw_deg;
    ASSERT_GE(yaw, last - 0.5F) << shift;
    ASSERT_LT(yaw, last + 8) << shift;
    last = yaw;
  }
  EXPECT_NEAR(last, 90, 15);
}

struct PortraitCase {
  const char* folder;
  const char* file;
  std::size_t face;
};

// People who look into the lens. EyeCentre's three offsets are fitted to these eleven, so this
// holds the fit; leaving each person out of it in turn gives 3.4° a mean.
constexpr PortraitCase kIntoTheLens[] = {
    {"photos", "photos/biden.jpg", 0},
    {"photos", "photos/obama-1080p.jpg", 0},
    {"photos", "photos/sergey.png", 0},
    {"photos", "photos/two_people.jpg", 0},
    {"photos", "photos/two_people.jpg", 1},
    {"aflw2000", "aflw2000/image00050.jpg", 0},
    {"aflw2000", "aflw2000/image02545.jpg", 0},
    {"aflw2000", "aflw2000/image02616.jpg", 0},
    {"landmarks68", "landmarks68/image_0010.png", 0},
    {"landmarks68", "landmarks68/lenna.png", 0},
    {"groups", "groups/5.jpg", 0},
};

// To the lens, from between the eyes.
Angles ToTheLens(const HeadPose& pose, Angles in_camera) {
  const Point3f l = EyeCentre(Canonical(), EyeSide::kLeft),
                r = EyeCentre(Canonical(), EyeSide::kRight);
  return RelativeToCamera(in_camera,
                          ToCamera(pose, {(l.x + r.x) / 2, (l.y + r.y) / 2, (l.z + r.z) / 2}));
}

TEST(Gaze, PortraitsLookIntoTheLens) {
  double yaw = 0, pitch = 0;
  int count = 0;
  fmt::print(
      "\nPeople looking into the lens, meshes of the official package (yaw, pitch; 0, 0 is the "
      "lens)\n");
  for (const auto& portrait : kIntoTheLens) {
    const auto pictures = test::ReadGoldens("attention", portrait.folder);
    if (!pictures)
      GTEST_SKIP() << "needs tests/data/mediapipe/attention/" << portrait.folder << ".json";
    const auto picture = std::ranges::find(*pictures, portrait.file, &test::GoldenPicture::file);
    if (picture == pictures->end() || picture->faces.size() <= portrait.face) continue;
    const Mesh& mesh = picture->faces[portrait.face];
    const HeadPose pose = EstimateHeadPose(Canonical(), mesh.span(), picture->size);
    const Gaze gaze = EstimateGaze(mesh, pose, Canonical(), picture->size);
    const Angles head = RelativeToCamera({pose.yaw_deg, pose.pitch_deg}, pose.translation_cm);
    const Angles eyes = ToTheLens(pose, gaze.combined.in_camera);
    fmt::print(
        "{:28} head {:6.1f} {:6.1f}  eyes in head {:6.1f} {:6.1f}  gaze {:6.1f} {:6.1f}  "
        "confidence {:.2f}\n",
        portrait.file, head.yaw_deg, head.pitch_deg, gaze.combined.in_head.yaw_deg,
        gaze.combined.in_head.pitch_deg, eyes.yaw_deg, eyes.pitch_deg, gaze.combined.confidence);
    yaw += std::abs(eyes.yaw_deg);
    pitch += std::abs(eyes.pitch_deg);
    ++count;
  }
  ASSERT_GT(count, 0);
  fmt::print("mean absolute: yaw {:.2f}°, pitch {:.2f}° over {} faces\n", yaw / count,
             pitch / count, count);
  EXPECT_LE(yaw / count, 5);
  EXPECT_LE(pitch / count, 5);
}

// Not fitted to: a woman facing the camera who looks past it, to the image's right.
TEST(Gaze, APortraitThatLooksAside) {
  const auto pictures = test::ReadGoldens("attention", "photos");
  if (!pictures) GTEST_SKIP() << "needs tests/data/mediapipe/attention/photos.json";
  const auto picture =
      std::ranges::find(*pictures, "photos/pexels_image00.jpg", &test::GoldenPicture::file);
  ASSERT_NE(picture, pictures->end());
  const Mesh& mesh = picture->faces.at(0);
  const HeadPose pose = EstimateHeadPose(Canonical(), mesh.span(), picture->size);
  const Gaze gaze = EstimateGaze(mesh, pose, Canonical(), picture->size);
  const Angles eyes = ToTheLens(pose, gaze.combined.in_camera);
  fmt::print("looks aside: head yaw {:.1f}, gaze yaw {:.1f}, pitch {:.1f}\n", pose.yaw_deg,
             eyes.yaw_deg, eyes.pitch_deg);
  EXPECT_GT(eyes.yaw_deg, 8);
  EXPECT_LT(std::abs(eyes.pitch_deg), 10);
}

}  // namespace
}  // namespace vigil::face
