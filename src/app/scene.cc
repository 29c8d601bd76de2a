#include "app/scene.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "core/limits.h"
#include "core/log.h"

namespace vigil::app {
namespace {

bool FitForId(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// The message holds what its JSON can hold, so that a recorded one brings about the very same
// events.
float Rounded(float value, float steps) { return std::round(value * steps) / steps; }
PixelBox Rounded(const PixelBox& box) {
  const float x = Rounded(box.x, 1000), y = Rounded(box.y, 1000);
  return {x, y, Rounded(box.right(), 1000) - x, Rounded(box.bottom(), 1000) - y};
}

Point2f Rounded(Point2f point) { return {Rounded(point.x, 1000), Rounded(point.y, 1000)}; }
Point2f CenterOf(const PixelBox& box) { return {box.x + box.width / 2, box.y + box.height / 2}; }

std::string CountsOf(const events::LineTotals& line) {
  return fmt::format("{} {} / {} {}", line.directions.a_to_b, line.a_to_b(), line.directions.b_to_a,
                     line.b_to_a());
}

}  // namespace

std::string CameraIdOf(const std::string& input) {
  std::string_view rest = input;
  const auto scheme = rest.find("://");
  if (scheme != std::string_view::npos) {
    rest.remove_prefix(scheme + 3);
    const auto host_end = rest.find('/');
    const auto credentials = rest.substr(0, host_end).rfind('@');
    if (credentials != std::string_view::npos) rest.remove_prefix(credentials + 1);
    rest = rest.substr(0, rest.find_first_of("?#"));
  } else {
    if (const auto slash = rest.rfind('/'); slash != std::string_view::npos)
      rest.remove_prefix(slash + 1);
    if (const auto dot = rest.rfind('.'); dot != std::string_view::npos && dot > 0)
      rest = rest.substr(0, dot);
  }
  std::string id;
  for (const char c : rest.substr(0, limits::kMaxIdBytes)) {
    if (FitForId(c)) {
      id += c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (id.ends_with('-')) id.pop_back();
  return id.empty() ? "camera" : id;
}

SceneWatcher::SceneWatcher(const tracking::ByteTrackOptions& options, SceneIdentity identity,
                           std::vector<std::string> class_names)
    : identity_(std::move(identity)), class_names_(std::move(class_names)), tracker_(options) {
  message_.device_id = identity_.device_id;
  message_.camera_id = identity_.camera_id;
  message_.epoch = identity_.epoch;
}

void SceneWatcher::Begin(Size frame, std::int64_t number, std::int64_t timestamp_us) {
  message_.timestamp = std::chrono::floor<std::chrono::milliseconds>(
      identity_.start + std::chrono::microseconds(timestamp_us));
  message_.frame_number = number;
  message_.frame_size = frame;
  message_.roi = {0, 0, static_cast<float>(frame.width), static_cast<float>(frame.height)};
  message_.objects.clear();
}

void SceneWatcher::Add(std::int64_t id, int class_id, float score, const PixelBox& box,
                       TrackState state) {
  TrackedObject& object = message_.objects.emplace_back();
  object.track_id = id;
  object.class_id = class_id;
  object.class_name = class_names_[static_cast<std::size_t>(class_id)];
  object.confidence = Rounded(std::clamp(score, 0.0F, 1.0F), 10'000);
  object.box = Rounded(box);
  object.center = Rounded(CenterOf(object.box));
  object.state = state;
}

const DetectionMessage& SceneWatcher::Next(std::span<const Detection> detections, Size frame,
                                           std::int64_t number, std::int64_t timestamp_us) {
  Begin(frame, number, timestamp_us);
  now_known_.clear();
  for (const tracking::Track& track : tracker_.Update(detections, timestamp_us)) {
    if (message_.objects.size() >= static_cast<std::size_t>(limits::kMaxDetections)) break;
    Add(track.id, track.class_id, track.score, track.box, track.state);
    if (track.previous_center)
      message_.objects.back().previous_center = Rounded(*track.previous_center);
    const bool known = std::ranges::binary_search(known_, track.id);
    if (track.state == TrackState::kConfirmed && !known)
      ++objects_[message_.objects.back().class_name];
    if (track.state == TrackState::kConfirmed || (known && track.state == TrackState::kLost))
      now_known_.push_back(track.id);
  }
  known_.swap(now_known_);
  return message_;
}

const DetectionMessage& SceneWatcher::Still(std::span<const Detection> detections, Size frame) {
  Begin(frame, 0, 0);
  for (const Detection& d : detections) {
    Add(static_cast<std::int64_t>(message_.objects.size()) + 1, d.class_id, d.score, d.box,
        TrackState::kConfirmed);
    ++objects_[message_.objects.back().class_name];
  }
  return message_;
}

SceneInterpreter::SceneInterpreter(std::unique_ptr<events::EventEngine> engine,
                                   events::RuleSet rules)
    : engine_(std::move(engine)), rules_(std::move(rules)) {}

absl::StatusOr<std::unique_ptr<SceneInterpreter>> SceneInterpreter::Create(
    const DeviceConfig& device, const std::string& device_id, const std::string& camera_id,
    events::RunCooldowns* cooldowns) {
  auto engine = events::EventEngine::Create(SceneOf(device), device_id, camera_id);
  if (!engine.ok()) return engine.status();
  auto rules = events::RuleSet::Create(device.rules, NamesOf(device), "events", cooldowns);
  if (!rules.ok()) return rules.status();
  std::unique_ptr<SceneInterpreter> scene(
      new SceneInterpreter(*std::move(engine), *std::move(rules)));
  for (const auto& rule : device.rules) scene->outcomes_[rule.name];
  return scene;
}

absl::StatusOr<std::span<const events::Event>> SceneInterpreter::Process(
    const DetectionMessage& message) {
  return engine_->Process(message);
}

std::span<const events::Event> SceneInterpreter::Advance(WallTime now) {
  return engine_->Advance(now);
}

std::span<const events::Event> SceneInterpreter::Finish() { return engine_->Finish(); }

std::vector<events::Decision> SceneInterpreter::Decide(const events::Event& event) {
  auto decisions = rules_.Match(event);
  for (const events::Decision& decision : decisions) {
    RuleOutcome& outcome = outcomes_[decision.rule];
    ++(decision.verdict == events::Verdict::kDeliver ? outcome.delivered : outcome.held);
  }
  return decisions;
}

DrawnScene SceneInterpreter::Drawing(const DetectionMessage& message,
                                     std::span<const events::Event> events) {
  lines_.clear();
  zones_.clear();
  auto shapes = engine_->shapes();
  const auto concerns = [&](const std::string events::Event::*name, const std::string& text) {
    return std::ranges::any_of(events,
                               [&](const events::Event& event) { return event.*name == text; });
  };
  const auto lines = engine_->line_totals();
  for (std::size_t i = 0; i < std::min(lines.size(), shapes.lines.size()); ++i) {
    lines_.push_back({lines[i].name, std::move(shapes.lines[i]), CountsOf(lines[i]),
                      concerns(&events::Event::line, lines[i].name)});
  }
  const auto zones = engine_->zone_totals();
  for (std::size_t i = 0; i < std::min(zones.size(), shapes.zones.size()); ++i) {
    zones_.push_back({zones[i].name, std::move(shapes.zones[i]),
                      static_cast<int>(zones[i].inside()),
                      concerns(&events::Event::zone, zones[i].name)});
  }
  return {message.objects, lines_, zones_};
}

}  // namespace vigil::app
