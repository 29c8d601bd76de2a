#include "rpc/internal/from_messages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/limits.h"
#include "rpc/internal/messages.h"

namespace vigil::rpc::internal {
namespace {

constexpr Size kFrame{640, 480};

face::Face SomeFace() {
  face::Face face;
  face.id = 7;
  face.score = 0.9F;
  face.box = {100, 50, 80, 90};
  face.mesh.count = face::kRefinedPoints;
  face.mesh.score = 0.9F;
  for (int i = 0; i < face.mesh.count; ++i)
    face.mesh.points[static_cast<std::size_t>(i)] = {100.5F + static_cast<float>(i), 60.25F, -3};
  face.head_pose.yaw_deg = 10;
  face.head_pose.translation_cm = {1, 2, -60};
  face.head_pose.rotation[1] = 0.5F;
  face.gaze.combined = {{1, 2}, {3, 4}, {5, 6}, 0.8F};
  face.gaze.left.confidence = 0.7F;
  face.eyes = {0.3F, 0.31F, 0.9F, face::EyeState::kOpen};
  face.blink = {true, 3, 1, 12, 150, 40, face::Blink{1000, 2000}};
  face.perclos = {0.1F, 0.5F};
  face.yawn = {0.2F, true, 2};
  face.attention.score = 80;
  face.attention.terms.items[0] = {"head_yaw", 0.5F, 30, 15};
  face.attention.terms.count = 1;
  face.drowsiness.level = face::DrowsinessLevel::kModerateFatigue;
  face.drowsiness.confidence = 0.25F;
  return face;
}

v1::FaceMeshResult Message() {
  face::FaceResult result;
  result.faces.push_back(SomeFace());
  v1::FaceMeshResult message;
  ToMessage(result, kFrame, true, message);
  message.mutable_timings()->set_mesh_us(1700);
  return message;
}

TEST(FromMessages, AFaceComesThroughWhole) {
  face::FaceResult result;
  ASSERT_TRUE(FromMessage(Message(), result).ok());
  ASSERT_EQ(result.faces.size(), 1U);
  EXPECT_EQ(result.timing.mesh_us, 1700);
  const face::Face& face = result.faces[0];
  const face::Face before = SomeFace();
  EXPECT_EQ(face.id, before.id);
  EXPECT_EQ(face.box, before.box);
  ASSERT_EQ(face.mesh.count, before.mesh.count);
  for (std::size_t i = 0; i < face.mesh.span().size(); ++i) {
    EXPECT_NEAR(face.mesh.points[i].x, before.mesh.points[i].x, 1e-3);
    EXPECT_NEAR(face.mesh.points[i].y, before.mesh.points[i].y, 1e-3);
    EXPECT_NEAR(face.mesh.points[i].z, before.mesh.points[i].z, 1e-3);
  }
  EXPECT_EQ(face.head_pose.yaw_deg, before.head_pose.yaw_deg);
  EXPECT_EQ(face.head_pose.rotation, before.head_pose.rotation);
  EXPECT_EQ(face.head_pose.translation_cm, before.head_pose.translation_cm);
  EXPECT_EQ(face.gaze.combined.in_head, before.gaze.combined.in_head);
  EXPECT_EQ(face.gaze.left.confidence, before.gaze.left.confidence);
  EXPECT_EQ(face.eyes.state, before.eyes.state);
  EXPECT_EQ(face.blink.count, before.blink.count);
  EXPECT_EQ(face.blink.completed, before.blink.completed);
  EXPECT_EQ(face.perclos.coverage, before.perclos.coverage);
  EXPECT_EQ(face.yawn.count, before.yawn.count);
  EXPECT_EQ(face.drowsiness.level, before.drowsiness.level);
  ASSERT_EQ(face.attention.terms.count, 1);
  EXPECT_STREQ(face.attention.terms.items[0].name, "head_yaw");
  EXPECT_EQ(face.attention.terms.items[0].points, 15);
}

// What a server that is broken, or not ours, may say.
struct HostileCase {
  const char* name;
  void (*spoil)(v1::FaceMeshResult& message);
};
class HostileResult : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileResult, IsRefused) {
  auto message = Message();
  GetParam().spoil(message);
  face::FaceResult result;
  EXPECT_TRUE(absl::IsDataLoss(FromMessage(message, result)));
}

INSTANTIATE_TEST_SUITE_P(
    Messages, HostileResult,
    testing::Values(
        HostileCase{"too_many_faces",
                    [](auto& m) {
                      while (m.faces_size() <= limits::kMaxFaces) *m.add_faces() = m.faces(0);
                    }},
        HostileCase{"points_missing",
                    [](auto& m) { m.mutable_faces(0)->mutable_points()->RemoveLast(); }},
        HostileCase{"mesh_of_another_size",
                    [](auto& m) { m.mutable_faces(0)->mutable_points()->Truncate(30); }},
        HostileCase{"too_many_points",
                    [](auto& m) { m.mutable_faces(0)->mutable_points()->Resize(3'000'000, 0); }},
        HostileCase{"no_number",
                    [](auto& m) {
                      m.mutable_faces(0)->set_points(5, std::numeric_limits<float>::quiet_NaN());
                    }},
        HostileCase{"infinite_box",
                    [](auto& m) {
                      m.mutable_faces(0)->mutable_box()->set_width(
                          std::numeric_limits<float>::infinity());
                    }},
        HostileCase{"far_away", [](auto& m) { m.mutable_faces(0)->set_points(0, 1e9F); }},
        HostileCase{"negative_count",
                    [](auto& m) { m.mutable_faces(0)->mutable_blink()->set_count(-1); }},
        HostileCase{"no_size", [](auto& m) { m.set_width(0); }},
        HostileCase{"vast_size", [](auto& m) { m.set_height(1 << 30); }},
        HostileCase{"negative_time", [](auto& m) { m.mutable_timings()->set_mesh_us(-1); }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FromMessages, WhatIsUnknownHasAMeaning) {
  auto message = Message();
  v1::Face& face = *message.mutable_faces(0);
  face.mutable_attention()->mutable_terms(0)->set_name("phase_of_the_moon");
  for (int i = 0; i < 100; ++i) face.mutable_attention()->add_terms()->set_name("more");
  face.mutable_eyes()->set_state(static_cast<v1::EyeState>(77));
  face.mutable_drowsiness()->set_level(static_cast<v1::DrowsinessLevel>(99));
  face.clear_gaze();
  face.clear_points();
  face::FaceResult result;
  ASSERT_TRUE(FromMessage(message, result).ok());
  EXPECT_STREQ(result.faces[0].attention.terms.items[0].name, "other");
  EXPECT_EQ(result.faces[0].attention.terms.count, face::kMaxTerms);
  EXPECT_EQ(result.faces[0].eyes.state, face::EyeState::kUnknown);
  EXPECT_EQ(result.faces[0].drowsiness.level, face::DrowsinessLevel::kAlert);
  EXPECT_EQ(result.faces[0].gaze.combined.confidence, 0);
  EXPECT_EQ(result.faces[0].mesh.count, 0);
}

}  // namespace
}  // namespace vigil::rpc::internal
