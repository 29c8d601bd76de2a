// Events as a camera brings them about: one of each type.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/wall_time.h"
#include "events/event.h"

namespace vigil::test {

inline WallTime TimeOf(std::string_view text) { return ParseIso8601(text).value(); }

/// Every field that a leaving object can have; all numbers are exact in JSON.
inline events::Event ZoneExit() {
  events::Event event;
  event.id = "jetson-01/driveway/3/17";
  event.type = events::EventType::kZoneExit;
  event.device_id = "jetson-01";
  event.camera_id = "driveway";
  event.time = TimeOf("2025-01-15T14:30:22.123Z");
  event.epoch = 3;
  event.sequence = 17;
  event.frame_number = 4711;
  event.zone = "garden";
  event.track_id = 42;
  event.track_age = std::chrono::milliseconds(12'500);
  event.class_id = 2;
  event.class_name = "car";
  event.confidence = 0.875F;
  event.box = {10.5F, 20.25F, 100, 50};
  event.point = {60.5F, 70.25F};
  event.frame_size = {1920, 1080};
  event.entered = TimeOf("2025-01-15T14:30:10.023Z");
  event.left = event.time;
  event.dwell = std::chrono::milliseconds(12'100);
  event.reason = "left";
  return event;
}

/// An object going over a line; `sequence` counts the events of its camera.
inline events::Event LineCross(std::int64_t sequence, WallTime time,
                               std::string_view camera = "driveway") {
  events::Event event;
  event.device_id = "jetson-01";
  event.camera_id = camera;
  event.id = fmt::format("jetson-01/{}/1/{}", camera, sequence);
  event.epoch = 1;
  event.sequence = sequence;
  event.frame_number = sequence;
  event.time = time;
  event.line = "driveway entry";
  event.direction = "left_to_right";
  event.track_id = sequence;
  event.class_name = "car";
  event.class_id = 2;
  event.confidence = 0.75F;
  return event;
}

inline std::vector<events::Event> EventSamples() {
  using events::EventType;
  std::vector<events::Event> samples;
  for (int i = 0; i <= static_cast<int>(EventType::kCameraOnline); ++i) {
    events::Event event;
    event.type = static_cast<EventType>(i);
    event.device_id = "jetson-01";
    event.camera_id = "driveway";
    event.id = fmt::format("jetson-01/driveway/3/{}", i);
    event.epoch = 3;
    event.sequence = i;
    event.time = TimeOf("2025-01-15T14:30:22.123Z");
    samples.push_back(event);
  }
  const auto at = [&](EventType type) -> events::Event& {
    return samples[static_cast<std::size_t>(type)];
  };
  events::Event& cross = at(EventType::kLineCross);
  cross = LineCross(0, cross.time);
  cross.box = {-3.5F, 0, 10, 20};
  cross.point = {1.5F, 20};
  at(EventType::kLineCount).line = "driveway entry";
  at(EventType::kLineCount).direction = "left_to_right";
  at(EventType::kLineCount).count = 7;
  at(EventType::kZoneExit) = ZoneExit();
  at(EventType::kZoneOccupancy).zone = at(EventType::kZoneCrowd).zone = "garden";
  at(EventType::kZoneOccupancy).count = 0;
  at(EventType::kZoneCrowd).count = 12;
  at(EventType::kSpeed).speed_kmh = 61.25;
  at(EventType::kCameraOffline).reason = "no frame for 10 s";
  return samples;
}

}  // namespace vigil::test
