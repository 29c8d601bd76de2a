// An RTSP camera that we did not write: GStreamer's server in a process of its own.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>

#include "support/process.h"
#include "support/test_data.h"

namespace vigil::media::test {

class GStreamerCamera {
 public:
  /// Serves an H.264 MP4 from its beginning to every client. `port` "0": any free one.
  explicit GStreamerCamera(const std::filesystem::path& file, const std::string& port = "0")
      : server_({"/usr/bin/python3",
                 vigil::test::SourcePath("tests/integration/media/gstreamer_camera.py").string(),
                 file.string(), port}),
        port_(server_.ReadLine()) {}

  /// False where the packages are missing, or the port is taken.
  bool running() const { return !port_.empty(); }
  const std::string& port() const { return port_; }
  std::string Url() const { return "rtsp://127.0.0.1:" + port_ + "/main"; }
  /// As if somebody had pulled its plug: no goodbye.
  void Kill() { (void)server_.Wait(std::chrono::seconds(0)); }
  /// It lives and says nothing, and Continue() makes it go on.
  void Freeze() { server_.Signal(SIGSTOP); }
  void Continue() { server_.Signal(SIGCONT); }

 private:
  vigil::test::Program server_;
  std::string port_;
};

}  // namespace vigil::media::test
