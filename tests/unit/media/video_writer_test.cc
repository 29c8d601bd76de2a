#include "media/video_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "support/test_data.h"
#include "test_video.h"

namespace vigil::media {
namespace {

using test::ReadAll;
using vigil::test::TempDir;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

std::size_t FilesIn(const TempDir& dir) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(dir.path()), {}));
}

TEST(VideoWriter, StartsAtTheFirstFrameAndKeepsTheDistances) {
  const TempDir dir;
  auto writer = VideoWriter::Create(dir / "a.mp4", {64, 64});
  for (const std::int64_t time : {7'000'123, 7'000'124, 9'999'999}) {
    ASSERT_TRUE((*writer)->Add(test::NumberedPicture({64, 64}, 0).view(), time).ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ(ReadAll(dir / "a.mp4").times(), (std::vector<std::int64_t>{0, 1, 2'999'876}));
}

class OddSizes : public testing::TestWithParam<Size> {};

TEST_P(OddSizes, AreMadeEvenByRepeatingTheLastColumnAndRow) {
  const TempDir dir;
  const Size size = GetParam();
  auto writer = VideoWriter::Create(dir / "a.mp4", size);
  ASSERT_TRUE(writer.ok()) << Text(writer.status());
  ASSERT_TRUE((*writer)->Add(test::PlainPicture(size, 30, 160, 220).view(), 0).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  const auto read = ReadAll(dir / "a.mp4");
  ASSERT_EQ(read.frames.size(), 1U) << Text(read.end);
  const ImageView view = read.frames[0].image.view();
  EXPECT_EQ(view.size(), (Size{size.width + size.width % 2, size.height + size.height % 2}));
  for (int y = 0; y < view.height; ++y) {
    for (int x = 0; x < view.width; ++x) {
      ASSERT_NEAR(view.row(y)[3 * x], 30, 5) << x << ", " << y;
      ASSERT_NEAR(view.row(y)[3 * x + 1], 160, 5) << x << ", " << y;
      ASSERT_NEAR(view.row(y)[3 * x + 2], 220, 5) << x << ", " << y;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, OddSizes,
                         testing::Values(Size{64, 48}, Size{65, 48}, Size{64, 49}, Size{67, 51},
                                         Size{1, 1}),
                         [](const auto& test) {
                           return std::to_string(test.param.width) + "x" +
                                  std::to_string(test.param.height);
                         });

TEST(VideoWriter, ColorsComeBackAsTheyWere) {
  const TempDir dir;
  const Size size{64, 48};
  const std::vector<std::array<std::uint8_t, 3>> colors{
      {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}, {0, 0, 0}, {200, 150, 120}};
  auto writer = VideoWriter::Create(dir / "a.mp4", size);
  for (std::size_t i = 0; i < colors.size(); ++i) {
    ASSERT_TRUE((*writer)
                    ->Add(test::PlainPicture(size, colors[i][0], colors[i][1], colors[i][2]).view(),
                          static_cast<std::int64_t>(i) * 40'000)
                    .ok());
  }
  Image grey(64, 48, PixelFormat::kGray8);
  std::fill_n(grey.mutable_view().data, grey.bytes(), 77);
  ASSERT_TRUE((*writer)->Add(grey.view(), 1'000'000).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  const auto read = ReadAll(dir / "a.mp4");
  ASSERT_EQ(read.frames.size(), colors.size() + 1);
  for (std::size_t i = 0; i < colors.size(); ++i) {
    for (int c = 0; c < 3; ++c)
      EXPECT_NEAR(read.frames[i].image.view().row(20)[90 + c],
                  colors[i][static_cast<std::size_t>(c)], 4)
          << i;
  }
  EXPECT_NEAR(read.frames.back().image.view().row(20)[90], 77, 3);
}

TEST(VideoWriter, TheIndexStandsAtTheFront) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(50, 25));
  std::ifstream file(dir / "a.mp4", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
}

TEST(VideoWriter, TheNameIsGivenWhenAllIsWritten) {
  const TempDir dir;
  std::ofstream(dir / "a.mp4") << "what was here before";
  auto writer = VideoWriter::Create(dir / "a.mp4", {64, 64});
  ASSERT_TRUE((*writer)->Add(test::NumberedPicture({64, 64}, 1).view(), 0).ok());
  EXPECT_EQ(std::filesystem::file_size(dir / "a.mp4"), 20U);
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ(FilesIn(dir), 1U);
  EXPECT_EQ(ReadAll(dir / "a.mp4").frames.size(), 1U);
  EXPECT_TRUE(absl::IsFailedPrecondition((*writer)->Finish()));
  EXPECT_TRUE(
      absl::IsFailedPrecondition((*writer)->Add(test::NumberedPicture({64, 64}, 1).view(), 5)));
  writer->reset();
  EXPECT_EQ(FilesIn(dir), 1U);
}

TEST(VideoWriter, LeftUnfinishedThePartPlays) {
  const TempDir dir;
  {
    auto writer = VideoWriter::Create(dir / "a.mp4", {64, 64});
    for (int i = 0; i < 30; ++i)
      ASSERT_TRUE((*writer)->Add(test::NumberedPicture({64, 64}, i).view(), i * 40'000).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "a.mp4"));
  const auto read = ReadAll(dir / "a.part.mp4");
  EXPECT_TRUE(absl::IsOutOfRange(read.end)) << Text(read.end);
  EXPECT_EQ(read.frames.size(), 30U);
}

TEST(VideoWriter, WithoutFramesNothingIsLeft) {
  const TempDir dir;
  { auto unfinished = VideoWriter::Create(dir / "a.mp4", {64, 64}); }
  auto writer = VideoWriter::Create(dir / "b.mp4", {64, 64});
  EXPECT_TRUE(absl::IsFailedPrecondition((*writer)->Finish()));
  EXPECT_EQ(FilesIn(dir), 0U);
}

TEST(VideoWriter, RefusesWhatDoesNotFit) {
  const TempDir dir;
  auto writer = VideoWriter::Create(dir / "a.mp4", {64, 64});
  ASSERT_TRUE((*writer)->Add(test::NumberedPicture({64, 64}, 0).view(), 100).ok());
  EXPECT_TRUE(
      absl::IsInvalidArgument((*writer)->Add(test::NumberedPicture({64, 66}, 0).view(), 200)));
  EXPECT_TRUE(
      absl::IsInvalidArgument((*writer)->Add(test::NumberedPicture({64, 64}, 0).view(), 100)));
  EXPECT_TRUE(absl::IsInvalidArgument((*writer)->Add({}, 300)));
  EXPECT_TRUE((*writer)->Add(test::NumberedPicture({64, 64}, 0).view(), 300).ok())
      << "a refused picture changes nothing";
  EXPECT_TRUE((*writer)->Finish().ok());
}

struct CreateCase {
  const char* name;
  const char* path;
  Size size;
  const char* encoder;
  absl::StatusCode code;
  const char* says;
};
class CannotCreate : public testing::TestWithParam<CreateCase> {};

TEST_P(CannotCreate, SaysWhyAndLeavesNothing) {
  const TempDir dir;
  const auto path = dir / GetParam().path;
  const auto writer = VideoWriter::Create(path, GetParam().size, {.encoder = GetParam().encoder});
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.status().code(), GetParam().code) << Text(writer.status());
  EXPECT_TRUE(Text(writer.status()).starts_with(path.string() + ": ")) << Text(writer.status());
  EXPECT_NE(Text(writer.status()).find(GetParam().says), std::string::npos)
      << Text(writer.status());
  EXPECT_EQ(FilesIn(dir), 0U);
}
INSTANTIATE_TEST_SUITE_P(
    All, CannotCreate,
    testing::Values(
        CreateCase{"no_folder",
                   "no/a.mp4",
                   {64, 64},
                   "",
                   absl::StatusCode::kNotFound,
                   "No such file or directory"},
        CreateCase{"no_encoder",
                   "a.mp4",
                   {64, 64},
                   "nvenc_of_dreams",
                   absl::StatusCode::kUnimplemented,
                   "nvenc_of_dreams"},
        CreateCase{"other_extension",
                   "a.avi",
                   {64, 64},
                   "",
                   absl::StatusCode::kInvalidArgument,
                   "name it .mp4"},
        CreateCase{"no_size", "a.mp4", {0, 64}, "", absl::StatusCode::kInvalidArgument, "0x64"},
        CreateCase{
            "too_wide", "a.mp4", {9'000, 64}, "", absl::StatusCode::kInvalidArgument, "9000x64"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(VideoWriter, APlaceThatForbidsItSaysSo) {
  const auto writer = VideoWriter::Create("/proc/a.mp4", {64, 64});
  ASSERT_FALSE(writer.ok());
  EXPECT_TRUE(Text(writer.status()).starts_with("/proc/a.mp4: cannot write there"))
      << Text(writer.status());
}

Image Noise(Size size, std::uint32_t seed) {
  Image image(size.width, size.height, PixelFormat::kRgb8);
  std::minstd_rand random(seed + 1);
  for (std::size_t i = 0; i < image.bytes(); ++i)
    image.mutable_view().data[i] = static_cast<std::uint8_t>(random() >> 8);
  return image;
}

// No file of this process may grow beyond `bytes`; a write beyond is an error, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

// Adds noise, which no encoder makes small, until there is an error.
absl::Status FillUp(VideoWriter& writer) {
  absl::Status status;
  for (std::uint32_t i = 0; status.ok() && i < 400; ++i) {
    status = writer.Add(Noise({320, 240}, i).view(), i * 40'000);
  }
  EXPECT_EQ(writer.Finish(), status) << "the error is repeated";
  return status;
}

TEST(VideoWriter, ADiskFullFromTheBeginningIsAnErrorAndLeavesNothing) {
  const TempDir dir;
  absl::Status status;
  {
    const FileSizeLimit limit(4'096);
    auto writer = VideoWriter::Create(dir / "a.mp4", {320, 240});
    ASSERT_TRUE(writer.ok()) << Text(writer.status());
    status = FillUp(**writer);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << Text(status);
  EXPECT_NE(Text(status).find("a.mp4: no space left"), std::string::npos) << Text(status);
  EXPECT_EQ(FilesIn(dir), 0U);
}

TEST(VideoWriter, ADiskThatFillsLeavesAVideoOfWhatWasWritten) {
  const TempDir dir;
  constexpr std::uintmax_t kLimit = 3'000'000;
  absl::Status status;
  {
    const FileSizeLimit limit(kLimit);
    auto writer = VideoWriter::Create(dir / "a.mp4", {320, 240});
    ASSERT_TRUE(writer.ok()) << Text(writer.status());
    status = FillUp(**writer);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << Text(status);
  EXPECT_EQ(FilesIn(dir), 1U);
  EXPECT_GT(std::filesystem::file_size(dir / "a.mp4"), kLimit * 3 / 4);
  EXPECT_LE(std::filesystem::file_size(dir / "a.mp4"), kLimit);
  const auto read = test::ReadAll(dir / "a.mp4");
  EXPECT_EQ(read.end.code(), absl::StatusCode::kOutOfRange) << Text(read.end);
  EXPECT_EQ(read.counters.corrupt, 0U);
  EXPECT_GT(read.frames.size(), 10U);
  EXPECT_NE(Text(status).find(fmt::format("ends after {} frames", read.frames.size())),
            std::string::npos)
      << Text(status);
}

// Space is taken ahead of the pictures, and what was not needed is given back.
TEST(VideoWriter, AFinishedVideoTakesNoMoreOfTheDiskThanItsSize) {
  const TempDir dir;
  auto writer = VideoWriter::Create(dir / "a.mp4", {320, 240});
  ASSERT_TRUE((*writer)->Add(Noise({320, 240}, 1).view(), 0).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  struct stat file {};
  ASSERT_EQ(stat((dir / "a.mp4").c_str(), &file), 0);
  EXPECT_LE(file.st_blocks * 512, (file.st_size / 65'536 + 1) * 65'536);
}

}  // namespace
}  // namespace vigil::media
