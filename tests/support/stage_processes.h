// `vigil stage` and `vigil orchestrate` as processes of their own, and a client of StreamGaze.
#pragma once

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/image.h"
#include "media/picture.h"
#include "support/process.h"
#include "support/test_data.h"
#include "vigil/v1/gaze.grpc.pb.h"

namespace vigil::test {

/// A program that serves, once it said where.
class ServerProcess {
 public:
  explicit ServerProcess(std::vector<std::string> arguments,
                         const std::vector<std::string>& environment = {})
      : program_(With(std::move(arguments)), environment) {
    const std::string line = program_.ReadLine();  // "serving gRPC and HTTP on 127.0.0.1:50051"
    const auto colon = line.find(':');
    if (colon != std::string::npos) port_ = std::atoi(line.c_str() + colon + 1);
    EXPECT_GT(port_, 0) << line << program_.Wait(std::chrono::seconds(0)).err;
  }

  int port() const { return port_; }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }
  Program& program() { return program_; }

 private:
  static std::vector<std::string> With(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), VIGIL_BINARY);
    return arguments;
  }
  Program program_;
  int port_ = 0;
};

inline std::unique_ptr<ServerProcess> StartStage(const std::string& name, int port = 0,
                                                 std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {
      "stage", name, "--listen", fmt::format("127.0.0.1:{}", port), "--threads", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::make_unique<ServerProcess>(std::move(arguments));
}

inline std::unique_ptr<ServerProcess> StartOrchestrator(std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"orchestrate", "--listen", "127.0.0.1:0", "--threads", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::make_unique<ServerProcess>(std::move(arguments));
}

inline int OpenDescriptors(pid_t process) {
  const auto folder = std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process));
  return static_cast<int>(std::distance(begin(folder), end(folder)));
}

/// Resident memory, KiB.
inline long MemoryOf(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  }
  return 0;
}

/// One video, frame by frame: each is answered before the next is sent.
class GazeVideo {
 public:
  explicit GazeVideo(const std::string& address, const std::string& traceparent = {})
      : stub_(v1::GazeService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    if (!traceparent.empty()) context_.AddMetadata("traceparent", traceparent);
    stream_ = stub_->StreamGaze(&context_);
  }
  ~GazeVideo() {
    if (stream_ == nullptr) return;
    stream_->WritesDone();
    v1::FaceMeshResult rest;
    while (stream_->Read(&rest)) continue;
    (void)stream_->Finish();
  }

  /// Nothing where the stream is over.
  std::optional<v1::FaceMeshResult> Send(ImageView image, std::int64_t timestamp_us,
                                         const std::string& stream_id = "test") {
    v1::VideoFrame frame;
    frame.set_encoding(v1::IMAGE_ENCODING_RGB24);
    frame.set_width(image.width);
    frame.set_height(image.height);
    for (int y = 0; y < image.height; ++y)
      frame.mutable_frame_data()->append(reinterpret_cast<const char*>(image.row(y)),
                                         3 * static_cast<std::size_t>(image.width));
    return Send(std::move(frame), timestamp_us, stream_id);
  }
  std::optional<v1::FaceMeshResult> Send(v1::VideoFrame frame, std::int64_t timestamp_us,
                                         const std::string& stream_id = "test") {
    frame.set_timestamp_us(timestamp_us);
    frame.set_stream_id(stream_id);
    frame.set_sequence(++sequence_);
    v1::FaceMeshResult result;
    if (stream_ == nullptr) return std::nullopt;
    if (stream_->Write(frame) && stream_->Read(&result)) return result;
    error_ = stream_->Finish().error_message();
    stream_.reset();
    return std::nullopt;
  }
  /// Why the stream is over.
  const std::string& error() const { return error_; }

 private:
  std::unique_ptr<v1::GazeService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::VideoFrame, v1::FaceMeshResult>> stream_;
  std::uint64_t sequence_ = 0;
  std::string error_;
};

/// The sample portrait, twice: large, wandering to and fro, and half its size, which is away in some frames.
class PortraitVideo {
 public:
  static constexpr std::int64_t kFrameUs = 33'333;

  PortraitVideo() {
    auto read = media::ReadPicture(SamplePath("astronaut.png"));
    if (read.ok()) portrait_ = *std::move(read);
    EXPECT_FALSE(portrait_.empty());
  }

  Image Frame(int number) const {
    Image frame(960, 540, PixelFormat::kRgb8);
    MutableImageView view = frame.mutable_view();
    std::memset(view.data, 96, frame.bytes());
    const int step = number % 40 < 20 ? number % 40 : 40 - number % 40;
    Draw(view, 10 + step, 14 + step / 2, 1);
    if (number % 50 < 20 || number % 50 > 30) Draw(view, 640 - 2 * step, 200, 2);
    return frame;
  }

 private:
  // Every `scale`-th pixel, from (left, top) on.
  void Draw(MutableImageView to, int left, int top, int scale) const {
    const ImageView from = portrait_.view();
    for (int y = 0; y < from.height / scale; ++y) {
      for (int x = 0; x < from.width / scale; ++x) {
        if (top + y >= to.height || left + x >= to.width) continue;
        std::memcpy(to.row(top + y) + 3 * (left + x), from.row(y * scale) + 3 * (x * scale), 3);
      }
    }
  }

  Image portrait_;
};

}  // namespace vigil::test
