// USERS.md, pains 18 and 19: sources that come and go leave nothing behind.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "../../unit/media/test_video.h"
#include "live_fixture.h"
#include "loopback_server.h"
#include "media/source.h"
#include "support/test_data.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;  // the sanitizer keeps freed memory for a while
#else
constexpr bool kMemoryIsOurs = true;
#endif

namespace vigil::media {
namespace {

struct Footprint {
  double resident_mb = 0;
  long descriptors = 0;
};

Footprint Now() {
  malloc_trim(0);
  Footprint now;
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  now.resident_mb = static_cast<double>(resident) * 4096 / 1e6;
  now.descriptors = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  return now;
}

// A tenth of the rounds to warm up, then all of them: memory may have grown by a tenth, descriptors
// by `spare`.
void ExpectNothingLeftAfter(const char* what, int rounds, const std::function<void()>& round,
                            long spare = 0) {
  for (int i = 0; i < rounds / 10; ++i) round();
  const Footprint before = Now();
  for (int i = 0; i < rounds; ++i) round();
  const Footprint after = Now();
  std::printf("%s, %d times: %.1f -> %.1f MB resident, %ld -> %ld descriptors\n", what, rounds,
              before.resident_mb, after.resident_mb, before.descriptors, after.descriptors);
  EXPECT_LE(after.descriptors, before.descriptors + spare);
  if (kMemoryIsOurs) {
    EXPECT_LT(after.resident_mb, before.resident_mb * 1.1);
  }
}

TEST(Churn, AThousandOpensAndClosesOfAFile) {
  const vigil::test::TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", {160, 120}, test::Times(5, 25));
  ExpectNothingLeftAfter("a file opened, a frame read, closed", 1'000, [&] {
    auto source = OpenVideo((dir / "a.mp4").string(), {}, {});
    ASSERT_TRUE(source.ok());
    EXPECT_TRUE((*source)->Read({}).ok());
  });
}

TEST(Churn, TwoHundredRefusedConnections) {
  const std::string port = std::to_string(test::RefusingPort());
  ExpectNothingLeftAfter("two refused addresses", 200, [&] {
    EXPECT_FALSE(OpenVideo("rtsp://127.0.0.1:" + port + "/x", {}, {}).ok());
    EXPECT_FALSE(OpenVideo("http://127.0.0.1:" + port + "/x", {}, {}).ok());
  });
}

TEST(Churn, TwoHundredFilesThatAreNoVideos) {
  const vigil::test::TempDir dir;
  std::ofstream(dir / "a.mp4") << "just some words";
  ExpectNothingLeftAfter("a text file refused", 200,
                         [&] { EXPECT_FALSE(OpenVideo((dir / "a.mp4").string(), {}, {}).ok()); });
}

TEST(Churn, AHundredLiveSourcesStoppedWhileStreaming) {
  test::FrameGate gate;
  gate.OpenAll();
  test::LoopbackServer server(test::MjpegCamera(gate));
  ExpectNothingLeftAfter(
      "a camera started and stopped", 100,
      [&] {
        test::StateLog log;
        LatestSlot<Frame> slot;
        LiveSource source("camera", VideoOpener(server.Url("http", "/video"), {}), log.Options(),
                          slot);
        EXPECT_TRUE(log.Await(LiveState::kStreaming));
      },
      1);  // the server may or may not have noticed the end of the last connection
}

}  // namespace
}  // namespace vigil::media
