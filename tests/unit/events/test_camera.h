// A camera of a test: objects where the test puts them, messages at a steady pace, events
// collected.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/detection_message.h"
#include "events/engine.h"

namespace vigil::events::test {

inline constexpr Size kFrame{1000, 800};
inline constexpr WallTime kStart{std::chrono::seconds(1'736'951'400)};  // 2025-01-15T14:30:00Z

/// An object of 40 x 80 pixels.
inline TrackedObject At(std::int64_t id, float x, float y, std::string name = "person") {
  TrackedObject object;
  object.track_id = id;
  object.class_name = std::move(name);
  object.confidence = 0.9F;
  object.center = {x, y};
  object.box = {x - 20, y - 40, 40, 80};
  return object;
}

/// A line across the frame from top to bottom at x.
inline LineOptions VerticalAt(double position_pct, std::string name = "door") {
  LineOptions line;
  line.description = std::move(name);
  line.type = LineType::kVertical;
  line.position_pct = position_pct;
  return line;
}

/// A line between two points in pixels.
inline LineOptions Between(double x1, double y1, double x2, double y2, std::string name = "gate") {
  LineOptions line;
  line.description = std::move(name);
  line.points_px = {{x1, y1}, {x2, y2}};
  return line;
}

inline ZoneOptions Rectangle(double x1, double y1, double x2, double y2,
                             std::string name = "garden") {
  ZoneOptions zone;
  zone.description = std::move(name);
  zone.x1_pct = x1, zone.y1_pct = y1, zone.x2_pct = x2, zone.y2_pct = y2;
  return zone;
}

inline SceneOptions Scene(std::vector<LineOptions> lines, std::vector<ZoneOptions> zones = {}) {
  SceneOptions scene;
  scene.lines = std::move(lines);
  scene.zones = std::move(zones);
  scene.count_events = scene.object_events = false;
  return scene;
}

inline std::unique_ptr<EventEngine> MakeEngine(SceneOptions scene) {
  auto engine = EventEngine::Create(std::move(scene), "jetson-01", "driveway");
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

/// An event in a line: `LINE_CROSS door left_to_right person 1`.
inline std::string Brief(const Event& event) {
  std::string text(NameOf(event.type));
  for (const std::string* part :
       {&event.line, &event.zone, &event.direction, &event.class_name, &event.reason}) {
    if (!part->empty()) text += " " + *part;
  }
  if (event.track_id) text += fmt::format(" {}", *event.track_id);
  if (event.count) text += fmt::format(" n={}", *event.count);
  return text;
}

class TestCamera {
 public:
  explicit TestCamera(SceneOptions scene) : engine_(MakeEngine(std::move(scene))) {}

  EventEngine& engine() { return *engine_; }
  void Replace(std::unique_ptr<EventEngine> engine) { engine_ = std::move(engine); }

  DetectionMessage Message(std::vector<TrackedObject> objects) const {
    DetectionMessage message;
    message.device_id = "jetson-01";
    message.camera_id = "driveway";
    message.epoch = epoch;
    message.frame_number = frame;
    message.timestamp = time;
    message.frame_size = kFrame;
    message.roi = {0, 0, static_cast<float>(kFrame.width), static_cast<float>(kFrame.height)};
    message.objects = std::move(objects);
    return message;
  }

  /// The next frame. Its events in brief; all are kept in `events`.
  std::vector<std::string> Send(std::vector<TrackedObject> objects) {
    return Give(Message(std::move(objects)));
  }
  std::vector<std::string> Give(const DetectionMessage& message) {
    const auto happened = engine_->Process(message);
    EXPECT_TRUE(happened.ok()) << happened.status();
    ++frame;
    time += pace;
    return happened.ok() ? Keep(*happened) : std::vector<std::string>{};
  }
  std::vector<std::string> Keep(std::span<const Event> happened) {
    std::vector<std::string> brief;
    for (const Event& event : happened) {
      brief.push_back(Brief(event));
      events.push_back(event);
    }
    return brief;
  }
  /// One object along positions, a frame each.
  std::vector<std::string> Walk(const std::vector<Point2f>& path, std::int64_t id = 1,
                                const std::string& name = "person") {
    std::vector<std::string> brief;
    for (const Point2f p : path) {
      for (auto& text : Send({At(id, p.x, p.y, name)})) brief.push_back(std::move(text));
    }
    return brief;
  }

  std::int64_t epoch = 0;
  std::int64_t frame = 1;
  WallTime time = kStart;
  Milliseconds pace{100};
  std::vector<Event> events;

 private:
  std::unique_ptr<EventEngine> engine_;
};

inline SceneOptions DoorAndGarden() { return Scene({VerticalAt(50)}, {Rectangle(60, 0, 90, 100)}); }

}  // namespace vigil::events::test
