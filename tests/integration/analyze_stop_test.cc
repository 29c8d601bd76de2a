// `vigil analyze` that cannot go on to the end: told to stop, or out of disk.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "analyze_fixture.h"
#include "media/loopback_server.h"
#include "media/source.h"

namespace vigil {
namespace {

using testing::HasSubstr;
using testing::Not;

int FramesIn(const std::string& path) {
  auto video = media::OpenVideo(path, {}, {});
  EXPECT_TRUE(video.ok()) << video.status();
  int frames = 0;
  for (; video.ok() && (*video)->Read({}).ok(); ++frames) {
  }
  return frames;
}

class Interrupted : public AnalyzeTest, public testing::WithParamInterface<int> {};

// Nobody reads the program's lines, so it stops in the middle of its first video until it has been
// told to end.
TEST_P(Interrupted, FilesEndWithTheSignalsExitCodeAndKeepWhatWasDone) {
  const std::string clip = MakeVideo("clip.mp4", 100);
  test::Program run(
      AnalyzeCommand({clip, clip, "--threads", "1", "--json", "-", "--save", Path("saved/")}));
  ASSERT_TRUE(run.AwaitOutput());
  run.Signal(GetParam());
  const auto outcome = run.Wait();
  EXPECT_EQ(outcome.exit_code, 128 + GetParam()) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("interrupted before the end of 2 of 2 inputs"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("failed")));
  ASSERT_THAT(outcome.out, testing::EndsWith("\n"));
  const auto lines = std::ranges::count(outcome.out, '\n');
  EXPECT_LT(lines, 100);
  for (std::size_t from = 0; from < outcome.out.size(); from = outcome.out.find('\n', from) + 1) {
    EXPECT_TRUE(json::accept(outcome.out.substr(from, outcome.out.find('\n', from) - from)));
  }
  EXPECT_EQ(FramesIn(Path("saved/clip.mp4")), lines);
}
INSTANTIATE_TEST_SUITE_P(Analyze, Interrupted, testing::Values(SIGINT, SIGTERM),
                         [](const auto& test) {
                           return test.param == SIGINT ? "sigint" : "sigterm";
                         });

TEST_F(AnalyzeTest, AStoppedLiveInputIsNoFailure) {
  media::test::FrameGate gate;
  gate.OpenAll();
  media::test::LoopbackServer camera(media::test::MjpegCamera(gate));
  test::Program run(AnalyzeCommand({camera.Url("http", "/video"), "--json", "-", "-q"}));
  ASSERT_TRUE(run.AwaitOutput());
  run.Signal(SIGINT);
  const auto outcome = run.Wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, testing::IsEmpty());
}

// A disk of one megabyte: the annotated video that does not fit plays as far as it goes, and the
// other input is analysed, though its picture does not fit either. Each error is one line.
TEST_F(AnalyzeTest, AFullDiskKeepsTheVideoUntilThen) {
  const std::string clip = MakeVideo("clip.mp4", 150);
  const std::string script = R"(
mount -t tmpfs -o size=1m none "$2" || exit 77
"$1" analyze "$3" "$4" --threads 1 --set output.video_crf=0 --save "$2"/ --json "$5" -q
code=$?
cp "$2"/clip.mp4 "$6"
exit $code
)";
  std::filesystem::create_directory(Path("disk"));
  const auto run = test::RunProgram({"unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                                     script, "sh", VIGIL_BINARY, Path("disk"), clip, kPortrait,
                                     Path("out.jsonl"), Path("kept.mp4")});
  if (run.exit_code == 77 || run.err.starts_with("unshare:"))
    GTEST_SKIP() << "needs a small disk of its own: " << run.err;
  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 2) << run.err;
  EXPECT_THAT(run.err, HasSubstr("disk/clip.mp4: no space left; the video ends after"));
  EXPECT_THAT(run.err, HasSubstr("disk/astronaut.png: cannot be written: No space left"));
  const int frames = FramesIn(Path("kept.mp4"));
  EXPECT_GT(frames, 10);
  EXPECT_LT(frames, 150);
  EXPECT_THAT(run.err, HasSubstr(fmt::format("after {} frames", frames)));
  // Everything else goes on.
  const auto lines = ReadJsonLines(Path("out.jsonl"));
  EXPECT_EQ(lines.size(), 151U);
  EXPECT_EQ(lines.back()["stream_id"], kPortrait);
}

}  // namespace
}  // namespace vigil
