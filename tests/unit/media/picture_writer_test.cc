#include "media/picture_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "media/picture.h"
#include "picture_samples.h"

namespace vigil::media {
namespace {

using testing::HasSubstr;

std::size_t FilesIn(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

struct FormatCase {
  const char* file;
  PictureType type;
  double rgb_difference, grey_difference;  // mean, of 255
};
class Formats : public testing::TestWithParam<FormatCase> {};

TEST_P(Formats, AreReadBack) {
  const test::TempDir folder;
  const auto path = folder / GetParam().file;
  const Image image = samples::Gradient(101, 67);
  const auto status = WritePicture(path, image.view());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(DetectPictureType(samples::ReadAll(path)), GetParam().type);
  const auto read = ReadPicture(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_LE(samples::MeanDifference(*read, image), GetParam().rgb_difference);
  EXPECT_EQ(FilesIn(folder.path()), 1U) << "nothing temporary is left";
}

TEST_P(Formats, WriteGrey) {
  const test::TempDir folder;
  const auto path = folder / GetParam().file;
  Image grey(33, 20, PixelFormat::kGray8);
  for (std::size_t i = 0; i < grey.bytes(); ++i)
    grey.mutable_view().data[i] = static_cast<std::uint8_t>(i / 33 * 10);
  const auto status = WritePicture(path, grey.view());
  ASSERT_TRUE(status.ok()) << status;
  const auto read = ReadPicture(path);
  ASSERT_TRUE(read.ok()) << read.status();
  for (int y = 0; y < 20; ++y)
    EXPECT_NEAR(samples::PixelAt(*read, 16, y)[1], y * 10, GetParam().grey_difference) << y;
}

INSTANTIATE_TEST_SUITE_P(Writer, Formats,
                         testing::Values(FormatCase{"a.jpg", PictureType::kJpeg, 2.0, 3},
                                         FormatCase{"a.JPEG", PictureType::kJpeg, 2.0, 3},
                                         FormatCase{"a.png", PictureType::kPng, 0, 0},
                                         FormatCase{"a.bmp", PictureType::kBmp, 0, 0},
                                         FormatCase{"a.webp", PictureType::kWebp, 2.5, 5}),
                         [](const auto& test_case) {
                           std::string name = test_case.param.file;
                           return name.substr(2);
                         });

TEST(WritePicture, ReplacesWhatWasThere) {
  const test::TempDir folder;
  ASSERT_TRUE(WritePicture(folder / "a.png", samples::Gradient(10, 10).view()).ok());
  ASSERT_TRUE(WritePicture(folder / "a.png", samples::Gradient(20, 10).view()).ok());
  EXPECT_EQ(ReadPicture(folder / "a.png")->width(), 20);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "a.png").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0600, 0600U);
}

TEST(WritePicture, SaysWhatIsWrong) {
  const test::TempDir folder;
  const Image image = samples::Gradient(10, 10);
  const auto unknown = WritePicture(folder / "a.tiff", image.view());
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("use .jpg, .png, .webp or .bmp"));
  EXPECT_EQ(WritePicture(folder / "noending", image.view()).code(),
            absl::StatusCode::kInvalidArgument);

  const auto no_folder = WritePicture(folder / "no/such/a.png", image.view());
  EXPECT_EQ(no_folder.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(no_folder.message()), HasSubstr("no/such/a.png: cannot be written"));

  EXPECT_EQ(WritePicture(folder / "a.png", {}).code(), absl::StatusCode::kInvalidArgument);

  std::filesystem::create_directory(folder / "b.png");
  const auto is_folder = WritePicture(folder / "b.png", image.view());
  EXPECT_EQ(is_folder.code(), absl::StatusCode::kInvalidArgument) << is_folder;
  EXPECT_EQ(FilesIn(folder.path()), 1U) << "nothing temporary is left";
}

TEST(WritePicture, SaysThatItMayNot) {
  const test::TempDir folder;
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const bool root = ::geteuid() == 0;  // whom permissions do not stop
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto status = WritePicture(folder / "a.png", samples::Gradient(10, 10).view());
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a.png: cannot be written: Permission denied"));
}

// A limit on the size of files stands for the full disk: the write stops half-way in the same
// manner.
TEST(WritePicture, LeavesNothingWhenThereIsNoRoom) {
  const test::TempDir folder;
  ASSERT_TRUE(WritePicture(folder / "a.bmp", samples::Gradient(10, 10).view()).ok());
  const auto before = samples::ReadAll(folder / "a.bmp");
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{1000, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto status = WritePicture(folder / "a.bmp", samples::Gradient(100, 100).view());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("make room"));
  EXPECT_EQ(FilesIn(folder.path()), 1U) << "nothing temporary is left";
  EXPECT_EQ(samples::ReadAll(folder / "a.bmp"), before) << "the old picture stays";
}

TEST(EncodePicture, GivesTheBytesOfTheFile) {
  const test::TempDir folder;
  const Image image = samples::Gradient(40, 30);
  for (const char* ending : {".png", ".jpg", ".bmp"}) {
    const auto path = folder / (std::string("a") + ending);
    ASSERT_TRUE(WritePicture(path, image.view()).ok());
    const auto file = samples::ReadAll(path);
    const auto bytes = EncodePicture(ending, image.view());
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_TRUE(std::ranges::equal(*bytes, file, [](char a, auto b) {
      return static_cast<unsigned char>(a) == static_cast<unsigned char>(b);
    })) << ending;
  }
  EXPECT_FALSE(EncodePicture(".gif", image.view()).ok());
  EXPECT_FALSE(EncodePicture(".png", {}).ok());
}

}  // namespace
}  // namespace vigil::media
