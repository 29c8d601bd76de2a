#include "media/internal/input_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace vigil::media {
namespace {

struct KindCase {
  const char* input;
  InputKind kind;
};
class Kind : public testing::TestWithParam<KindCase> {};

TEST_P(Kind, IsToldByTheName) { EXPECT_EQ(KindOf(GetParam().input), GetParam().kind); }
INSTANTIATE_TEST_SUITE_P(All, Kind,
                         testing::Values(KindCase{"a.mp4", InputKind::kFile},
                                         KindCase{"/x/12:30:00.avi", InputKind::kFile},
                                         KindCase{"./http://x", InputKind::kFile},
                                         KindCase{"file:///x/a.mp4", InputKind::kUnsupported},
                                         KindCase{"concat:a.mp4|b.mp4", InputKind::kFile},
                                         KindCase{"/dev/video0", InputKind::kCamera},
                                         KindCase{"rtsp://camera/main", InputKind::kNetwork},
                                         KindCase{"rtsps://camera", InputKind::kNetwork},
                                         KindCase{"http://host/a.mjpg", InputKind::kNetwork},
                                         KindCase{"https://host/", InputKind::kNetwork},
                                         KindCase{"RTSP://camera/main", InputKind::kNetwork},
                                         KindCase{"rtmp://host/live/x", InputKind::kNetwork},
                                         KindCase{"srt://host:9000", InputKind::kNetwork},
                                         KindCase{"udp://239.0.0.1:5000", InputKind::kNetwork},
                                         KindCase{"tcp://host:5000", InputKind::kNetwork},
                                         KindCase{"ftp://host/a.mp4", InputKind::kUnsupported},
                                         KindCase{"concat://a", InputKind::kUnsupported},
                                         KindCase{"subfile,,start,0,end,9,,:http://x/",
                                                  InputKind::kUnsupported},
                                         KindCase{"://", InputKind::kFile}));

bool Holds(const std::string& list, const std::string& name) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

TEST(InputRules, AnUnknownSchemeNamesTheKnownOnes) {
  const auto status = CheckAddress("ftp://me:secret@host/a.mp4");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "ftp://***@host/a.mp4: unknown scheme; use rtsp, rtsps, http, https, rtmp, rtmps, srt, "
            "udp, tcp, /dev/video… or a path");
  EXPECT_EQ(CheckAddress("file:///x/a.mp4").message(),
            "file:///x/a.mp4: name the file by its path, without file://");
}

TEST(InputRules, AnAddressHasAHostAndAPortWhereItNeedsOne) {
  for (const char* right :
       {"a.mp4", "/dev/video0", "rtsp://camera", "rtsp://me:pass@camera:8554/x", "http://[::1]/",
        "http://[::1]:8080/a", "udp://:5000", "udp://@239.0.0.1:5000", "udp://239.0.0.1:5000?ttl=2",
        "srt://:9000?mode=listener", "tcp://host:1"})
    EXPECT_TRUE(CheckAddress(right).ok()) << CheckAddress(right);
  for (const char* wrong :
       {"rtsp://", "http:///", "https://:443/a", "rtmp:///live", "rtsp://me:pass@/x", "udp://",
        "udp://239.0.0.1", "udp://host:/", "srt://host", "tcp://host:0", "tcp://host:70000",
        "http://host:80a/", "udp://[ff02::1]"})
    EXPECT_EQ(CheckAddress(wrong).code(), absl::StatusCode::kInvalidArgument) << wrong;
  EXPECT_EQ(CheckAddress("udp://239.0.0.1").message(),
            "udp://239.0.0.1: the port is missing; write it like udp://239.0.0.1:5000, or "
            "udp://:5000 to listen");
  EXPECT_EQ(CheckAddress("rtsp://me:secret@/x").message(),
            "rtsp://***@/x: the host is missing; write it like rtsp://camera/stream");
  EXPECT_EQ(CheckAddress("tcp://host:70000").message(),
            "tcp://host:70000: the port 70000 is no number from 1 to 65535; write it like "
            "tcp://server:5000");
}

TEST(InputRules, FilesReachOnlyFiles) { EXPECT_EQ(internal::ProtocolsFor("a.mp4"), "file"); }

TEST(InputRules, NetworkSourcesReachNoFile) {
  for (const char* url : {"rtsp://a/", "rtsps://a/", "http://a/", "https://a/", "HTTPS://a/",
                          "rtmp://a/", "rtmps://a/", "srt://a:1", "udp://a:1", "tcp://a:1"}) {
    const std::string protocols = internal::ProtocolsFor(url);
    for (const char* never :
         {"file", "concat", "concatf", "subfile", "pipe", "data", "unix", "cache"}) {
      EXPECT_FALSE(Holds(protocols, never)) << url << " " << never;
    }
  }
}

TEST(InputRules, ListsScriptsAndTextAreNoVideos) {
  for (const InputKind kind : {InputKind::kFile, InputKind::kNetwork}) {
    const std::string& formats = internal::FormatsFor(kind);
    for (const char* never : {"concat", "sdp", "image2", "tty", "lavfi", "x11grab"})
      EXPECT_FALSE(Holds(formats, never)) << never;
    for (const char* needed : {"mov", "matroska", "avi", "gif", "mpegts", "mpjpeg"})
      EXPECT_TRUE(Holds(formats, needed)) << needed;
  }
  EXPECT_FALSE(Holds(internal::FormatsFor(InputKind::kFile), "hls"));
}

}  // namespace
}  // namespace vigil::media
