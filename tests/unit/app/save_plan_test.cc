#include "app/save_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

using media::Input;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Names(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.filename().string());
  return names;
}

TEST(SavePlan, NothingAskedForNothingSaved) {
  const auto plan = PlanSaves("", {{Input::Kind::kPicture, "a.jpg"}});
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE((*plan)[0].empty());
}

TEST(SavePlan, OneInputIsSavedUnderTheVeryName) {
  const auto plan = PlanSaves("out/here.png", {{Input::Kind::kPicture, "a.jpg"}});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ((*plan)[0], "out/here.png");
}

TEST(SavePlan, AWrongEndingIsExplained) {
  const auto picture = PlanSaves("out.mp4", {{Input::Kind::kPicture, "a.jpg"}}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(picture));
  EXPECT_THAT(std::string(MessageOf(picture)),
              HasSubstr("a.jpg is a picture, which is saved as .jpg"));
  EXPECT_FALSE(PlanSaves("out.jpg", {{Input::Kind::kVideo, "a.avi"}}).ok());
}

// http://camera/snapshot: its answer tells which of them it is.
TEST(SavePlan, AnAddressOfHttpMayBeAPictureOrAVideo) {
  const std::vector<Input> http = {{Input::Kind::kStream, "http://camera/snapshot"}};
  EXPECT_TRUE(PlanSaves("out.png", http).ok());
  EXPECT_TRUE(PlanSaves("out.mp4", http).ok());
  EXPECT_TRUE(PlanSaves("out.MP4", http).ok());
  EXPECT_FALSE(PlanSaves("out.png", http, Snapshots::kNo).ok());
  EXPECT_FALSE(PlanSaves("out.txt", http).ok());
  EXPECT_FALSE(PlanSaves("out.png", {{Input::Kind::kStream, "rtsp://camera/main"}}).ok());
}

TEST(SavePlan, SeveralInputsGoIntoAFolderUnderTheirOwnNames) {
  const test::TempDir dir;
  const auto plan = PlanSaves((dir / "made").string(),
                              {{Input::Kind::kPicture, "x/a.jpg"},
                               {Input::Kind::kPicture, "y/a.jpg"},
                               {Input::Kind::kVideo, "a.avi"},
                               {Input::Kind::kPicture, "b.gif"},
                               {Input::Kind::kStream, "rtsp://user:secret@host:554/main?token=1"}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Names(*plan), ElementsAre("a.jpg", "a-2.jpg", "a.mp4", "b.jpg", "main.mp4"));
  EXPECT_TRUE(std::filesystem::is_directory(dir / "made"));
}

TEST(SavePlan, NeverReplacesItsOwnInput) {
  const test::TempDir dir;
  test::WriteText(dir / "a.jpg", "x");
  const auto plan =
      PlanSaves(dir.path().string(), {{Input::Kind::kPicture, (dir / "a.jpg").string()}});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ((*plan)[0].filename(), "a.annotated.jpg");
}

TEST(SavePlan, NeverReplacesAnotherInput) {
  const test::TempDir dir;
  std::filesystem::create_directories(dir / "a");
  std::filesystem::create_directories(dir / "b");
  for (const char* name : {"a/x.jpg", "b/x.jpg", "b/x.annotated.jpg"})
    test::WriteText(dir / name, name);
  const auto input = [&](const char* name) {
    return Input{Input::Kind::kPicture, (dir / name).string()};
  };
  const auto folder = PlanSaves((dir / "b/").string(), {input("a/x.jpg"), input("b/x.jpg")});
  ASSERT_TRUE(folder.ok());
  EXPECT_THAT(Names(*folder), ElementsAre("x.annotated.jpg", "x.annotated-2.jpg"));
  const auto with_it =
      PlanSaves((dir / "b/").string(), {input("b/x.jpg"), input("b/x.annotated.jpg")});
  ASSERT_TRUE(with_it.ok());
  EXPECT_THAT(Names(*with_it), ElementsAre("x.annotated-2.jpg", "x.annotated.annotated.jpg"));
  const auto itself = PlanSaves((dir / "a/x.jpg").string(), {input("a/x.jpg")}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(itself)) << itself;
}

TEST(SavePlan, AVideoBesideItsInputIsCalledAnnotated) {
  const test::TempDir dir;
  test::WriteText(dir / "clip.mkv", "x");
  const auto plan =
      PlanSaves(dir.path().string(), {{Input::Kind::kVideo, (dir / "clip.mkv").string()}});
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(Names(*plan), ElementsAre("clip.annotated.mp4"));
}

TEST(SavePlan, OneFileIsNoPlaceForTwoInputs) {
  const auto two =
      PlanSaves("one.jpg", {{Input::Kind::kPicture, "a.jpg"}, {Input::Kind::kPicture, "b.jpg"}});
  EXPECT_TRUE(absl::IsInvalidArgument(two.status()));
  EXPECT_THAT(std::string(MessageOf(two.status())), HasSubstr("there are 2 inputs"));
  EXPECT_FALSE(std::filesystem::exists("one.jpg"));
}

}  // namespace
}  // namespace vigil::app
