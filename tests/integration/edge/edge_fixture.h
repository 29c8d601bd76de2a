// `vigil edge` and `vigil infer` as real processes, with a camera made of a video.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/time.h"
#include "media/picture.h"
#include "media/video_writer.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::test {

/// A 640x480 video of one face that drifts to the right and back. `seconds` and `fps` are of the test's clock.
inline std::string MakeEdgeClip(const std::filesystem::path& path, int seconds, int fps = 30) {
  const auto portrait = media::ReadPicture(SamplePath("astronaut.png").string());
  EXPECT_TRUE(portrait.ok());
  auto writer = media::VideoWriter::Create(
      path, {640, 480}, {.preset = "ultrafast", .fps = static_cast<double>(fps) / kSlower});
  EXPECT_TRUE(writer.ok()) << writer.status();
  Image image(640, 480, PixelFormat::kRgb8);
  const MutableImageView view = image.mutable_view();
  for (int i = 0; i < fps * seconds; ++i) {
    std::fill_n(view.data, image.bytes(), std::uint8_t{128});
    const int phase = i % 200;
    const int x = phase < 100 ? phase : 200 - phase;  // there and back
    for (int y = 0; y < 480; ++y)
      std::copy_n(portrait->view().row(y + 16), 3 * 512, view.row(y) + 3 * x);
    EXPECT_TRUE((*writer)->Add(image.view(), std::int64_t{i} * 1'000'000 * kSlower / fps).ok());
  }
  EXPECT_TRUE((*writer)->Finish().ok());
  return path.string();
}

/// `vigil infer` on loopback.
class InferProcess {
 public:
  explicit InferProcess(int port = 0, std::vector<std::string> more = {}) {
    std::vector<std::string> command = {VIGIL_BINARY, "infer", "--listen",
                                        "127.0.0.1:" + std::to_string(port)};
    command.insert(command.end(), more.begin(), more.end());
    program_.emplace(command, std::vector<std::string>{"VIGIL_THREADS=1",
                                                       "VIGIL_SERVER_HTTP_LISTEN=127.0.0.1:0"});
    const std::string line = program_->ReadLine();  // "serving gRPC and HTTP on 127.0.0.1:1234, …"
    const auto at = line.find("127.0.0.1:");
    EXPECT_NE(at, std::string::npos) << line;
    if (at != std::string::npos) port_ = std::stoi(line.substr(at + 10));
  }
  int port() const { return port_; }
  void Signal(int signal) const { program_->Signal(signal); }
  /// To its end: what it said.
  Outcome Wait() { return program_->Wait(std::chrono::seconds(20) * kSlower); }
  void Kill() {
    Signal(SIGKILL);
    (void)Wait();
  }

 private:
  std::optional<Program> program_;
  int port_ = 0;
};

/// `vigil edge`, whose results are read while it runs.
class EdgeProcess {
 public:
  struct Result {
    nlohmann::json json;
    Clock::time_point came;
    std::string computed() const { return json["computed"]; }
  };

  EdgeProcess(const std::filesystem::path& dir, const std::string& input,
              std::vector<std::string> arguments)
      : json_(dir / "edge.jsonl") {
    std::vector<std::string> command = {VIGIL_BINARY, "edge", input, "--json", json_.string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::filesystem::remove(json_);
    if (mkfifo(json_.c_str(), 0600) != 0) std::abort();
    program_.emplace(command);
    reader_ = std::jthread([this] { Read(); });
  }

  /// Waits until `condition` holds of the results so far.
  template <typename Condition>
  bool Await(Condition condition, std::chrono::seconds limit = std::chrono::seconds(60) * kSlower) {
    const auto deadline = After(limit);
    while (Clock::now() < deadline) {
      {
        std::lock_guard lock(mutex_);
        if (condition(std::as_const(results_))) return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool AwaitResults(std::size_t more) {
    std::size_t before = 0;
    {
      std::lock_guard lock(mutex_);
      before = results_.size();
    }
    return Await([&](const auto& all) { return all.size() >= before + more; });
  }
  /// The last `count` were all computed there.
  bool AwaitComputed(const std::string& where, std::size_t count = 10) {
    return Await([&](const auto& all) {
      return all.size() >= count &&
             std::all_of(all.end() - static_cast<std::ptrdiff_t>(count), all.end(),
                         [&](const Result& one) { return one.computed() == where; });
    });
  }
  std::vector<Result> results() const {
    std::lock_guard lock(mutex_);
    return results_;
  }
  void Signal(int signal) const { program_->Signal(signal); }
  pid_t pid() const { return program_->pid(); }
  /// To its end. All results are there then.
  Outcome Wait() {
    Outcome outcome = program_->Wait(std::chrono::seconds(60) * kSlower);
    reader_.join();
    return outcome;
  }

 private:
  void Read() {
    std::ifstream file(json_);
    for (std::string line; std::getline(file, line);) {
      Result result{nlohmann::json::parse(line, nullptr, false), Clock::now()};
      EXPECT_FALSE(result.json.is_discarded()) << line.substr(0, 200);
      for (auto& face : result.json["faces"]) face.erase("landmarks");  // a test reads thousands
      std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
    }
  }

  const std::filesystem::path json_;
  std::optional<Program> program_;
  mutable std::mutex mutex_;
  std::vector<Result> results_;  // under mutex_
  std::jthread reader_;
};

/// The number before `word` in a summary: NumberBefore("12 lost", "lost") is 12; -1: none.
inline long NumberBefore(const std::string& text, const std::string& word) {
  const auto at = text.find(" " + word);
  if (at == std::string::npos) return -1;
  auto begin = at;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(text[begin - 1])) != 0) --begin;
  return begin == at ? -1 : std::stol(text.substr(begin, at - begin));
}

}  // namespace vigil::test
