#include "objects/label_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "support/test_data.h"

namespace vigil::objects {
namespace {

using testing::HasSubstr;

TEST(ParseLabels, GivesPixels) {
  const auto labels = ParseLabels("2 0.5 0.5 0.25 1\r\n\n 79\t0.1 0.2 0.2 0.4", {400, 200});
  ASSERT_TRUE(labels.ok()) << labels.status();
  ASSERT_EQ(labels->size(), 2U);
  EXPECT_EQ((*labels)[0].class_id, 2);
  EXPECT_EQ((*labels)[0].box, (PixelBox{150, 0, 100, 200}));
  EXPECT_EQ((*labels)[1].class_id, 79);
  EXPECT_NEAR((*labels)[1].box.x, 0, 1e-4);
  EXPECT_NEAR((*labels)[1].box.height, 80, 1e-4);
}

TEST(ParseLabels, AnEmptyTextIsAPictureWithoutObjects) {
  EXPECT_TRUE(ParseLabels("", {1, 1})->empty());
  EXPECT_TRUE(ParseLabels("\n \r\n", {1, 1})->empty());
}

TEST(ParseLabels, RefusesAllElseWithTheLine) {
  for (const char* line :
       {"x", "1", "1 .5 .5 .5", "1 .5 .5 .5 .5 .5", "1.5 .5 .5 .5 .5", "-1 .5 .5 .5 .5",
        "10000 .5 .5 .5 .5", "1 1.1 .5 .5 .5", "1 .5 .5 -.1 .5", "1 nan .5 .5 .5", "1 .5 .5 .5 inf",
        "1 .5 .5 .5 1e99", "1,.5,.5,.5,.5", "1 .5 .5 .5 .5x"}) {
    const auto labels = ParseLabels(std::string("0 .5 .5 .5 .5\n") + line, {1, 1});
    ASSERT_EQ(labels.status().code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(MessageOf(labels.status())), HasSubstr("line 2")) << line;
  }
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "0 .5 .5 .5 .5\n";
  EXPECT_EQ(ParseLabels(many, {1, 1})->size(), 10'000U);
  EXPECT_FALSE(ParseLabels(many + "0 .5 .5 .5 .5", {1, 1}).ok());
}

TEST(ReadLabels, ReadsThoseOfTheDataSet) {
  VIGIL_NEEDS_SHARED_DATA();
  int files = 0;
  std::size_t labels = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::SharedPath("images/coco_train2017/labels"))) {
    const auto of_file = ReadLabels(entry.path(), {640, 480});
    ASSERT_TRUE(of_file.ok()) << of_file.status();
    ++files;
    labels += of_file->size();
  }
  EXPECT_EQ(files, 128);
  EXPECT_GT(labels, 900U);
}

TEST(ReadLabels, NamesTheFile) {
  const test::TempDir dir;
  EXPECT_EQ(ReadLabels(dir / "none.txt", {1, 1}).status().code(), absl::StatusCode::kNotFound);
  test::WriteFile(dir / "bad.txt", "?");
  EXPECT_THAT(std::string(MessageOf(ReadLabels(dir / "bad.txt", {1, 1}).status())),
              HasSubstr("bad.txt: line 1"));
}

}  // namespace
}  // namespace vigil::objects
