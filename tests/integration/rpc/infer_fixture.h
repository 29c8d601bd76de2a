// `vigil infer` as a process of its own, and clients of it.
#pragma once

#include <dirent.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/image.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "support/http2_client.h"
#include "support/process.h"
#include "support/test_data.h"
#include "vigil/v1/gaze.grpc.pb.h"

namespace vigil::test {

/// A server on free ports of loopback.
class InferServer {
 public:
  explicit InferServer(std::vector<std::string> arguments = {}) {
    std::vector<std::string> command = {VIGIL_BINARY, "infer"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    program_ = std::make_unique<Program>(
        command,
        std::vector<std::string>{"VIGIL_SERVER_LISTEN=127.0.0.1:0",
                                 "VIGIL_SERVER_HTTP_LISTEN=127.0.0.1:0", "VIGIL_THREADS=2"});
    const std::string line = program_->ReadLine();
    port_ = PortIn(line, line.find(':'));
    http_port_ = PortIn(line, line.rfind(':'));
    EXPECT_GT(port_, 0) << line;
  }

  int port() const { return port_; }
  int http_port() const { return http_port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  Program& program() { return *program_; }

  /// The text of GET `path` on `port`, with its head.
  static std::string Get(int port, const std::string& path) {
    const int fd = ConnectTo(port);
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    std::string answer = ReadAll(fd);
    close(fd);
    return answer;
  }
  /// A line of /metrics: the number behind `name`; -1: there is none.
  double Metric(const std::string& name) const {
    const std::string text = Get(port_, "/metrics");
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + name.size() + 2);
  }
  /// Waits until `name` has the value; the number it has in the end.
  double AwaitMetric(const std::string& name, double value) const {
    double now = -1;
    for (int i = 0; i < 100 && (now = Metric(name)) != value; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return now;
  }

  int OpenDescriptors() const {
    int count = 0;
    DIR* dir = opendir(("/proc/" + std::to_string(program_->pid()) + "/fd").c_str());
    for (; dir != nullptr && readdir(dir) != nullptr;) ++count;
    if (dir != nullptr) closedir(dir);
    return count;
  }
  /// KiB.
  long Memory() const {
    std::ifstream status("/proc/" + std::to_string(program_->pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
    return 0;
  }

 private:
  static int PortIn(const std::string& line, std::size_t at) {
    return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + 1);
  }

  std::unique_ptr<Program> program_;
  int port_ = 0, http_port_ = 0;
};

/// A channel of its own, with its own connection.
inline std::shared_ptr<grpc::Channel> Connect(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials =
                                    grpc::InsecureChannelCredentials()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

inline std::chrono::system_clock::time_point In(std::chrono::seconds time) {
  return std::chrono::system_clock::now() + time;
}

/// The portrait: the pixels, and as JPEG.
struct Portrait {
  Image image;
  std::string jpeg, rgb;

  Portrait() {
    image = media::ReadPicture(SamplePath("astronaut.png")).value();
    media::JpegEncoder encoder;
    const auto bytes = encoder.Encode(image.view(), 90).value();
    jpeg.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    rgb.assign(reinterpret_cast<const char*>(image.view().data), image.bytes());
  }

  v1::VideoFrame Frame(std::uint64_t number) const {
    v1::VideoFrame frame;
    frame.set_frame_data(jpeg);
    frame.set_timestamp_us(static_cast<std::int64_t>(number) * 33'333);
    frame.set_sequence(number);
    frame.set_stream_id("portrait");
    return frame;
  }
};

/// One StreamGaze call.
class GazeCall {
 public:
  explicit GazeCall(const std::shared_ptr<grpc::Channel>& channel,
                    std::chrono::seconds limit = std::chrono::seconds(60),
                    const std::vector<std::pair<std::string, std::string>>& metadata = {})
      : stub_(v1::GazeService::NewStub(channel)) {
    for (const auto& [name, value] : metadata) context_.AddMetadata(name, value);
    context_.set_deadline(In(limit));
    stream_ = stub_->StreamGaze(&context_);
  }
  /// Sends a frame and waits for its result.
  v1::FaceMeshResult Ask(const v1::VideoFrame& frame) {
    v1::FaceMeshResult result;
    EXPECT_TRUE(stream_->Write(frame));
    EXPECT_TRUE(stream_->Read(&result));
    return result;
  }
  grpc::Status Finish() {
    stream_->WritesDone();
    v1::FaceMeshResult ignored;
    while (stream_->Read(&ignored)) {
    }
    return stream_->Finish();
  }
  auto& stream() { return *stream_; }
  grpc::ClientContext& context() { return context_; }

 private:
  std::unique_ptr<v1::GazeService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::VideoFrame, v1::FaceMeshResult>> stream_;
};

}  // namespace vigil::test
