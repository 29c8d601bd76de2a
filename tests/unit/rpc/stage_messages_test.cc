// What stages hand to each other is the same to the bit after the way over the wire, and what cannot be is refused.
#include "rpc/internal/stage_messages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "core/limits.h"
#include "rpc/internal/frame_decoder.h"
#include "rpc/internal/messages.h"
#include "rpc/internal/picture_request.h"

namespace vigil::rpc::internal {
namespace {

template <typename Message>
Message OverTheWire(const Message& message) {
  Message arrived;
  EXPECT_EQ(Parse(Serialise(message), arrived), absl::OkStatus());
  return arrived;
}

class Random {
 public:
  float operator()() { return distribution_(random_); }

 private:
  std::mt19937 random_{7};
  std::uniform_real_distribution<float> distribution_{-500, 500};
};

face::EyeGaze AnyEye(Random& any) {
  return {{any(), any()}, {any(), any()}, {any(), any()}, std::abs(any()) / 500};
}

TEST(StageMessages, MeshesAreTheSameToTheBit) {
  Random any;
  for (const int points : {face::kMeshPoints, face::kRefinedPoints}) {
    face::Mesh mesh;
    mesh.count = points;
    mesh.score = 1.0F / 3;
    for (int i = 0; i < points; ++i)
      mesh.points[static_cast<std::size_t>(i)] = {any(), any(), any()};
    v1::FaceMesh message;
    ToMessage(mesh, message);
    const auto back = FromMessage(OverTheWire(message));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->count, points);
    EXPECT_EQ(back->score, mesh.score);
    EXPECT_EQ(back->points, mesh.points);
  }
}

TEST(StageMessages, PosesGazesAndFindsAreTheSameToTheBit) {
  Random any;
  face::HeadPose pose{any(), any(), any(), {any(), any(), any()}, {}, {any(), any()}};
  for (float& value : pose.rotation) value = any();
  v1::HeadPose pose_message;
  ToMessage(pose, pose_message);
  const auto pose_back = FromMessage(OverTheWire(pose_message));
  ASSERT_TRUE(pose_back.ok());
  EXPECT_EQ(std::memcmp(&*pose_back, &pose, sizeof(pose)), 0);

  const face::Gaze gaze{AnyEye(any), AnyEye(any), AnyEye(any)};
  v1::Gaze gaze_message;
  ToMessage(gaze, gaze_message);
  const auto gaze_back = FromMessage(OverTheWire(gaze_message));
  ASSERT_TRUE(gaze_back.ok());
  EXPECT_EQ(std::memcmp(&*gaze_back, &gaze, sizeof(gaze)), 0);

  face::Detection face{{any(), any(), 20, 30}, {}, 0.7F};
  for (Point2f& point : face.key_points) point = {any(), any()};
  v1::DetectedFace face_message;
  ToMessage(face, 5, face_message);
  const auto find = FromMessage(OverTheWire(face_message));
  ASSERT_TRUE(find.ok());
  EXPECT_EQ(find->square, 5);
  EXPECT_EQ(std::memcmp(&find->face, &face, sizeof(face)), 0);
}

TEST(StageMessages, StatesAreTheSame) {
  face::FaceBlinks blinks;
  blinks.eyes = {0.31F, 0.29F, 0.93F, face::EyeState::kClosed};
  blinks.blink.closed = true;
  blinks.blink.count = 17;
  blinks.blink.closed_ms = 123.5F;
  blinks.blink.completed = face::Blink{1'000'000, 1'200'000};
  blinks.perclos = {0.04F, 0.8F};
  blinks.yawn = {0.6F, true, 3};
  blinks.history = {59.0 / 7, 1.0 / 3, 12, 2'345'678, 345'678, 2};
  v1::FaceBlinks message;
  ToMessage(blinks, message);
  const auto blinks_back = FromMessage(OverTheWire(message));
  ASSERT_TRUE(blinks_back.ok()) << blinks_back.status();
  const face::FaceBlinks& back = *blinks_back;
  EXPECT_EQ(back.eyes.ear_left, blinks.eyes.ear_left);
  EXPECT_EQ(back.eyes.state, blinks.eyes.state);
  EXPECT_EQ(back.blink.count, 17);
  EXPECT_EQ(back.blink.completed, blinks.blink.completed);
  EXPECT_EQ(back.yawn.count, 3);
  EXPECT_EQ(back.history, blinks.history);

  face::FaceScores scores;
  scores.attention.score = 77.7F;
  scores.attention.terms.count = 1;
  scores.attention.terms.items[0] = {"gaze_away", 0.1F, 50, -5};
  scores.drowsiness.level = face::DrowsinessLevel::kModerateFatigue;
  v1::FaceAttention scored;
  ToMessage(scores, scored);
  scored.mutable_drowsiness()->add_terms()->set_name("of a later version");
  const auto scored_back = FromMessage(OverTheWire(scored));
  ASSERT_TRUE(scored_back.ok()) << scored_back.status();
  const face::FaceScores& scores_back = *scored_back;
  EXPECT_EQ(scores_back.attention.score, 77.7F);
  EXPECT_STREQ(scores_back.attention.terms.items[0].name, "gaze_away");
  EXPECT_EQ(scores_back.drowsiness.level, face::DrowsinessLevel::kModerateFatigue);
  EXPECT_STREQ(scores_back.drowsiness.terms.items[0].name, "other");
}

TEST(StageMessages, WhatCannotBeIsRefused) {
  v1::FaceMesh mesh;
  mesh.mutable_points()->Resize(3 * 467, 0);
  EXPECT_FALSE(FromMessage(mesh).ok());
  mesh.mutable_points()->Resize(3 * 468, 0);
  EXPECT_FALSE(FromMessage(mesh).ok());  // a face of no size
  mesh.set_points(0, 10);
  mesh.set_points(1, 10);
  EXPECT_TRUE(FromMessage(mesh).ok());
  mesh.set_points(7, std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(FromMessage(mesh).ok());
  mesh.set_points(7, std::numeric_limits<float>::infinity());
  EXPECT_FALSE(FromMessage(mesh).ok());

  v1::Box box;
  EXPECT_FALSE(FromMessage(box).ok());
  box.set_width(1);
  box.set_height(1);
  EXPECT_TRUE(FromMessage(box).ok());
  box.set_x(1e30F);
  EXPECT_FALSE(FromMessage(box).ok());

  v1::FaceRegion region;
  region.set_width(10);
  region.set_height(10);
  EXPECT_TRUE(FromMessage(region).ok());
  region.set_rotation(std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(FromMessage(region).ok());

  EXPECT_FALSE(FromMessage(v1::HeadPose()).ok());
  v1::Gaze gaze;
  EXPECT_TRUE(FromMessage(gaze).ok());
  gaze.mutable_combined()->mutable_to_camera()->set_yaw(std::numeric_limits<float>::infinity());
  EXPECT_FALSE(FromMessage(gaze).ok());
  v1::FaceBlinks blinks;
  EXPECT_TRUE(FromMessage(blinks).ok());
  blinks.mutable_history()->set_known_s(std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(FromMessage(blinks).ok());
  blinks.Clear();
  blinks.mutable_history()->set_closed_s(10);  // of no time at all
  EXPECT_FALSE(FromMessage(blinks).ok());
  blinks.mutable_history()->set_known_s(10);
  EXPECT_TRUE(FromMessage(blinks).ok());
  blinks.mutable_blink()->set_count(-1);
  EXPECT_FALSE(FromMessage(blinks).ok());
  blinks.mutable_blink()->set_count(1);
  blinks.mutable_perclos()->set_value(1.5F);
  EXPECT_FALSE(FromMessage(blinks).ok());
  blinks.mutable_perclos()->set_value(1);
  EXPECT_TRUE(FromMessage(blinks).ok());
  blinks.mutable_perclos()->set_coverage(-0.1F);
  EXPECT_FALSE(FromMessage(blinks).ok());
  gaze.Clear();
  gaze.mutable_combined()->set_confidence(2);
  EXPECT_FALSE(FromMessage(gaze).ok());
  v1::FaceAttention scores;
  scores.mutable_attention()->set_score(100);
  scores.mutable_drowsiness()->set_confidence(1);
  EXPECT_TRUE(FromMessage(scores).ok());
  scores.mutable_drowsiness()->set_confidence(1.1F);
  EXPECT_FALSE(FromMessage(scores).ok());
  scores.mutable_drowsiness()->clear_confidence();
  scores.mutable_attention()->set_score(101);
  EXPECT_FALSE(FromMessage(scores).ok());
  scores.mutable_attention()->clear_score();
  scores.mutable_attention()->add_terms()->set_points(std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(FromMessage(scores).ok());
  EXPECT_FALSE(FrameSize(0, 10).ok());
  EXPECT_FALSE(FrameSize(10, limits::kMaxPictureSide + 1).ok());
}

TEST(StageMessages, APictureTravelsWithItsRequest) {
  Image image(31, 17, PixelFormat::kRgb8);
  for (std::size_t i = 0; i < image.bytes(); ++i)
    image.mutable_view().data[i] = static_cast<std::uint8_t>(i * 7);
  v1::DetectLandmarksRequest rest;
  rest.set_sequence(9);
  ToMessage(RotatedBox{{3, 4}, 5, 6, 0.5F}, *rest.add_regions());
  const grpc::Slice pixels(image.view().data, image.bytes());
  const auto bytes = SerialiseWithPicture(rest, v1::DetectLandmarksRequest::kImageFieldNumber,
                                          pixels, v1::IMAGE_ENCODING_RGB24, image.size());
  // As protobuf reads it …
  v1::DetectLandmarksRequest whole;
  ASSERT_EQ(Parse(bytes, whole), absl::OkStatus());
  EXPECT_EQ(whole.image().data().size(), image.bytes());
  EXPECT_EQ(whole.image().width(), 31);
  // … and as the server does.
  PictureRequest request;
  v1::DetectLandmarksRequest read;
  ASSERT_EQ(request.Read(bytes, v1::DetectLandmarksRequest::kImageFieldNumber,
                         v1::DetectLandmarksRequest::kSequenceFieldNumber, read),
            absl::OkStatus());
  EXPECT_EQ(read.sequence(), 9U);
  ASSERT_EQ(read.regions_size(), 1);
  EXPECT_EQ(read.regions(0).rotation(), 0.5F);
  FrameDecoder decoder;
  const auto picture = request.Decode(decoder);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->size(), image.size());
  EXPECT_EQ(std::memcmp(picture->data, image.view().data, image.bytes()), 0);
}

}  // namespace
}  // namespace vigil::rpc::internal
