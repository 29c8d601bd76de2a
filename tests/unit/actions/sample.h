// Deliveries for tests.
#pragma once

#include <chrono>
#include <string>

#include "actions/action.h"

namespace vigil::actions::test {

inline WallTime Utc(const std::string& text) { return ParseIso8601(text).value(); }

/// A car that crossed `driveway entry` to the right; its id ends in `sequence`.
inline Delivery CarCrossing(std::int64_t sequence = 7,
                            const std::string& time = "2026-11-24T20:57:24.123Z") {
  Delivery delivery;
  events::Event& e = delivery.event;
  e.id = "jetson-01/driveway/3/" + std::to_string(sequence);
  e.type = events::EventType::kLineCross;
  e.device_id = "jetson-01";
  e.camera_id = "driveway";
  e.time = Utc(time);
  e.epoch = 3;
  e.sequence = sequence;
  e.frame_number = 12345;
  e.line = "driveway entry";
  e.direction = "left_to_right";
  e.track_id = 42;
  e.class_id = 2;
  e.class_name = "car";
  e.confidence = 0.87F;
  e.box = {100, 200, 300, 300};
  e.point = {250, 350};
  e.frame_size = {1920, 1080};
  delivery.rule = "car-detected";
  return delivery;
}

inline constexpr auto kSoon = std::chrono::seconds(20);

}  // namespace vigil::actions::test
