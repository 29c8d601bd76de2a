#include "app/replay.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "app/config_command.h"
#include "app/ordered_output.h"
#include "app/output_check.h"
#include "app/scene.h"
#include "app/scene_check.h"
#include "app/signals.h"
#include "app/summary.h"
#include "core/file_error.h"
#include "core/json_writer.h"
#include "core/limits.h"
#include "core/status.h"
#include "core/time.h"
#include "events/envelope.h"
#include "events/event_json.h"
#include "events/refusal.h"

namespace vigil::app {
namespace {

// Times the recorded pace; nothing: as fast as it goes.
absl::StatusOr<std::optional<double>> ParseSpeed(std::string_view text) {
  if (text == "max") return std::nullopt;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error == std::errc() && end == text.data() + text.size() && speed >= 0.01 && speed <= 10'000)
    return speed;
  return absl::InvalidArgumentError(
      fmt::format("--speed {}: give max, or a number from 0.01 to 10000 (1: as recorded)", text));
}

// Lines of a file, each bounded. "-" is standard input.
class LineReader {
 public:
  static absl::StatusOr<LineReader> Open(const std::string& path) {
    std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
    if (file == nullptr) return FileError(errno, path, "cannot be read", FileAccess::kRead);
    std::error_code ignored;
    if (path != "-" && std::filesystem::is_directory(path, ignored)) {
      std::fclose(file);
      return absl::InvalidArgumentError(fmt::format("{}: is a folder; name the files in it", path));
    }
    return LineReader(path, file);
  }
  LineReader(LineReader&&) = default;

  enum class Result { kLine, kTooLong, kEnd };
  // The next line without its end. One that is too long is passed over whole.
  Result Next(std::string& line) {
    line.clear();
    bool too_long = false, any = false;
    for (int c = std::getc(file_.get()); c != EOF; c = std::getc(file_.get())) {
      any = true;
      if (c == '\n') return too_long ? Result::kTooLong : Result::kLine;
      if (line.size() < events::MaxEnvelopeJsonBytes()) {
        line += static_cast<char>(c);
      } else {
        too_long = true;
      }
    }
    if (too_long) return Result::kTooLong;
    return any ? Result::kLine : Result::kEnd;
  }
  bool failed() const { return std::ferror(file_.get()) != 0; }

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  LineReader(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

class Replay {
 public:
  Replay(const ReplayArguments& arguments, const Config& config)
      : arguments_(arguments), config_(config) {}

  int Run() {
    const auto speed = ParseSpeed(arguments_.speed);
    if (!speed.ok()) return Complain(speed.status()), kExitUsage;
    speed_ = *speed;
    std::set<std::string> inputs;
    for (const std::string& input : arguments_.inputs) inputs.insert(FileIdentity(input));
    if (auto status = CheckOutputs({{{"--events", arguments_.events}}}, inputs); !status.ok())
      return Complain(status), kExitUsage;
    if (!arguments_.events.empty()) {
      auto events = OrderedOutput::Create(arguments_.events, 1, true);
      if (!events.ok()) return Complain(events.status()), kExitFailed;
      events_ = *std::move(events);
    }
    const auto start = Clock::now();
    for (const std::string& input : arguments_.inputs) {
      if (output_lost_) break;
      if (auto status = ReadAll(input); !status.ok() && !absl::IsCancelled(status))
        Complain(status);
    }
    for (auto& [key, camera] : cameras_) {
      (void)Write(*camera, camera->scene->Finish());  // what it cannot write is told there
    }
    Report(MicrosBetween(start, Clock::now()));
    return failed_ ? kExitFailed : kExitOk;
  }

 private:
  struct Camera {
    std::unique_ptr<SceneInterpreter> scene;
    JobReport report;
  };

  void Complain(const absl::Status& status) {
    fmt::print(stderr, "vigil: {}\n", MessageOf(status));
    failed_ = true;
  }

  // Told once, with the first line that found no room; nothing more is read then.
  absl::Status LoseOutput(const absl::Status& status) {
    if (!output_lost_) Complain(status);
    output_lost_ = true;
    return absl::CancelledError();
  }

  absl::Status ReadAll(const std::string& input) {
    auto reader = LineReader::Open(input);
    if (!reader.ok()) return reader.status();
    std::string line;
    const std::int64_t before = messages_;
    for (std::int64_t number = 1;; ++number) {
      if (signals_.token().stop_requested()) return absl::CancelledError();
      const auto result = reader->Next(line);
      if (result == LineReader::Result::kEnd) break;
      const auto status = result == LineReader::Result::kTooLong
                              ? events::Refuse(events::RefusalReason::kTooLarge,
                                               fmt::format("a line of over {} bytes",
                                                           events::MaxEnvelopeJsonBytes()))
                              : Process(line);
      if (status.ok()) continue;
      if (absl::IsCancelled(status)) return status;
      if (!events::RefusalReasonOf(status))
        return absl::Status(status.code(),
                            fmt::format("{}:{}: {}", input, number, MessageOf(status)));
      NoteRefusal(input, number, status);
    }
    if (reader->failed())
      return absl::DataLossError(fmt::format("{}: cannot be read to its end", input));
    if (messages_ == before) {
      return absl::InvalidArgumentError(fmt::format(
          "{}: holds no detection message; analyze --detections writes such files", input));
    }
    return absl::OkStatus();
  }

  absl::Status Process(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return absl::OkStatus();
    const auto read = reader_.Read(line);
    if (!read.ok()) return read.status();
    const DetectionMessage& message = **read;
    if (!Pace(message.timestamp)) return absl::CancelledError();
    const auto camera = CameraOf(message);
    if (!camera.ok()) return camera.status();
    const auto events = (*camera)->scene->Process(message);
    if (!events.ok()) return events.status();
    ++(*camera)->report.frames;
    ++messages_;
    return Write(**camera, *events);
  }

  absl::StatusOr<Camera*> CameraOf(const DetectionMessage& message) {
    const std::pair key(message.device_id, message.camera_id);
    if (const auto found = cameras_.find(key); found != cameras_.end()) return found->second.get();
    if (cameras_.size() >= limits::kMaxDevices) {
      return events::Refuse(events::RefusalReason::kWrongSource,
                            fmt::format("more than {} cameras", limits::kMaxDevices));
    }
    if (const auto known = DeviceIsKnown(config_.scene, message.device_id); !known.ok())
      return events::Refuse(events::RefusalReason::kWrongSource, std::string(MessageOf(known)));
    const DeviceConfig& device = DeviceOf(config_.scene, message.device_id);
    if (&device != &config_.scene.device && !device.camera_id.empty() &&
        device.camera_id != message.camera_id) {
      return events::Refuse(
          events::RefusalReason::kWrongSource,
          fmt::format("a message of camera {}; devices.{} is the scene of camera {} (camera_id)",
                      message.camera_id, message.device_id, device.camera_id));
    }
    auto scene = SceneInterpreter::Create(device, message.device_id, message.camera_id,
                                          &cooldowns_[&device]);
    if (!scene.ok()) return scene.status();
    auto camera = std::make_unique<Camera>();
    camera->scene = *std::move(scene);
    camera->report.name = message.device_id + "/" + message.camera_id;
    camera->report.has_scene = true;
    return cameras_.emplace(key, std::move(camera)).first->second.get();
  }

  absl::Status Write(Camera& camera, std::span<const events::Event> events) {
    for (const events::Event& event : events) {
      ++camera.report.events;
      camera.scene->Decide(event);
      if (!events_) continue;
      json_.Clear();
      events::WriteEvent(json_, event);
      line_.assign(json_.text()).append(1, '\n');
      const auto written = events_->Write(0, line_, signals_.token());
      if (written.ok() || absl::IsCancelled(written)) continue;
      return LoseOutput(written);
    }
    return absl::OkStatus();
  }

  // False: stopped. Messages of several cameras are paced by the first one's clock.
  bool Pace(WallTime time) {
    if (!speed_) return true;
    if (!first_) first_ = {time, Clock::now()};
    const double elapsed_us = static_cast<double>((time - first_->first).count()) / *speed_;
    if (!(elapsed_us > 0)) return true;
    constexpr double kDay = 86'400e6;  // a gap in a recording, or a wrong clock, is not waited out
    const auto due = first_->second + std::chrono::microseconds(
                                          static_cast<std::int64_t>(std::min(elapsed_us, kDay)));
    return SleepUntil(due, signals_.token());
  }

  void NoteRefusal(const std::string& input, std::int64_t number, const absl::Status& status) {
    failed_ = true;
    const auto reason = *events::RefusalReasonOf(status);
    if (refused_.of(reason) == 0)
      fmt::print(stderr, "vigil: {}:{}: refused: {}\n", input, number, MessageOf(status));
    refused_.Add(status);
  }

  // "vigil: 20 lines were refused: bad_json 12, out_of_order 8"
  void TellRefusals() const {
    std::string reasons;
    for (std::size_t i = 0; i < events::kRefusalReasons; ++i) {
      const auto reason = static_cast<events::RefusalReason>(i);
      if (refused_.of(reason) > 0)
        reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", events::NameOf(reason),
                               refused_.of(reason));
    }
    fmt::print(
        stderr, "vigil: {} refused: {}\n",
        refused_.total() == 1 ? "1 line was" : fmt::format("{} lines were", refused_.total()),
        reasons);
  }

  void Report(std::int64_t wall_us) {
    if (events_) {
      events_->Done(0);
      if (auto status = events_->Close(); !status.ok()) (void)LoseOutput(status);
    }
    if (refused_.total() > 0) TellRefusals();
    if (arguments_.quiet) return;
    std::vector<JobReport> reports;
    for (auto& [key, camera] : cameras_) {
      JobReport& report = camera->report;
      report.wall_us = wall_us;
      report.lines = camera->scene->engine().line_totals();
      report.zones = camera->scene->engine().zone_totals();
      report.rules = camera->scene->rule_outcomes();
      reports.push_back(std::move(report));
    }
    fmt::print(arguments_.events == "-" ? stderr : stdout, "{}", ReplaySummary(reports));
  }

  const ReplayArguments& arguments_;
  const Config& config_;
  StopOnSignal signals_;
  std::optional<double> speed_;
  std::optional<std::pair<WallTime, Clock::time_point>> first_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Camera>> cameras_;
  std::map<const DeviceConfig*, events::RunCooldowns> cooldowns_;  // of all cameras with its rules
  events::EnvelopeReader reader_;
  events::RefusalCounts refused_;
  std::unique_ptr<OrderedOutput> events_;
  JsonWriter json_;
  std::string line_;
  std::int64_t messages_ = 0;
  bool failed_ = false, output_lost_ = false;
};

}  // namespace

int RunReplay(const ReplayArguments& arguments, const Config& config) {
  return Replay(arguments, config).Run();
}

}  // namespace vigil::app
