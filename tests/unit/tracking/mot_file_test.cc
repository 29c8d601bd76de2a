#include "tracking/mot_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "support/test_data.h"

namespace vigil::tracking {
namespace {

using testing::ElementsAre;

TEST(MotFile, ReadsTruthDetectionsAndResults) {
  const test::TempDir dir;
  test::WriteFile(dir / "mixed.txt",
                  "1,7,10.5,-20,30,40,1,8,0.5\r\n"         // MOT16 truth: with a class
                  "\n"                                     // blank lines are nothing
                  "2, -1, 1, 2, 3, 4, 0.75, -1, -1, -1\n"  // a detection
                  "3,9,1,2,3,4,1,-4.1,-7.3,0\n"            // MOT15 truth: with a place in the world
                  "4,5,1,2,3,4");                          // the least
  const auto rows = ReadMotFile(dir / "mixed.txt");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(
      *rows,
      ElementsAre(MotRow{1, 7, {10.5, -20, 30, 40}, 1, 8}, MotRow{2, -1, {1, 2, 3, 4}, 0.75, 1},
                  MotRow{3, 9, {1, 2, 3, 4}, 1, 1}, MotRow{4, 5, {1, 2, 3, 4}, 1, 1}));
}

struct BadCase {
  const char* name;
  const char* line;
  const char* message;
};
class MotFileBad : public testing::TestWithParam<BadCase> {};

TEST_P(MotFileBad, NamesFileAndLine) {
  const test::TempDir dir;
  const auto path = dir / "gt.txt";
  test::WriteFile(path, std::string("1,1,1,1,1,1\n") + GetParam().line + "\n");
  const auto rows = ReadMotFile(path);
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(rows.status()), path.string() + ":2: " + GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Lines, MotFileBad,
    testing::Values(BadCase{"text", "1,one,1,1,1,1", "column 2: 'one' is not a number"},
                    BadCase{"empty_column", "1,,1,1,1,1", "column 2: '' is not a number"},
                    BadCase{"trailing_comma", "1,1,1,1,1,1,", "column 7: '' is not a number"},
                    BadCase{"nan", "1,1,nan,1,1,1", "column 3: 'nan' is not a number"},
                    BadCase{"infinite", "1,1,1,inf,1,1", "column 4: 'inf' is not a number"},
                    BadCase{"overflow", "1,1,1,1e999,1,1", "column 4: '1e999' is not a number"},
                    BadCase{"few", "1,1,1,1,1", "has 5 columns, at least 6 are needed"},
                    BadCase{"many", "1,1,1,1,1,1,1,1,1,1,1", "more than 10 columns"},
                    BadCase{"frame_0", "0,1,1,1,1,1",
                            "column 1: frame 0 is not a whole number from 1 to 1000000"},
                    BadCase{"frame_huge", "1e9,1,1,1,1,1",
                            "column 1: frame 1000000000 is not a whole number from 1 to 1000000"},
                    BadCase{"frame_half", "1.5,1,1,1,1,1",
                            "column 1: frame 1.5 is not a whole number from 1 to 1000000"},
                    BadCase{"id_half", "1,1.5,1,1,1,1", "column 2: id 1.5 is not a whole number"},
                    BadCase{"far", "1,1,1,1,2e6,1", "column 5: 2000000 is out of range"},
                    BadCase{"class", "1,1,1,1,1,1,1,-3,1", "column 8: no class -3"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(MotFile, MissingFileIsNotFound) {
  EXPECT_EQ(ReadMotFile("/nowhere/gt.txt").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadSeqInfo("/nowhere/seqinfo.ini").status().code(), absl::StatusCode::kNotFound);
}

TEST(MotFile, TooLargeIsRefusedBeforeItIsRead) {
  const test::TempDir dir;
  test::WriteFile(dir / "gt.txt", "");
  std::filesystem::resize_file(dir / "gt.txt", kMaxMotBytes + 1);  // sparse
  EXPECT_EQ(ReadMotFile(dir / "gt.txt").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SeqInfo, ReadsWhatIsNeeded) {
  const test::TempDir dir;
  test::WriteFile(dir / "seqinfo.ini",
                  "[Sequence]\r\nname=KITTI-17\nframeRate=10\nseqLength=145\nimWidth=1224\n"
                  "imHeight=370\nimExt=.jpg\n");
  const auto info = ReadSeqInfo(dir / "seqinfo.ini");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(*info, (MotSequence{"KITTI-17", 10, 145, 1224, 370}));
}

TEST(SeqInfo, RefusesWhatCannotBe) {
  const test::TempDir dir;
  const auto path = dir / "seqinfo.ini";
  for (const char* text : {"frameRate=0", "seqLength=0", "seqLength=x", "imWidth=-1"}) {
    test::WriteFile(path, std::string("name=a\n") + text + "\n");
    const auto info = ReadSeqInfo(path);
    EXPECT_EQ(info.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(MessageOf(info.status())), testing::HasSubstr("seqinfo.ini:2: "));
  }
  test::WriteFile(path, "name=a\n");
  EXPECT_EQ(MessageOf(ReadSeqInfo(path).status()), path.string() + ": has no seqLength");
}

}  // namespace
}  // namespace vigil::tracking
