#include "events/event.h"

#include <array>

namespace vigil::events {
namespace {

// In the order of EventType.
constexpr std::array<std::string_view, 14> kNames = {
    "LINE_CROSS",     "LINE_COUNT", "ZONE_ENTER",     "ZONE_EXIT",    "ZONE_DWELL",
    "ZONE_OCCUPANCY", "ZONE_CROWD", "OBJECT_APPEAR",  "OBJECT_LOST",  "OBJECT_STATIONARY",
    "WRONG_WAY",      "SPEED",      "CAMERA_OFFLINE", "CAMERA_ONLINE"};

}  // namespace

std::string_view NameOf(EventType type) { return kNames.at(static_cast<std::size_t>(type)); }

std::optional<EventType> EventTypeNamed(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<EventType>(i);
  }
  return std::nullopt;
}

}  // namespace vigil::events
