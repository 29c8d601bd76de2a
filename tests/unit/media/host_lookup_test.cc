#include "media/internal/host_lookup.h"

#include <gtest/gtest.h>

#include "media/source.h"

namespace vigil::media::internal {
namespace {

struct HostCase {
  const char* url;
  const char* host;
};
class Host : public testing::TestWithParam<HostCase> {};

TEST_P(Host, IsBetweenCredentialsAndPort) {
  EXPECT_EQ(AuthorityOf(GetParam().url).host, GetParam().host);
}
INSTANTIATE_TEST_SUITE_P(All, Host,
                         testing::Values(HostCase{"rtsp://camera-1/main", "camera-1"},
                                         HostCase{"rtsp://camera-1:8554/main", "camera-1"},
                                         HostCase{"rtsp://me:p@ss@camera-1:554/a@b", "camera-1"},
                                         HostCase{"http://[::1]:8080/x", "::1"},
                                         HostCase{"http://me@[fe80::1]/", "fe80::1"},
                                         HostCase{"https://host?token=a:b@c", "host"},
                                         HostCase{"http://host#x", "host"},
                                         HostCase{"http:///x", ""}, HostCase{"no-url", ""},
                                         HostCase{"http://[broken", "broken"}));

TEST(HostLookup, AddressesAndLocalhostPass) {
  Interrupt interrupt;
  interrupt.Arm({}, After(std::chrono::minutes(1)));
  for (const char* url : {"rtsp://127.0.0.1:554/x", "http://[::1]/x", "rtsp://localhost/x"}) {
    EXPECT_TRUE(AwaitHost(url, interrupt).ok()) << url;
  }
}

TEST(HostLookup, AnUnknownNameIsAnErrorThatNamesIt) {
  const auto source = OpenVideo("rtsp://me:secret@no-such-camera.invalid/x", {}, {});
  ASSERT_FALSE(source.ok());
  const std::string text(source.status().message());
  EXPECT_TRUE(text.starts_with("rtsp://***@no-such-camera.invalid/x: ")) << text;
}

TEST(HostLookup, AStopIsHeeded) {
  std::stop_source stop;
  stop.request_stop();
  const auto source = OpenVideo("rtsp://no-such-camera.invalid/x", {}, stop.get_token());
  EXPECT_TRUE(absl::IsCancelled(source.status())) << source.status();
}

}  // namespace
}  // namespace vigil::media::internal
