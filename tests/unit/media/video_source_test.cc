#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "media/source.h"
#include "media/video_writer.h"
#include "support/test_data.h"
#include "support/text_file.h"
#include "test_video.h"

namespace vigil::media {
namespace {

using test::ExpectStrictlyRising;
using test::ReadAll;
using vigil::test::ReadText;
using vigil::test::SharedPath;
using vigil::test::TempDir;
using vigil::test::WriteFile;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

TEST(VideoSource, GivesEveryFrameWithItsNumberTimeAndPicture) {
  const TempDir dir;
  const auto path = dir / "a.mp4";
  const auto times = test::Times(60, 25);
  test::WriteNumberedVideo(path, {320, 240}, times);
  const auto read = ReadAll(path, {.stream_id = "lobby"});
  EXPECT_EQ(read.end.code(), absl::StatusCode::kOutOfRange) << Text(read.end);
  EXPECT_EQ(read.times(), times);
  EXPECT_EQ(read.info.size, (Size{320, 240}));
  EXPECT_EQ(read.info.codec, "h264");
  EXPECT_NEAR(read.info.fps, 25, 0.01);
  EXPECT_EQ(read.info.frames, 60);
  EXPECT_NEAR(static_cast<double>(read.info.duration_us.value_or(0)), 2.4e6, 1e3);
  EXPECT_FALSE(read.info.live);
  EXPECT_EQ(read.counters.frames, 60U);
  EXPECT_EQ(read.counters.corrupt, 0U);
  for (std::size_t i = 0; i < read.frames.size(); ++i) {
    const Frame& frame = read.frames[i];
    EXPECT_EQ(frame.number, i);
    EXPECT_EQ(test::NumberOf(frame.image.view()), static_cast<int>(i));
    EXPECT_EQ(frame.stream_id, "lobby");
    // One text for all of them: a frame's name takes no memory, however long it is.
    EXPECT_EQ(frame.stream_id.view().data(), read.frames[0].stream_id.view().data());
    EXPECT_GT(frame.decode_us, 0);
    EXPECT_EQ(frame.image.format(), PixelFormat::kRgb8);
  }
}

TEST(VideoSource, KeepsAVariableFrameRate) {
  const TempDir dir;
  const std::vector<std::int64_t> times{0, 33'333, 33'433, 1'500'000, 1'500'007, 9'000'000};
  test::WriteNumberedVideo(dir / "a.mp4", {64, 64}, times);
  EXPECT_EQ(ReadAll(dir / "a.mp4").times(), times);
}

TEST(VideoSource, DecoderThreadsChangeNothing) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP()
      << "libavcodec's own threads are not instrumented: ThreadSanitizer would report them";
#endif
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(40, 25));
  const auto one = ReadAll(dir / "a.mp4"), four = ReadAll(dir / "a.mp4", {.threads = 4});
  ASSERT_EQ(four.frames.size(), 40U);
  EXPECT_EQ(one.times(), four.times());
  for (std::size_t i = 0; i < one.frames.size(); ++i) {
    EXPECT_TRUE(std::equal(one.frames[i].image.view().data,
                           one.frames[i].image.view().data + one.frames[i].image.bytes(),
                           four.frames[i].image.view().data));
  }
}

TEST(VideoSource, PictureMemoryIsUsedAgain) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {64, 64}, test::Times(10, 25));
  auto source = OpenVideo((dir / "a.mp4").string(), {}, {});
  ASSERT_TRUE(source.ok());
  const std::uint8_t* const memory = (*source)->Read({})->image.view().data;
  for (int i = 1; i < 10; ++i) EXPECT_EQ((*source)->Read({})->image.view().data, memory);
}

struct TurnCase {
  int clockwise;
  Size size;
};
class Rotation : public testing::TestWithParam<TurnCase> {};

// The left half of the stored picture is red, its top left quarter white.
TEST_P(Rotation, OfTheMetadataIsApplied) {
  const TempDir dir;
  auto writer = VideoWriter::Create(dir / "flat.mp4", {64, 32});
  Image image = test::PlainPicture({64, 32}, 0, 0, 0);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      std::uint8_t* pixel = image.mutable_view().row(y) + 3 * x;
      pixel[0] = 255;
      pixel[1] = pixel[2] = y < 16 ? 255 : 0;
    }
  }
  ASSERT_TRUE((*writer)->Add(image.view(), 0).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  test::CopyVideo(dir / "flat.mp4", dir / "turned.mp4", GetParam().clockwise);
  const auto read = ReadAll(dir / "turned.mp4");
  ASSERT_EQ(read.frames.size(), 1U) << Text(read.end);
  EXPECT_EQ(read.info.size, GetParam().size);
  const ImageView view = read.frames[0].image.view();
  ASSERT_EQ(view.size(), GetParam().size);
  // Where the white quarter is after 0, 1, 2, 3 quarter turns clockwise: top left, top right,
  // bottom right, bottom left.
  const int turns = GetParam().clockwise / 90 % 4;
  const int x = turns == 1 || turns == 2 ? view.width - 8 : 8, y = turns >= 2 ? view.height - 8 : 8;
  EXPECT_GT(view.row(y)[3 * x + 1], 200);
  EXPECT_GT(view.row(y)[3 * x], 200);
}
INSTANTIATE_TEST_SUITE_P(Quarters, Rotation,
                         testing::Values(TurnCase{0, {64, 32}}, TurnCase{90, {32, 64}},
                                         TurnCase{180, {64, 32}}, TurnCase{270, {32, 64}}),
                         [](const auto& test) { return std::to_string(test.param.clockwise); });

struct FormatCase {
  const char* name;
  test::RawVideo video;
  std::vector<int> rgb;
};
class PixelFormats : public testing::TestWithParam<FormatCase> {};

TEST_P(PixelFormats, AreConvertedInTheirOwnColors) {
  const TempDir dir;
  test::WriteRawVideo(dir / "a.mkv", GetParam().video);
  const auto read = ReadAll(dir / "a.mkv");
  ASSERT_EQ(read.frames.size(), 3U) << Text(read.end);
  const ImageView view = read.frames[2].image.view();
  ASSERT_EQ(view.size(), GetParam().video.size);
  for (const auto& [x, y] : {std::pair{0, 0},
                             {view.width - 1, 0},
                             {0, view.height - 1},
                             {view.width - 1, view.height - 1}}) {
    for (int i = 0; i < 3; ++i)
      EXPECT_NEAR(view.row(y)[3 * x + i], GetParam().rgb[static_cast<std::size_t>(i)], 1)
          << x << ", " << y;
  }
}
// Y'CbCr of the standards' equations for these colours.
INSTANTIATE_TEST_SUITE_P(
    All, PixelFormats,
    testing::Values(
        FormatCase{"yuv420p_odd", {"yuv420p", {67, 33}, {81, 90, 240}}, {254, 0, 0}},
        FormatCase{"yuv422p_odd", {"yuv422p", {67, 33}, {81, 90, 240}}, {254, 0, 0}},
        FormatCase{"yuv444p_odd", {"yuv444p", {67, 33}, {81, 90, 240}}, {254, 0, 0}},
        FormatCase{"one_pixel", {"yuv444p", {1, 1}, {81, 90, 240}}, {254, 0, 0}},
        FormatCase{"bt709", {"yuv420p", {64, 48}, {63, 102, 240}, false, true}, {255, 1, 0}},
        FormatCase{"full_range", {"yuv420p", {64, 48}, {76, 85, 255}, true}, {254, 0, 0}},
        FormatCase{
            "full_range_bt709", {"yuv420p", {64, 48}, {54, 99, 255}, true, true}, {254, 0, 0}},
        FormatCase{"yuv410p", {"yuv410p", {64, 48}, {81, 90, 240}}, {254, 0, 0}},
        FormatCase{"grey_odd", {"gray", {67, 33}, {100}}, {100, 100, 100}},
        FormatCase{"grey_full", {"gray", {64, 48}, {100}, true}, {100, 100, 100}},
        FormatCase{"bgra_odd", {"bgra", {67, 33}, {10, 20, 30, 255}}, {30, 20, 10}}),
    [](const auto& test) { return std::string(test.param.name); });

struct BadCase {
  const char* name;
  const char* file;
  std::string bytes;
  absl::StatusCode code;
  const char* says;
};
class BadFile : public testing::TestWithParam<BadCase> {};

TEST_P(BadFile, IsOneLineThatNamesItAndWhatIsWrong) {
  const TempDir dir;
  const auto path = dir / GetParam().file;
  if (std::string(GetParam().name) == "a_folder") std::filesystem::create_directory(path);
  if (!GetParam().bytes.empty() || std::string(GetParam().name) == "empty")
    WriteFile(path, GetParam().bytes);
  const auto source = OpenVideo(path.string(), {}, {});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.status().code(), GetParam().code) << Text(source.status());
  EXPECT_TRUE(Text(source.status()).starts_with(path.string() + ": ")) << Text(source.status());
  EXPECT_NE(Text(source.status()).find(GetParam().says), std::string::npos)
      << Text(source.status());
  EXPECT_EQ(Text(source.status()).find('\n'), std::string::npos);
}
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
INSTANTIATE_TEST_SUITE_P(
    All, BadFile,
    testing::Values(BadCase{"missing", "no.mp4", "", absl::StatusCode::kNotFound, "no such file"},
                    BadCase{"empty", "a.mp4", "", kInvalid, "the file is empty"},
                    BadCase{"a_folder", "a.mp4", "", kInvalid, "not a regular file"},
                    BadCase{"text", "a.mp4", "just some words\n", kInvalid, "not a video"},
                    BadCase{"text_as_txt", "a.txt", "just some words\n", kInvalid, "not a video"},
                    BadCase{"a_list_of_files", "a.mp4",
                            "ffconcat version 1.0\nfile /etc/hostname\n", kInvalid, "not a video"},
                    BadCase{
                        "a_playlist", "a.m3u8",
                        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:1/a.ts\n",
                        kInvalid, "not a video"},
                    BadCase{"a_session", "a.sdp",
                            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 26\n",
                            kInvalid, "not a video"},
                    BadCase{"zeros", "a.avi", std::string(5'000, '\0'), kInvalid, "not a video"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(VideoSource, AnMp4WithoutItsIndexIsNotAVideo) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(25, 25));
  WriteFile(dir / "cut.mp4", ReadText(dir / "a.mp4").substr(0, 200));
  const auto source = OpenVideo((dir / "cut.mp4").string(), {}, {});
  EXPECT_EQ(source.status().code(), kInvalid) << Text(source.status());
}

TEST(VideoSource, ASizeBeyondTheLimitIsRefusedByItsHeader) {
  const TempDir dir;
  // A GIF of 20,000 x 20,000: 1.2 GB, were it decoded.
  WriteFile(dir / "a.gif",
            std::string("GIF89a\x20\x4e\x20\x4e\x80\x00\x00\x00\x00\x00\xff\xff\xff", 19) +
                std::string(",\x00\x00\x00\x00\x20\x4e\x20\x4e\x00\x02\x02\x44\x01\x00;", 16));
  const auto source = OpenVideo((dir / "a.gif").string(), {}, {});
  EXPECT_EQ(source.status().code(), absl::StatusCode::kResourceExhausted) << Text(source.status());
  EXPECT_NE(Text(source.status()).find("20000x20000"), std::string::npos) << Text(source.status());
}

TEST(VideoSource, OddNamesAreNames) {
  const TempDir dir;
  for (const char* name : {"12:30 %03d.mp4", "concat:a.mp4", "-i.mp4", "#?&.mp4"}) {
    test::WriteNumberedVideo(dir / name, {64, 64}, {0, 40'000});
    EXPECT_EQ(ReadAll(dir / name).frames.size(), 2U) << name;
  }
}

TEST(VideoSource, StopEndsReading) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {64, 64}, test::Times(50, 25));
  std::stop_source stop;
  auto source = OpenVideo((dir / "a.mp4").string(), {}, stop.get_token());
  ASSERT_TRUE((*source)->Read(stop.get_token()).ok());
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled((*source)->Read(stop.get_token()).status()));
  EXPECT_TRUE(absl::IsCancelled(OpenVideo("rtsp://127.0.0.1:1/x", {}, stop.get_token()).status()));
}

TEST(VideoSource, ACameraThatIsNotThereSaysSo) {
  const auto source = OpenVideo("/dev/video97", {}, {});
  EXPECT_EQ(source.status().code(), absl::StatusCode::kNotFound) << Text(source.status());
  EXPECT_TRUE(Text(source.status()).starts_with("/dev/video97: ")) << Text(source.status());
}

struct RealCase {
  const char* file;
  Size size;
  double fps;
  std::size_t frames;
};
class RealVideo : public testing::TestWithParam<RealCase> {};

TEST_P(RealVideo, HasTheFramesItsDescriptionSays) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto& [file, size, fps, frames] = GetParam();
  auto source = OpenVideo(SharedPath(std::string("videos/") + file).string(), {}, {});
  ASSERT_TRUE(source.ok()) << Text(source.status());
  EXPECT_EQ((*source)->info().size, size);
  EXPECT_NEAR((*source)->info().fps, fps, 0.1);
  std::vector<std::int64_t> times;
  std::int64_t decode_us = 0;
  while (true) {
    const auto frame = (*source)->Read({});
    if (!frame.ok()) {
      EXPECT_TRUE(absl::IsOutOfRange(frame.status())) << Text(frame.status());
      break;
    }
    times.push_back(frame->timestamp_us);
    decode_us += frame->decode_us;
  }
  ASSERT_EQ(times.size(), frames);
  EXPECT_EQ((*source)->counters().corrupt, 0U);
  EXPECT_EQ(times.front(), 0);
  ExpectStrictlyRising(times);
  EXPECT_NEAR(static_cast<double>(times.back()), static_cast<double>(frames - 1) * 1e6 / fps,
              1.2e6 / fps);
  std::printf("%-42s %4zu frames, decode and conversion %.2f ms a frame\n", file, frames,
              static_cast<double>(decode_us) / 1e3 / static_cast<double>(frames));
}
INSTANTIATE_TEST_SUITE_P(
    SharedData, RealVideo,
    testing::Values(RealCase{"pexels_video00.mp4", {1280, 720}, 25, 433},
                    RealCase{"car-detection.mp4", {768, 432}, 12.5, 377},
                    RealCase{"eyeblink8_calibration14_video7.mp4", {640, 480}, 30, 22},
                    RealCase{"classroom.gif", {480, 270}, 15, 45},
                    RealCase{"person-bicycle-car-detection.gif", {480, 270}, 12, 41},
                    RealCase{"sign_book.mkv", {640, 480}, 30, 109},
                    RealCase{"vtest.avi", {480, 360}, 10, 795}),
    [](const auto& test) {
      std::string name = test.param.file;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

// No false alarm: all the real videos there are end as they should.
TEST(VideoSource, EveryRealVideoEndsWell) {
  VIGIL_NEEDS_SHARED_DATA();
  int videos = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SharedPath("videos"))) {
    const std::string extension = entry.path().extension();
    if (extension != ".mp4" && extension != ".mkv" && extension != ".gif" && extension != ".avi")
      continue;
    ++videos;
    auto source = OpenVideo(entry.path().string(), {.threads = 2}, {});
    ASSERT_TRUE(source.ok()) << Text(source.status());
    absl::Status end;
    while (end.ok()) end = (*source)->Read({}).status();
    EXPECT_TRUE(absl::IsOutOfRange(end)) << Text(end);
  }
  EXPECT_GT(videos, 10);
}

}  // namespace
}  // namespace vigil::media
