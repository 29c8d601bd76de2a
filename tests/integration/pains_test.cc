// What users of other programs complain of (USERS.md), asked of the whole program. Pains 13, 18, 19
// and 20 are asked in integration/media and analyze_test.cc, 14 and 15 in unit/face.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

#include "analyze_fixture.h"
#include "face/canonical_face.h"
#include "face/pipeline.h"
#include "media/gstreamer_camera.h"
#include "media/source.h"
#include "support/models.h"

namespace vigil {
namespace {

// The portrait and its mirror image, side by side, both drifting to the right.
void WriteTwoPeople(const std::string& path, int frames) {
  constexpr int kSide = 400;
  const auto portrait = media::ReadPicture(kPortrait);
  ASSERT_TRUE(portrait.ok());
  // As cameras encode: no frame refers to a later one.
  auto writer = media::VideoWriter::Create(path, {2 * kSide, kSide}, {.preset = "ultrafast"});
  ASSERT_TRUE(writer.ok()) << writer.status();
  Image both(2 * kSide, kSide, PixelFormat::kRgb8);
  for (int i = 0; i < frames; ++i) {
    const int shift = std::min(i / 2, 50);
    for (int y = 0; y < kSide; ++y) {
      const std::uint8_t* from = portrait->view().row(y);
      std::uint8_t* to = both.mutable_view().row(y);
      for (int x = 0; x < kSide; ++x) {
        std::memcpy(to + 3 * x, from + 3 * (x + 60 - shift), 3);
        std::memcpy(to + 3 * (kSide + x), from + 3 * (kSide + 50 + shift - x), 3);
      }
    }
    ASSERT_TRUE((*writer)->Add(both.view(), i * 40'000).ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
}

class RtspTransports : public AnalyzeTest, public testing::WithParamInterface<const char*> {};

// Pain 16, single-face and offline tools: several people with ids that stay, told while they
// happen. Pain 17, servers that answer twice: one result a frame, times that rise. From a camera
// that is not ours.
TEST_P(RtspTransports, Pain16And17SeveralPeopleKeepTheirIdsWhileTheStreamIsLive) {
  WriteTwoPeople(Path("two.mp4"), 250);
  media::test::GStreamerCamera camera(Path("two.mp4"));
  if (!camera.running()) GTEST_SKIP() << "needs python3-gi and gir1.2-gst-rtsp-server-1.0";
  test::Program run(AnalyzeCommand({camera.Url(), "--json", "-", "-q", "--set",
                                    std::string("source.rtsp_transport=") + GetParam()}));
  std::int64_t number = -1, time = -1;
  int with_both = 0;
  bool first_is_left = false;
  for (int i = 0; i < 20; ++i) {
    const std::string text = run.ReadLine();
    ASSERT_TRUE(json::accept(text)) << text;
    const json line = json::parse(text);
    EXPECT_GT(line["frame"].get<std::int64_t>(), number);
    EXPECT_GT(line["timestamp_us"].get<std::int64_t>(), time);
    number = line["frame"];
    time = line["timestamp_us"];
    if (line["faces"].size() < 2) continue;
    ++with_both;
    ASSERT_EQ(line["faces"].size(), 2U);
    const auto center = [&](int face) {
      const json& box = line["faces"][face]["bbox"];
      return box["x"].get<double>() + box["width"].get<double>() / 2;
    };
    EXPECT_EQ(line["faces"][0]["id"], 1);
    EXPECT_EQ(line["faces"][1]["id"], 2);
    EXPECT_NE(center(0) < 400, center(1) < 400);
    if (with_both == 1) first_is_left = center(0) < 400;
    EXPECT_EQ(center(0) < 400, first_is_left) << "frame " << number;
  }
  EXPECT_GE(with_both, 15);
  run.Signal(SIGINT);
  const auto outcome = run.Wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}
INSTANTIATE_TEST_SUITE_P(Pains, RtspTransports, testing::Values("tcp", "udp"),
                         [](const auto& test) { return std::string(test.param); });

// Pain 7, "is my camera alive?": silence is an event, and so is its end.
TEST_F(AnalyzeTest, Pain07ACameraThatFallsSilentIsAnEvent) {
  WriteTwoPeople(Path("two.mp4"), 400);
  media::test::GStreamerCamera camera(Path("two.mp4"));
  if (!camera.running()) GTEST_SKIP() << "needs python3-gi and gir1.2-gst-rtsp-server-1.0";
  std::vector<std::string> arguments{camera.Url(), "--detector",   "hog", "--events",
                                     "-",          "--detections", "-",   "-q"};
  for (const char* setting :
       {"detector.hog.min_person_height=0.8", "camera.offline_after=1s",
        "camera.online_after=200ms", "source.read_timeout=30s", "camera.id=gate"}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  test::Program run(AnalyzeCommand(arguments));
  int messages = 0;
  // Lines until an event of that type, or until `count` messages.
  const auto read_until = [&](const std::string& type, int count) {
    for (std::string text = run.ReadLine(); !text.empty(); text = run.ReadLine()) {
      if (!json::accept(text)) return json();
      json line = json::parse(text);
      if (line.contains("detections") && ++messages == count) return line;
      if (line.value("type", "") == type) return line;
    }
    return json();
  };
  ASSERT_FALSE(read_until("", 10).is_null());
  camera.Freeze();
  const json offline = read_until("CAMERA_OFFLINE", 0);
  camera.Continue();
  ASSERT_FALSE(offline.is_null());
  EXPECT_EQ(offline["camera_id"], "gate");
  const json online = read_until("CAMERA_ONLINE", 0);
  ASSERT_FALSE(online.is_null());
  EXPECT_GT(online["time"], offline["time"]);
  run.Signal(SIGINT);
  EXPECT_EQ(run.Wait().exit_code, 0);
}

// Pain 17: a session that is begun anew needs no new models, and knows nothing of the one before.
TEST(Pains, Pain17AResetSessionIsAsANewOne) {
  auto models = test::LoadFaceModels();
  const auto canonical =
      face::LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
  const auto portrait = media::ReadPicture(kPortrait);
  ASSERT_TRUE(canonical.ok() && portrait.ok());
  face::Pipeline pipeline(*canonical, face::PipelineOptions{});
  const auto run = [&] {
    std::vector<Point3f> points;
    for (int i = 0; i < 5; ++i) {
      const auto result = pipeline.Next(models, portrait->view(), i * 40'000);
      EXPECT_TRUE(result.ok()) << result.status();
      EXPECT_EQ((*result)->faces.size(), 1U);
      for (const face::Face& face : (*result)->faces)
        points.insert(points.end(), face.mesh.span().begin(), face.mesh.span().end());
    }
    return points;
  };
  const auto first = run();
  pipeline.Reset();
  const auto again = run();
  ASSERT_EQ(first.size(), again.size());
  EXPECT_EQ(std::memcmp(first.data(), again.data(), first.size() * sizeof(Point3f)), 0);
}

// Pain 22: what is drawn on a frame is what was found in that very frame. The face drifts by two
// pixels a frame, so that a drawing some frames late would stand beside it.
TEST_F(AnalyzeTest, Pain22TheDrawingBelongsToItsFrame) {
  const std::string clip = MakeVideo("clip.mp4", 40);
  std::vector<std::string> arguments{clip, "--save", Path("drawn.mp4"), "--json",
                                     Path("out.jsonl")};
  for (const char* setting : {"output.draw_panel=false", "output.draw_axes=false",
                              "output.draw_gaze=false", "output.video_crf=0"}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const auto run = Analyze(arguments);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  auto plain = media::OpenVideo(clip, {}, {}), drawn = media::OpenVideo(Path("drawn.mp4"), {}, {});
  ASSERT_TRUE(plain.ok() && drawn.ok());
  for (const json& line : ReadJsonLines(Path("out.jsonl"))) {
    const auto before = (*plain)->Read({}), after = (*drawn)->Read({});
    ASSERT_TRUE(before.ok() && after.ok());
    EXPECT_NEAR(static_cast<double>(after->timestamp_us), line["timestamp_us"].get<double>(), 1);
    int left = before->image.width(), right = -1;
    for (int y = 0; y < before->image.height(); ++y) {
      for (int x = 0; x < before->image.width(); ++x) {
        const auto* a = before->image.view().row(y) + 3 * x;
        const auto* b = after->image.view().row(y) + 3 * x;
        if (std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]) < 90) continue;
        left = std::min(left, x);
        right = std::max(right, x);
      }
    }
    ASSERT_EQ(line["faces"].size(), 1U);
    const json& box = line["faces"][0]["bbox"];
    const double x = box["x"], width = box["width"];
    EXPECT_NEAR(left, x, 4) << "frame " << line["frame"];
    EXPECT_NEAR(right, x + width, 4) << "frame " << line["frame"];
  }
}

}  // namespace
}  // namespace vigil
