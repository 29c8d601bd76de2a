// Files that break off, and files that are damaged: what can be read is given, and the end says the rest.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <ostream>
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

struct BreakCase {
  const char* extension;
  double share;  // of the file that is left
};
void PrintTo(const BreakCase& value, std::ostream* out) {
  *out << value.extension << " " << value.share;
}
class BrokenOff : public testing::TestWithParam<BreakCase> {};

TEST_P(BrokenOff, GivesWhatCameBeforeThenDataLoss) {
  const TempDir dir;
  const std::string extension = GetParam().extension;
  const auto whole = dir / ("whole" + extension), cut = dir / ("cut" + extension);
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(100, 25));
  test::CopyVideo(dir / "a.mp4", whole);
  ASSERT_TRUE(absl::IsOutOfRange(test::ReadAll(whole).end));
  std::string bytes = ReadText(whole);
  bytes.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * GetParam().share));
  WriteFile(cut, bytes);
  const auto read = ReadAll(cut);
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss) << Text(read.end);
  EXPECT_NE(Text(read.end).find(cut.string() + ": breaks off after "), std::string::npos)
      << Text(read.end);
  EXPECT_GT(read.frames.size(), 20U);
  EXPECT_LT(read.frames.size(), 100U);
  for (std::size_t i = 0; i + 1 < read.frames.size(); ++i) {  // the last one may be damaged
    EXPECT_EQ(test::NumberOf(read.frames[i].image.view()), static_cast<int>(i));
  }
}
INSTANTIATE_TEST_SUITE_P(All, BrokenOff,
                         testing::Values(BreakCase{".mp4", 0.5}, BreakCase{".mp4", 0.9},
                                         BreakCase{".mov", 0.7}, BreakCase{".mkv", 0.5}),
                         [](const auto& test) {
                           return std::string(test.param.extension + 1) + "_at_" +
                                  std::to_string(static_cast<int>(test.param.share * 100));
                         });

TEST(VideoSource, AnAviThatBreaksOffSaysSo) {
  const TempDir dir;
  std::string bytes = ReadText(vigil::test::SamplePath("vtest.avi"));
  ASSERT_FALSE(bytes.empty());
  bytes.resize(bytes.size() / 5);
  WriteFile(dir / "cut.avi", bytes);
  const auto read = ReadAll(dir / "cut.avi");
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss) << Text(read.end);
  EXPECT_GT(read.frames.size(), 100U);
}

TEST(VideoSource, RepeatsHowItEnded) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {64, 64}, {0});
  auto source = OpenVideo((dir / "a.mp4").string(), {}, {});
  ASSERT_TRUE((*source)->Read({}).ok());
  EXPECT_TRUE(absl::IsOutOfRange((*source)->Read({}).status()));
  EXPECT_TRUE(absl::IsOutOfRange((*source)->Read({}).status()));
}

// All that can be decoded comes, also behind the damage; then it is said.
TEST(VideoSource, DamageThatTheDecoderSurvivesIsToldAtTheEnd) {
  const TempDir dir;
  const auto path = dir / "a.mp4";
  test::WriteNumberedVideo(path, {320, 240}, test::Times(200, 25));  // a key frame every 50
  std::string bytes = ReadText(path);
  for (std::size_t i = bytes.size() * 40 / 100; i < bytes.size() * 45 / 100; ++i)
    bytes[i] = static_cast<char>(i * 31 >> 3);
  WriteFile(path, bytes);
  const auto read = ReadAll(path);
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss) << Text(read.end);
  EXPECT_NE(Text(read.end).find(path.string() + ": damaged inside: "), std::string::npos)
      << Text(read.end);
  EXPECT_NE(Text(read.end).find("; copy or record it again"), std::string::npos) << Text(read.end);
  EXPECT_GT(read.counters.corrupt, 0U);
  EXPECT_GT(read.frames.size(), 150U);
  EXPECT_EQ(test::NumberOf(read.frames.back().image.view()), 199);
  ExpectStrictlyRising(read.times());
}

class Holed : public testing::TestWithParam<const char*> {};

// A tenth of the file is zeros, as after a crash of the machine that recorded it: a container that
// finds its place again must not make that a success.
TEST_P(Holed, FilesFailAtTheirEnd) {
  const TempDir dir;
  const auto path = dir / (std::string("a") + GetParam());
  test::WriteNumberedVideo(dir / "whole.mp4", {320, 240}, test::Times(200, 25));
  test::CopyVideo(dir / "whole.mp4", path);
  ASSERT_TRUE(absl::IsOutOfRange(ReadAll(path).end)) << Text(ReadAll(path).end);
  std::string bytes = ReadText(path);
  const auto hole = bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * 4 / 10);
  std::fill(hole, hole + static_cast<std::ptrdiff_t>(bytes.size() / 10), '\0');
  WriteFile(path, bytes);
  const auto read = ReadAll(path);
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss) << Text(read.end);
  EXPECT_NE(Text(read.end).find("; copy or record it again"), std::string::npos) << Text(read.end);
  EXPECT_GT(read.frames.size(), 50U);
  EXPECT_LT(read.frames.size(), 200U);
}
INSTANTIATE_TEST_SUITE_P(All, Holed, testing::Values(".mp4", ".mov", ".mkv", ".ts", ".flv"),
                         [](const auto& test) { return std::string(test.param + 1); });

// Two recordings put end to end: the counters of the transport stream do not go on, and nothing is
// missing.
TEST(VideoSource, JoinedFilesAreNotDamaged) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(60, 25));
  test::CopyVideo(dir / "a.mp4", dir / "a.ts");
  const std::string one = ReadText(dir / "a.ts");
  for (const int copies : {2, 3}) {
    std::string all;
    for (int i = 0; i < copies; ++i) all += one;
    WriteFile(dir / "all.ts", all);
    const auto read = ReadAll(dir / "all.ts");
    EXPECT_TRUE(absl::IsOutOfRange(read.end)) << Text(read.end);
    EXPECT_EQ(read.frames.size(), 60U * static_cast<std::size_t>(copies));
  }
}

// A recording that was begun while the stream ran: until the first key picture nothing can be
// decoded, and that is no damage.
TEST(VideoSource, ABeginningInTheMiddleOfAStreamIsNoDamage) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {320, 240}, test::Times(200, 25));
  test::CopyVideo(dir / "a.mp4", dir / "a.ts");
  const std::string whole = ReadText(dir / "a.ts");
  constexpr std::size_t kPacket = 188;
  WriteFile(dir / "late.ts", whole.substr(whole.size() / 10 / kPacket * kPacket));
  const auto read = ReadAll(dir / "late.ts");
  EXPECT_TRUE(absl::IsOutOfRange(read.end)) << Text(read.end);
  EXPECT_GT(read.frames.size(), 100U);
  EXPECT_LT(read.frames.size(), 200U);
}

// A Matroska file need not say how long its video is, only how long the longest of its streams is.
TEST(VideoSource, AMatroskaFileThatOnlySaysItsWholeLengthBreaksOffToo) {
  VIGIL_NEEDS_SHARED_DATA();
  const TempDir dir;
  test::CopyStreams(SharedPath("videos/car-detection.mp4"), dir / "a.mkv");
  std::string bytes = ReadText(dir / "a.mkv");
  const std::string tag = "DURATION";
  for (std::size_t at = 0; (at = bytes.find(tag, at)) != std::string::npos; at += tag.size())
    bytes[at] = 'X';
  WriteFile(dir / "whole.mkv", bytes);
  const auto whole = ReadAll(dir / "whole.mkv");
  EXPECT_TRUE(absl::IsOutOfRange(whole.end)) << Text(whole.end);
  EXPECT_EQ(whole.frames.size(), 377U);
  EXPECT_FALSE(whole.info.duration_us);
  WriteFile(dir / "cut.mkv", bytes.substr(0, bytes.size() * 3 / 4));
  const auto cut = ReadAll(dir / "cut.mkv");
  EXPECT_EQ(cut.end.code(), absl::StatusCode::kDataLoss) << Text(cut.end);
  EXPECT_GT(cut.frames.size(), 200U);
}

TEST(VideoSource, DamageToTheEndIsDataLoss) {
  const TempDir dir;
  const auto path = dir / "a.mp4";
  test::WriteNumberedVideo(path, {320, 240}, test::Times(100, 25));
  std::string bytes = ReadText(path);
  for (std::size_t i = bytes.size() / 2; i < bytes.size(); ++i) bytes[i] = static_cast<char>(0xff);
  WriteFile(path, bytes);
  const auto read = ReadAll(path);
  EXPECT_EQ(read.end.code(), absl::StatusCode::kDataLoss) << Text(read.end);
  EXPECT_NE(Text(read.end).find(path.string() + ": damaged from "), std::string::npos)
      << Text(read.end);
  EXPECT_GT(read.frames.size(), 10U);
}

}  // namespace
}  // namespace vigil::media
