// Faces in real videos: blinks that people have, ids that stay, ids that do not come back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "face/canonical_face.h"
#include "face/pipeline.h"
#include "face/refinement.h"
#include "media/picture.h"
#include "media/source.h"
#include "support/models.h"
#include "support/text_file.h"

namespace vigil::face {
namespace {

struct Event {
  std::int64_t id = 0;
  double begin = 0, end = 0;  // seconds
};

struct Seen {
  std::vector<Event> blinks;           // blinks and long closures
  std::map<std::int64_t, int> frames;  // by id
  int total = 0;                       // frames of the video
};

CanonicalFace Canonical() {
  return *LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
}

// Runs every `stride`-th frame of a video.
Seen Watch(const std::string& file, int stride = 1) {
  auto models = test::LoadFaceModels();
  const CanonicalFace canonical = Canonical();
  Pipeline pipeline(canonical, PipelineOptions{});
  Seen seen;
  auto source = media::OpenVideo(test::SharedPath("videos/" + file).string(), {}, {});
  EXPECT_TRUE(source.ok()) << source.status();
  for (auto frame = (*source)->Read({}); frame.ok(); frame = (*source)->Read({})) {
    if (frame->number % static_cast<std::uint64_t>(stride) != 0) continue;
    const auto result = pipeline.Next(models, frame->image.view(), frame->timestamp_us);
    EXPECT_TRUE(result.ok()) << result.status();
    ++seen.total;
    for (const Face& face : (*result)->faces) {
      ++seen.frames[face.id];
      if (const auto& blink = face.blink.completed) {
        seen.blinks.push_back({face.id, static_cast<double>(blink->begin_us) / 1e6,
                               static_cast<double>(blink->end_us) / 1e6});
      }
    }
  }
  return seen;
}

// Six blinks of the woman, one of them long; frames as its README counts them, from 1, at 25 a second.
TEST(FaceVideo, BlinksOfATalkingWomanAndNoOthers) {
  VIGIL_NEEDS_SHARED_DATA();
  const std::vector<std::pair<int, int>> truth{{52, 56},   {75, 93},   {113, 118},
                                               {157, 162}, {211, 217}, {259, 264}};
  for (const int stride : {1, 2}) {  // 25 and 12.5 frames a second give the same events
    const Seen seen = Watch("pexels_video00.mp4", stride);
    std::set<std::size_t> hit;
    for (const Event& event : seen.blinks) {
      const double first = event.begin * 25 + 1, last = event.end * 25 + 1;
      fmt::print("every {}. frame: id {} frames {:.1f} to {:.1f}\n", stride, event.id, first, last);
      bool known = false;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        if (first > truth[i].second + 3 || last < truth[i].first - 3) continue;
        hit.insert(i);
        known = true;
      }
      EXPECT_TRUE(known) << "no such blink: frames " << first << " to " << last;
    }
    EXPECT_EQ(hit.size(), truth.size());
    EXPECT_EQ(seen.blinks.size(), truth.size());
  }
}

// One person from the first frame to the last: one id, seen in nearly every frame.
class OnePersonVideos : public testing::TestWithParam<const char*> {};

TEST_P(OnePersonVideos, KeepOneId) {
  VIGIL_NEEDS_SHARED_DATA();
  const Seen seen = Watch(GetParam());
  int most = 0;
  for (const auto& [id, frames] : seen.frames) most = std::max(most, frames);
  fmt::print("{}: {} ids, the main one in {} of {} frames\n", GetParam(), seen.frames.size(), most,
             seen.total);
  EXPECT_EQ(seen.frames.size(), 1U);
  EXPECT_GE(most, 0.9 * seen.total);
}

INSTANTIATE_TEST_SUITE_P(Sign, OnePersonVideos,
                         testing::Values("sign_again.mkv", "sign_book.mkv", "sign_help.mkv",
                                         "sign_learn.mkv", "sign_walk.mkv", "sign_yes.mkv",
                                         "eyeblink8_calibration75_video1.mp4"),
                         [](const auto& test) {
                           std::string name = test.param;
                           return name.substr(0, name.find('.'));
                         });

TEST(FaceVideo, AFaceThatLeavesAndReturnsHasANewId) {
  auto models = test::LoadFaceModels();
  const CanonicalFace canonical = Canonical();
  const auto portrait = media::ReadPicture(test::SamplePath("astronaut.png"));
  ASSERT_TRUE(portrait.ok());
  Image empty(512, 512, PixelFormat::kRgb8);
  std::memset(empty.mutable_view().data, 128, empty.bytes());
  Pipeline pipeline(canonical, PipelineOptions{});
  std::int64_t time = 0;
  const auto ids = [&](ImageView image) {
    std::vector<std::int64_t> found;
    const auto result = pipeline.Next(models, image, time += 40'000);
    EXPECT_TRUE(result.ok());
    for (const Face& face : (*result)->faces) found.push_back(face.id);
    return found;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ids(portrait->view()), std::vector<std::int64_t>{1});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ids(empty.view()).empty());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ids(portrait->view()), std::vector<std::int64_t>{2});
  pipeline.Reset();
  EXPECT_EQ(ids(portrait->view()), std::vector<std::int64_t>{3});
}

// The official recorded pair of a 478-point model. It is another network than ours (256² input; that model is in no
// package that set-up can install), and two of MediaPipe's networks differ by some percent of the distance between the
// eyes, here 77 pixels. So this shows that the points mean the same, and no more. Distances in pixels of the 256² picture.
TEST(FaceVideo, RecordedTensorOfAnotherNetworkGivesNearbyPoints) {
  VIGIL_NEEDS_SHARED_DATA();
  constexpr int kSide = 256;
  const auto floats = [](const std::string& file) {
    const std::string bytes = test::ReadText(test::SharedPath("models/mediapipe_golden/" + file));
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
  };
  const auto input = floats("face_landmark_tflite_input_tensor0.bin");
  const auto expected = floats("face_landmark_tflite_mldrift_opengl_output_tensor0.bin");
  ASSERT_EQ(input.size(), static_cast<std::size_t>(kSide * kSide * 3));
  ASSERT_EQ(expected.size(), kRefinedPoints * 3U);
  Image image(kSide, kSide, PixelFormat::kRgb8);
  for (std::size_t i = 0; i < input.size(); ++i)
    image.mutable_view().data[i] = static_cast<std::uint8_t>(std::lround(input[i] * 255));
  auto models = test::LoadFaceModels();
  const auto mesh = models.mesh->Run(image.view(), {{kSide / 2.0F, kSide / 2.0F}, kSide, kSide, 0});
  ASSERT_TRUE(mesh.ok());
  EXPECT_GT(mesh->score, 0.9F);
  double sum = 0, worst = 0;
  for (std::size_t i = 0; i < kRefinedPoints; ++i) {
    const double apart =
        std::hypot(mesh->points[i].x - expected[3 * i], mesh->points[i].y - expected[3 * i + 1]);
    sum += apart;
    worst = std::max(worst, apart);
  }
  fmt::print("mediapipe_golden: mean {:.2f} px, worst {:.2f} px of 256\n", sum / kRefinedPoints,
             worst);
  EXPECT_LE(sum / kRefinedPoints, 0.05 * 77);
}

}  // namespace
}  // namespace vigil::face
