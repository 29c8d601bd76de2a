// `vigil analyze` of what is behind http addresses: files, snapshots, and lists of both.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "analyze_fixture.h"
#include "core/time.h"
#include "media/loopback_server.h"
#include "media/picture.h"
#include "media/picture_writer.h"
#include "support/process.h"
#include "support/test_data.h"

namespace vigil {
namespace {

using media::test::Connection;
using media::test::LoopbackServer;
using testing::HasSubstr;

std::string Answer(const std::string& body, const std::string& type) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
      type, body.size(), body);
}

// A web server that has one file, wherever it is looked for, and knows no ranges.
LoopbackServer::Handler Serving(const std::string& file,
                                const std::string& type = "application/octet-stream") {
  return [answer = Answer(file, type)](Connection& connection) {
    connection.ReadHead();
    connection.Send(answer);
  };
}

// Its frames are those of the file, each once and at its own time, however slowly they are looked at.
TEST_F(AnalyzeTest, AFileBehindAnAddressIsReadWithoutLoss) {
  const std::string clip = MakeVideo("clip.mp4", 60);
  LoopbackServer server(Serving(test::ReadText(clip)));
  const auto remote =
      Analyze({server.Url("http", "/clip.mp4"), "--json", Path("remote.jsonl"), "-q"});
  const auto local = Analyze({clip, "--json", Path("local.jsonl"), "-q"});
  ASSERT_EQ(remote.exit_code, 0) << remote.err;
  ASSERT_EQ(local.exit_code, 0) << local.err;
  const auto frames = ReadJsonLines(Path("remote.jsonl")),
             same = ReadJsonLines(Path("local.jsonl"));
  ASSERT_EQ(frames.size(), 60U);
  ASSERT_EQ(same.size(), 60U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i]["timestamp_us"], same[i]["timestamp_us"]);
    EXPECT_EQ(frames[i]["faces"], same[i]["faces"]);
  }
}

TEST_F(AnalyzeTest, AFileBehindAnAddressThatBreaksOffEnds) {
  const std::string street = test::ReadText(test::SamplePath("vtest.avi"));
  LoopbackServer server(Serving(street.substr(0, 300'000)));
  const auto run =
      Analyze({server.Url("http", "/street.avi"), "--json", Path("frames.jsonl"), "-q"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("/street.avi"));
  const auto frames = ReadJsonLines(Path("frames.jsonl"));
  EXPECT_GT(frames.size(), 5U);
  for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(frames[i]["frame"], i);
}

// A camera's snapshot has no ending; what comes is a picture, with its own orientation and its own limits.
TEST_F(AnalyzeTest, ASnapshotBehindAnAddressIsAPicture) {
  const auto portrait = media::ReadPicture(kPortrait);
  ASSERT_TRUE(portrait.ok());
  ASSERT_TRUE(media::WritePicture(Path("a.jpg"), portrait->view()).ok());
  LoopbackServer server(Serving(test::ReadText(Path("a.jpg")), "image/jpeg"));
  const std::string address = server.Url("http", "/cgi-bin/snapshot?channel=1");
  const auto remote = Analyze({address, "--json", Path("remote.jsonl")});
  const auto local = Analyze({Path("a.jpg"), "--json", Path("local.jsonl")});
  ASSERT_EQ(remote.exit_code, 0) << remote.err;
  EXPECT_THAT(remote.out, HasSubstr("attention"));  // the summary of a picture
  const auto frames = ReadJsonLines(Path("remote.jsonl")),
             same = ReadJsonLines(Path("local.jsonl"));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0]["faces"], same[0]["faces"]);

  const auto saved = Analyze({address, "--save", Path("out.png"), "-q"});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_TRUE(media::ReadPicture(Path("out.png")).ok());

  media::test::FrameGate gate;
  gate.OpenAll();
  LoopbackServer camera(media::test::MjpegCamera(gate));
  const auto video = Analyze({camera.Url("http", "/video"), "--save", Path("out.png"), "-q"});
  EXPECT_EQ(video.exit_code, 1);
  EXPECT_THAT(video.err, HasSubstr("/video is a video, which is saved as .mp4"));
}

// FFmpeg reads a GIF twice. Where that is not possible it is said, and not broken off after the first picture.
TEST_F(AnalyzeTest, AGifOfAServerWithoutRangesIsToldToBeDownloaded) {
  VIGIL_NEEDS_SHARED_DATA();
  const std::string clip = test::ReadText(test::SharedPath("videos/classroom.gif"));
  LoopbackServer server(Serving(clip, "image/gif"));
  const auto run = Analyze({server.Url("http", "/clip.gif"), "--json", Path("r.jsonl"), "-q"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("without ranges; download it and name the file"));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1) << run.err;
}

TEST_F(AnalyzeTest, SeveralFilesBehindAddressesComeInOrder) {
  LoopbackServer first(Serving(test::ReadText(MakeVideo("a.mp4", 10))));
  LoopbackServer second(Serving(test::ReadText(MakeVideo("b.mp4", 20))));
  const auto run = Analyze({first.Url("http", "/a.mp4"), second.Url("http", "/b.mp4"), kPortrait,
                            "--threads", "3", "--json", Path("out.jsonl"), "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::vector<std::pair<std::string, int>> streams;
  for (const json& frame : ReadJsonLines(Path("out.jsonl"))) {
    const std::string stream = frame["stream_id"];
    if (streams.empty() || streams.back().first != stream) streams.emplace_back(stream, 0);
    ++streams.back().second;
  }
  ASSERT_EQ(streams.size(), 3U);
  EXPECT_EQ(streams[0], std::pair(first.Url("http", "/a.mp4"), 10));
  EXPECT_EQ(streams[1], std::pair(second.Url("http", "/b.mp4"), 20));
  EXPECT_EQ(streams[2], std::pair(std::string(kPortrait), 1));
}

// The server sends half of it and falls silent; the user does not wait for the deadline.
TEST_F(AnalyzeTest, AFileBehindAnAddressCanBeInterrupted) {
  const std::string street = test::ReadText(test::SamplePath("vtest.avi"));
  LoopbackServer server([&street](Connection& connection) {
    connection.ReadHead();
    connection.Send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", street.size(),
                                street.substr(0, 400'000)));
    connection.AwaitEnd();
  });
  test::Program run(AnalyzeCommand({server.Url("http", "/street.avi"), "--set",
                                    "source.read_timeout=60s", "--json", "-", "-q"}));
  ASSERT_TRUE(run.AwaitOutput());
  run.Signal(SIGINT);
  const auto outcome = run.Wait();
  EXPECT_EQ(outcome.exit_code, 128 + SIGINT) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("interrupted before the end of 1 of 1 inputs"));
}

// Nothing is waited for that cannot be.
TEST_F(AnalyzeTest, AnIncompleteAddressIsToldAtOnce) {
  const auto start = Clock::now();
  const auto run = Analyze({"udp://239.0.0.1", "rtsp://", kPortrait, "--json", Path("out.jsonl")});
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(8));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("udp://239.0.0.1: the port is missing; write it like"));
  EXPECT_THAT(run.err, HasSubstr("rtsp://: the host is missing; write it like rtsp://"));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 2) << run.err;
  EXPECT_EQ(ReadJsonLines(Path("out.jsonl")).size(), 1U);
}

}  // namespace
}  // namespace vigil
