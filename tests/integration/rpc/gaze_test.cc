// StreamGaze of a running server: results, order, what is dropped, what cannot be read.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "face/pipeline.h"
#include "integration/rpc/infer_fixture.h"
#include "rpc/internal/messages.h"
#include "support/models.h"

namespace vigil {
namespace {

using test::GazeCall;
using test::InferServer;
using test::Portrait;

TEST(StreamGaze, AnswersFramesInTheirOrder) {
  InferServer server;
  const Portrait portrait;
  GazeCall call(test::Connect(server.address()));
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto result = call.Ask(portrait.Frame(i));
    EXPECT_EQ(result.error().code(), 0) << result.error().message();
    EXPECT_EQ(result.sequence(), i);
    EXPECT_EQ(result.timestamp_us(), static_cast<std::int64_t>(i) * 33'333);
    EXPECT_EQ(result.stream_id(), "portrait");
    EXPECT_EQ(result.landmarks_size(), 468);
    ASSERT_EQ(result.faces_size(), 1);
    EXPECT_EQ(result.faces(0).points_size(), 3 * 478);
    EXPECT_EQ(result.faces(0).id(), 1);
    EXPECT_EQ(result.main_face(), 0);
    EXPECT_TRUE(result.has_gaze());
    EXPECT_EQ(result.dropped(), 0U);
    EXPECT_GT(result.timings().total_us(), 0);
  }
  EXPECT_TRUE(call.Finish().ok());
}

// Raw pixels are not encoded anew, so what comes over the wire is what the library says, to the bit.
TEST(StreamGaze, SaysWhatTheLibrarySays) {
  InferServer server;
  const Portrait portrait;
  GazeCall call(test::Connect(server.address()));
  face::FaceModels models = test::LoadFaceModels();
  const auto canonical = face::LoadFaceGeometry(test::SourcePath("models")).value();
  face::PipelineOptions options;
  options.landmarker.max_faces = 20;
  options.gaze.vertical_fov_deg = options.head_pose.vertical_fov_deg;
  face::Pipeline pipeline(canonical, options);
  for (std::uint64_t i = 0; i < 8; ++i) {
    ImageView part = portrait.image.view();
    part.data += 3 * 2 * i;  // the portrait drifts
    part.width = 400;
    Image image(400, part.height, PixelFormat::kRgb8);
    for (int y = 0; y < part.height; ++y)
      std::copy_n(part.row(y), 3 * 400, image.mutable_view().row(y));
    v1::VideoFrame frame = portrait.Frame(i);
    frame.set_encoding(v1::IMAGE_ENCODING_RGB24);
    frame.set_width(400);
    frame.set_height(part.height);
    frame.set_frame_data(image.view().data, image.bytes());
    auto result = call.Ask(frame);

    const auto expected = pipeline.Next(models, image.view(), frame.timestamp_us()).value();
    v1::FaceMeshResult own;
    rpc::internal::ToMessage(*expected, image.size(), true, own);
    own.set_timestamp_us(frame.timestamp_us());
    own.set_stream_id("portrait");
    own.set_sequence(i);
    result.clear_timings();
    EXPECT_EQ(result.SerializeAsString(), own.SerializeAsString()) << "frame " << i;
  }
}

TEST(StreamGaze, BgrIsRgbWithItsBytesTurned) {
  InferServer server;
  const Portrait portrait;
  std::string bgr = portrait.rgb;
  for (std::size_t i = 0; i + 2 < bgr.size(); i += 3) std::swap(bgr[i], bgr[i + 2]);
  std::vector<std::string> answers;
  for (const auto& [encoding, pixels] :
       {std::pair{v1::IMAGE_ENCODING_RGB24, portrait.rgb}, {v1::IMAGE_ENCODING_BGR24, bgr}}) {
    GazeCall call(test::Connect(server.address()));
    v1::VideoFrame frame = portrait.Frame(0);
    frame.set_encoding(encoding);
    frame.set_width(portrait.image.width());
    frame.set_height(portrait.image.height());
    frame.set_frame_data(pixels);
    auto result = call.Ask(frame);
    EXPECT_EQ(result.faces_size(), 1);
    result.clear_timings();
    answers.push_back(result.SerializeAsString());
  }
  EXPECT_EQ(answers[0], answers[1]);
}

TEST(StreamGaze, PointsCanBeLeftOut) {
  InferServer server;
  const Portrait portrait;
  GazeCall call(test::Connect(server.address()));
  v1::VideoFrame frame = portrait.Frame(0);
  frame.set_omit_points(true);
  const auto result = call.Ask(frame);
  ASSERT_EQ(result.faces_size(), 1);
  EXPECT_EQ(result.landmarks_size() + result.faces(0).points_size(), 0);
  EXPECT_LT(result.ByteSizeLong(), 1024U);
}

// Every one is an error of its frame, and the stream goes on.
TEST(StreamGaze, FramesThatCannotBeReadAreErrorsOfTheirOwn) {
  struct Case {
    const char* name;
    std::function<void(v1::VideoFrame&)> spoil;
    int code;
  };
  const Case cases[] = {
      {"empty", [](auto& f) { f.set_frame_data(""); }, 3},
      {"no picture", [](auto& f) { f.set_frame_data("not a picture"); }, 3},
      {"JPEG that is none",
       [](auto& f) { f.set_encoding(v1::IMAGE_ENCODING_JPEG), f.set_frame_data("x"); }, 3},
      {"cut short", [](auto& f) { f.mutable_frame_data()->resize(f.frame_data().size() / 2); }, 15},
      {"wrong size", [](auto& f) { f.set_width(7), f.set_height(7); }, 3},
      {"raw without size", [](auto& f) { f.set_encoding(v1::IMAGE_ENCODING_RGB24); }, 3},
      {"raw of another size",
       [](auto& f) {
         f.set_encoding(v1::IMAGE_ENCODING_BGR24), f.set_width(640), f.set_height(480);
       },
       3},
      {"size below 0",
       [](auto& f) { f.set_encoding(v1::IMAGE_ENCODING_RGB24), f.set_width(-1), f.set_height(-1); },
       3},
      {"far too large",
       [](auto& f) {
         f.set_encoding(v1::IMAGE_ENCODING_RGB24), f.set_width(2147483647),
             f.set_height(2147483647);
       },
       8},
      {"too many pixels",
       [](auto& f) {
         f.set_encoding(v1::IMAGE_ENCODING_RGB24), f.set_width(8192), f.set_height(8192);
       },
       8},
      {"unknown encoding", [](auto& f) { f.set_encoding(static_cast<v1::ImageEncoding>(77)); }, 3},
      {"time below 0", [](auto& f) { f.set_timestamp_us(-1); }, 3},
      {"time that stands still", [](auto& f) { f.set_timestamp_us(33'333); }, 3},
      {"time that goes back", [](auto& f) { f.set_timestamp_us(5); }, 3},
      {"time beyond all bounds", [](auto& f) { f.set_timestamp_us(INT64_MAX); }, 3},
      {"budget below 0", [](auto& f) { f.set_budget_us(-1); }, 3},
      {"long name", [](auto& f) { f.set_stream_id(std::string(1000, 'x')); }, 3},
  };
  InferServer server;
  const Portrait portrait;
  GazeCall call(test::Connect(server.address()));
  std::uint64_t number = 1;
  EXPECT_EQ(call.Ask(portrait.Frame(number++)).error().code(), 0);
  for (const Case& one : cases) {
    v1::VideoFrame frame = portrait.Frame(number++);
    one.spoil(frame);
    const auto result = call.Ask(frame);
    EXPECT_EQ(result.error().code(), one.code) << one.name << ": " << result.error().message();
    EXPECT_EQ(result.sequence(), frame.sequence()) << one.name;
    EXPECT_EQ(result.main_face(), -1) << one.name;
  }
  const auto last = call.Ask(portrait.Frame(number));
  EXPECT_EQ(last.error().code(), 0);
  ASSERT_EQ(last.faces_size(), 1);
  EXPECT_EQ(last.faces(0).id(), 1) << "the face was followed all the time";
  EXPECT_TRUE(call.Finish().ok());
}

// USERS.md, pain 13 at the server: what is answered is the newest, however far behind it is. Pain 17: one result a frame,
// in their order, and none twice.
TEST(StreamGaze, NewestFrameWinsAndDropsAreCounted) {
  InferServer server;
  const Portrait portrait;
  GazeCall call(test::Connect(server.address()));
  constexpr int kFrames = 60;
  std::thread sender([&] {
    for (int i = 0; i < kFrames; ++i)
      call.stream().Write(portrait.Frame(static_cast<std::uint64_t>(i)));
    call.stream().WritesDone();
  });
  v1::FaceMeshResult result;
  int results = 0;
  std::int64_t before = -1;
  while (call.stream().Read(&result)) {
    ++results;
    EXPECT_GT(static_cast<std::int64_t>(result.sequence()), before);
    before = static_cast<std::int64_t>(result.sequence());
  }
  sender.join();
  EXPECT_TRUE(call.stream().Finish().ok());
  EXPECT_LT(results, kFrames) << "nobody detects faces so fast";
  EXPECT_EQ(before, kFrames - 1) << "the newest is always answered";
  EXPECT_EQ(results + static_cast<int>(result.dropped()), kFrames);
  EXPECT_EQ(server.Metric("frames_dropped_total{service=\"gaze\"}"),
            static_cast<double>(result.dropped()));
}

// Nobody is left to read results: each frame that came is answered or counted all the same.
TEST(StreamGaze, FramesOfAClientThatGoesAwayAreCounted) {
  const InferServer server;
  const Portrait portrait;
  constexpr int kFrames = 60;
  {
    GazeCall call(test::Connect(server.address()));
    for (int i = 0; i < kFrames; ++i)
      ASSERT_TRUE(call.stream().Write(portrait.Frame(static_cast<std::uint64_t>(i))));
    // All but one that may wait: the last was taken in.
    const auto counted = [&] {
      return server.Metric("frames_processed_total{service=\"gaze\"}") +
             server.Metric("frames_dropped_total{service=\"gaze\"}");
    };
    for (int i = 0; i < 200 && counted() < kFrames - 1; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_GE(counted(), kFrames - 1);
    call.context().TryCancel();
  }
  EXPECT_EQ(server.AwaitMetric("vigil_streams{service=\"gaze\"}", 0), 0);
  EXPECT_EQ(server.Metric("frames_processed_total{service=\"gaze\"}") +
                server.Metric("frames_dropped_total{service=\"gaze\"}"),
            kFrames);
}

// One client floods the server on three streams, another asks now and then: it is not kept waiting.
TEST(StreamGaze, StreamsHaveTheirTurn) {
  InferServer server({"--threads", "1"});
  const Portrait portrait;
  std::atomic<bool> stop = false;
  std::vector<std::jthread> floods;
  for (int i = 0; i < 3; ++i) {
    floods.emplace_back([&] {
      GazeCall call(test::Connect(server.address()));
      std::jthread reader([&] {
        v1::FaceMeshResult ignored;
        while (call.stream().Read(&ignored)) {
        }
      });
      for (std::uint64_t n = 0; !stop && call.stream().Write(portrait.Frame(n)); ++n) {
      }
      call.stream().WritesDone();
    });
  }
  GazeCall call(test::Connect(server.address()));
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto result = call.Ask(portrait.Frame(i));
    EXPECT_EQ(result.error().code(), 0);
    EXPECT_EQ(result.dropped(), 0U);
    // At most one frame of each other stream came first, and one was at work.
    EXPECT_LT(result.timings().queue_us(), 5 * 400'000);
  }
  stop = true;
}

TEST(StreamGaze, PicturesOverTheConfiguredSizeAreErrorsOfTheirOwn) {
  InferServer server({"--set", "server.limits.picture_pixels=100000"});
  const Portrait portrait;  // 512 x 512
  GazeCall call(test::Connect(server.address()));
  const auto result = call.Ask(portrait.Frame(1));
  EXPECT_EQ(result.error().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(call.Finish().ok());
}

// USERS.md, pain 12: nothing is worked on that nobody waits for any more.
TEST(StreamGaze, FramesWhoseTimeIsOverAreNotWorkedOn) {
  InferServer server({"--threads", "1"});
  const Portrait portrait;
  GazeCall call(test::Connect(server.address()));
  v1::VideoFrame frame = portrait.Frame(0);
  frame.set_budget_us(1);
  const auto late = call.Ask(frame);
  EXPECT_EQ(late.error().code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(late.timings().decode_us(), 0);
  EXPECT_EQ(late.timings().detect_us() + late.timings().mesh_us(), 0);
}

TEST(StreamGaze, LogsSayWhichStreamAndWhichTrace) {
  InferServer server({"--set", "log.format=json"});
  const Portrait portrait;
  {
    GazeCall call(test::Connect(server.address()), std::chrono::seconds(60),
                  {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
    v1::VideoFrame frame = portrait.Frame(7);
    frame.set_stream_id("lobby \"x\"");
    frame.set_frame_data("no picture");
    EXPECT_NE(call.Ask(frame).error().code(), 0);
    EXPECT_TRUE(call.Finish().ok());
  }
  server.program().Signal(SIGTERM);
  const std::string log = server.program().Wait().err;
  int lines = 0;
  std::istringstream text(log);
  for (std::string line; std::getline(text, line);) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json.at("service"), "infer");
    if (!json.contains("stream_id")) continue;
    ++lines;
    EXPECT_EQ(json.at("stream_id"), "lobby \"x\"");
    EXPECT_EQ(json.at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
    if (json.at("level") == "warning") {
      EXPECT_EQ(json.at("frame"), 7);
    }
  }
  EXPECT_EQ(lines, 2) << log;
}

TEST(StreamGaze, AMillionUnknownFieldsAreOnlyPassedOver) {
  InferServer server;
  const Portrait portrait;
  const auto channel = test::Connect(server.address());
  GazeCall call(channel);
  v1::VideoFrame frame = portrait.Frame(0);
  std::string unknown;
  for (int i = 0; i < 1'000'000; ++i) unknown += std::string("\xF8\x3F\x01", 3);  // field 1023: 1
  const auto* reflection = frame.GetReflection();
  ASSERT_TRUE(reflection->MutableUnknownFields(&frame)->ParseFromString(unknown));
  const auto result = call.Ask(frame);
  EXPECT_EQ(result.error().code(), 0) << result.error().message();
  EXPECT_EQ(result.faces_size(), 1);
}

}  // namespace
}  // namespace vigil
