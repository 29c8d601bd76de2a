// One stage by itself, as a process: what its service answers, and what it refuses.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>

#include "grpc/health/v1/health.grpc.pb.h"
#include "support/http_get.h"
#include "support/stage_processes.h"
#include "vigil/v1/blink_detection.grpc.pb.h"
#include "vigil/v1/face_detection.grpc.pb.h"
#include "vigil/v1/head_pose.grpc.pb.h"

namespace vigil {
namespace {

using test::StartStage;
using testing::HasSubstr;

TEST(StageService, HasItsHealthOnItsPort) {
  const auto stage = StartStage("attention");
  const std::string answer = test::HttpGet(stage->port(), "/health");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("\"service\":\"attention\""));
  EXPECT_THAT(test::HttpGet(stage->port(), "/metrics"), HasSubstr("frames_processed_total"));
  const auto stub = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(stage->address(), grpc::InsecureChannelCredentials()));
  for (const char* service : {"", "vigil.v1.AttentionService"}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
    grpc::health::v1::HealthCheckRequest request;
    grpc::health::v1::HealthCheckResponse response;
    request.set_service(service);
    const auto status = stub->Check(&context, request, &response);
    ASSERT_TRUE(status.ok()) << service << " " << status.error_message();
    EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING) << service;
  }
  stage->program().Signal(SIGTERM);
  EXPECT_EQ(stage->program().Wait().exit_code, 0);
}

TEST(StageService, RefusesWhatCannotBe) {
  const auto stage = StartStage("blink");
  const auto stub = v1::BlinkDetectionService::NewStub(
      grpc::CreateChannel(stage->address(), grpc::InsecureChannelCredentials()));
  const auto ask = [&](const v1::DetectBlinksRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
    v1::DetectBlinksResponse response;
    return stub->DetectBlinks(&context, request, &response);
  };
  v1::DetectBlinksRequest good;
  good.set_stream_id("a");
  good.set_frame_width(640);
  good.set_frame_height(480);
  good.add_faces()->set_id(1);  // not seen just now
  good.set_timestamp_us(1000);
  EXPECT_TRUE(ask(good).ok());
  for (const std::int64_t time_us : {1000, 999}) {  // counted in the windows already
    good.set_timestamp_us(time_us);
    const auto status = ask(good);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("another stream_id"));
  }
  good.set_timestamp_us(1001);
  v1::DetectBlinksRequest bad = good;
  bad.clear_stream_id();
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = good;
  bad.set_stream_id(std::string(129, 'a'));
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = good;
  for (const std::int64_t time_us : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
    bad.set_timestamp_us(time_us);
    EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  bad = good;
  bad.add_faces()->set_id(1);
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = good;
  bad.set_frame_width(0);
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = good;
  bad.mutable_faces(0)->mutable_mesh()->mutable_points()->Resize(30, 1);
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = good;
  for (int i = 2; i < 300; ++i) bad.add_faces()->set_id(i);
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  bad = good;
  bad.mutable_faces(0)->mutable_mesh()->mutable_points()->Resize(2'000'000, 1);
  EXPECT_EQ(ask(bad).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(ask(good).ok());
}

TEST(StageService, AStreamThatWasSilentBeginsAnewWhateverItsClockSays) {
  const auto stage = StartStage("blink", 0, {"--set", "server.limits.idle_call=500ms"});
  const auto stub = v1::BlinkDetectionService::NewStub(
      grpc::CreateChannel(stage->address(), grpc::InsecureChannelCredentials()));
  v1::DetectBlinksRequest request;
  request.set_stream_id("a");
  request.set_frame_width(640);
  request.set_frame_height(480);
  v1::DetectBlinksResponse response;
  const auto ask = [&](std::int64_t time_us) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
    request.set_timestamp_us(time_us);
    return stub->DetectBlinks(&context, request, &response).ok();
  };
  EXPECT_TRUE(ask(8'000'000'000'000'000));  // far ahead
  EXPECT_TRUE(response.state_is_new());
  bool again = false;  // asked in vain all the time, it is forgotten all the same
  for (int i = 0; i < 100 && !again;
       ++i, std::this_thread::sleep_for(std::chrono::milliseconds(50)))
    again = ask(1000 + i);
  EXPECT_TRUE(again);
  EXPECT_TRUE(response.state_is_new());
}

// Each call is over before anybody looks at the connection, and yet it is no flood.
TEST(StageService, ManySinglePicturesOverOneConnectionAreProgress) {
  const auto stage = StartStage("face-detection");
  const auto stub = v1::FaceDetectionService::NewStub(
      grpc::CreateChannel(stage->address(), grpc::InsecureChannelCredentials()));
  v1::DetectFacesRequest request;
  request.mutable_image()->set_width(1280);
  request.mutable_image()->set_height(720);
  request.mutable_image()->set_encoding(v1::IMAGE_ENCODING_RGB24);
  request.mutable_image()->set_data(std::string(3UL * 1280 * 720, 'x'));
  for (int i = 0; i < 30; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
    v1::DetectFacesResponse response;
    const auto status = stub->DetectFaces(&context, request, &response);
    ASSERT_TRUE(status.ok()) << "call " << i << ": " << status.error_message();
  }
}

TEST(StageService, AStreamAnswersEachRequestInItsOrder) {
  const auto stage = StartStage("head-pose");
  const auto stub = v1::HeadPoseService::NewStub(
      grpc::CreateChannel(stage->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + test::kPatience);
  const auto stream = stub->StreamEstimateHeadPose(&context);
  constexpr int kRequests = 200;
  std::thread writer([&] {
    v1::EstimateHeadPoseRequest request;
    request.set_frame_width(640);
    request.set_frame_height(480);
    auto& points = *request.add_meshes()->mutable_points();
    for (int i = 0; i < 3 * 468; ++i) points.Add(static_cast<float>(i % 100));
    for (int i = 1; i <= kRequests; ++i) {
      request.set_sequence(static_cast<std::uint64_t>(i));
      request.set_frame_width(i % 10 == 0 ? 0 : 640);  // what cannot be does not end the stream
      EXPECT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
  });
  v1::EstimateHeadPoseResponse response;
  for (int i = 1; i <= kRequests; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.sequence(), static_cast<std::uint64_t>(i));
    ASSERT_EQ(response.has_error(), i % 10 == 0);
    ASSERT_EQ(response.head_poses_size(), i % 10 == 0 ? 0 : 1);
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
}

}  // namespace
}  // namespace vigil
