#include "rpc/internal/messages.h"

#include <gtest/gtest.h>

#include "rpc/internal/grpc_values.h"

namespace vigil::rpc::internal {
namespace {

face::Face FaceOf(std::int64_t id, PixelBox box, int points, float confidence) {
  face::Face face;
  face.id = id;
  face.box = box;
  face.mesh.count = points;
  for (int i = 0; i < points; ++i)
    face.mesh.points[static_cast<std::size_t>(i)] = {static_cast<float>(i), 50, -10};
  face.gaze.combined.confidence = confidence;
  face.gaze.combined.in_camera = {12, -7};
  return face;
}

TEST(Messages, TheMainFaceIsTheLargest) {
  face::FaceResult result;
  result.faces = {FaceOf(3, {0, 0, 10, 10}, face::kRefinedPoints, 1),
                  FaceOf(5, {0, 0, 30, 30}, face::kRefinedPoints, 1),
                  FaceOf(9, {0, 0, 20, 20}, face::kMeshPoints, 0)};
  v1::FaceMeshResult message;
  ToMessage(result, {200, 100}, true, message);
  EXPECT_EQ(message.main_face(), 1);
  EXPECT_EQ(message.landmarks_size(), 468);  // of S0, whatever the mesh has
  EXPECT_FLOAT_EQ(message.landmarks(100).x(), 0.5F);
  EXPECT_FLOAT_EQ(message.landmarks(100).y(), 0.5F);
  EXPECT_FLOAT_EQ(message.landmarks(100).z(), -0.05F);
  EXPECT_FLOAT_EQ(message.gaze().yaw(), 12);
  EXPECT_FLOAT_EQ(message.gaze().pitch(), -7);
  ASSERT_EQ(message.faces_size(), 3);
  EXPECT_EQ(message.faces(1).points_size(), 3 * 478);
  EXPECT_EQ(message.faces(2).points_size(), 3 * 468);
  EXPECT_TRUE(message.faces(1).has_gaze());
  EXPECT_FALSE(message.faces(2).has_gaze()) << "eyes that cannot be seen look nowhere";

  // The message is used again, and keeps nothing of the frame before.
  ToMessage(face::FaceResult{}, {200, 100}, true, message);
  EXPECT_EQ(message.main_face(), -1);
  EXPECT_EQ(message.landmarks_size() + message.faces_size(), 0);
  EXPECT_FALSE(message.has_gaze());
}

TEST(Messages, BytesThereAndBack) {
  v1::VideoFrame frame, back;
  frame.set_frame_data(std::string(100'000, 'x'));
  const auto bytes = Serialise(frame);
  EXPECT_EQ(bytes.Length(), frame.ByteSizeLong());
  ASSERT_TRUE(Parse(bytes, back).ok());
  EXPECT_EQ(back.frame_data(), frame.frame_data());
  grpc::Slice broken("\xFF\xFF");
  EXPECT_FALSE(Parse(grpc::ByteBuffer(&broken, 1), back).ok());
}

TEST(Messages, PeersAndTraces) {
  EXPECT_EQ(PeerOf("ipv4:127.0.0.1:1234"), "127.0.0.1:1234");
  EXPECT_EQ(PeerOf("ipv6:%5B::1%5D:1234"), "[::1]:1234");
  EXPECT_EQ(TraceIdOf("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            "0af7651916cd43dd8448eb211c80319c");
  for (const char* wrong : {"", "00", "00-0af7651916cd43dd8448eb211c80319c",
                            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333\n-01"})
    EXPECT_EQ(TraceIdOf(wrong), "") << wrong;
}

TEST(Messages, StatusCodesAreTheSame) {
  for (const auto code : {absl::StatusCode::kInvalidArgument, absl::StatusCode::kUnavailable,
                          absl::StatusCode::kResourceExhausted, absl::StatusCode::kDataLoss}) {
    const absl::Status status(code, "why");
    EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
  }
  EXPECT_TRUE(FromGrpc(ToGrpc(absl::OkStatus())).ok());
}

}  // namespace
}  // namespace vigil::rpc::internal
