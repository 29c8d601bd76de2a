#include "app/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace vigil::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Progress, AVideoThatCountsItsFrames) {
  std::array<JobProgress, 1> jobs;
  jobs[0].frames = 50;
  jobs[0].total = 200;
  jobs[0].faces = 1;
  const std::array<std::string, 1> names{"a.mp4"};
  EXPECT_EQ(ProgressText(jobs, names, 2),
            "██████··················  25 %  50/200 frames  25.0 fps  1 face  a.mp4");
}

// Matroska says how long it is, and not of how many frames.
TEST(Progress, AVideoThatKnowsItsLength) {
  std::array<JobProgress, 1> jobs;
  jobs[0].frames = 50;
  jobs[0].position_us = 1'500'000;
  jobs[0].duration_us = 2'000'000;
  const std::array<std::string, 1> names{"a.mkv"};
  EXPECT_EQ(ProgressText(jobs, names, 2),
            "██████████████████······  75 %  50 frames  25.0 fps  a.mkv");
}

TEST(Progress, PicturesCountAsInputs) {
  std::array<JobProgress, 4> jobs;
  for (std::size_t i = 0; i < 3; ++i) {
    jobs[i].frames = 1;
    jobs[i].total = 1;
    jobs[i].ended = true;
  }
  const std::array<std::string, 4> names{"a.jpg", "b.jpg", "c.jpg", "d.jpg"};
  EXPECT_THAT(ProgressText(jobs, names, 1), HasSubstr(" 75 %  3/4 inputs  3 frames"));
}

TEST(Progress, ACameraHasNoEnd) {
  std::array<JobProgress, 2> jobs;
  jobs[0].frames = 10;
  jobs[0].endless = true;
  const std::array<std::string, 2> names{"rtsp://camera", "a.jpg"};
  const std::string text = ProgressText(jobs, names, 1);
  EXPECT_THAT(text, Not(HasSubstr("%")));
  EXPECT_THAT(text, HasSubstr("0/2 inputs  10 frames"));
}

TEST(Progress, LongNamesAreCutInFront) {
  std::array<JobProgress, 1> jobs;
  const std::array<std::string, 1> names{std::string(100, 'x') + "/end.mp4"};
  EXPECT_THAT(ProgressText(jobs, names, 1), HasSubstr("  …xxxx"));
  EXPECT_THAT(ProgressText(jobs, names, 1), testing::EndsWith("/end.mp4"));
}

TEST(Progress, OfSeveralPicturesTheLatestIsNamed) {
  std::array<JobProgress, 3> jobs;
  for (std::size_t i = 0; i < 2; ++i) {
    jobs[i].frames = 1;
    jobs[i].total = 1;
    jobs[i].faces = static_cast<int>(i) + 1;
    jobs[i].ended = true;
  }
  const std::array<std::string, 3> names{"a.jpg", "b.jpg", "c.jpg"};
  EXPECT_THAT(ProgressText(jobs, names, 1), testing::EndsWith("2 faces  b.jpg"));
}

TEST(Progress, IsCutToTheTerminal) {
  EXPECT_EQ(Columns("██··", 3), "██·");
  EXPECT_EQ(Columns("ab", 3), "ab");
  EXPECT_EQ(Columns("ab", 0), "");
}

}  // namespace
}  // namespace vigil::app
