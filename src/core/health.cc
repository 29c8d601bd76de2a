#include "core/health.h"

#include <algorithm>
#include <utility>

#include "core/json_writer.h"
#include "core/wall_time.h"

namespace vigil {

std::string_view Name(HealthState state) {
  switch (state) {
    case HealthState::kHealthy:
      return "healthy";
    case HealthState::kDegraded:
      return "degraded";
    case HealthState::kUnhealthy:
      return "unhealthy";
  }
  return "unhealthy";
}

void Health::Set(const std::string& part, HealthState state, std::string text) {
  std::lock_guard lock(mutex_);
  parts_[part] = {state, std::move(text)};
}

HealthState Health::state() const {
  std::lock_guard lock(mutex_);
  HealthState worst = HealthState::kHealthy;
  for (const auto& [name, part] : parts_) worst = std::max(worst, part.state);
  return worst;
}

std::map<std::string, PartHealth> Health::parts() const {
  std::lock_guard lock(mutex_);
  return parts_;
}

std::string Health::ToJson(const std::map<std::string, double>& statistics) const {
  JsonWriter json;
  json.BeginObject()
      .Member("status", Name(state()))
      .Member("service", service_)
      .Member("version", version_)
      .Member("timestamp", ToIso8601(WallNow()))
      .Member("uptime_s", std::chrono::duration<double>(Clock::now() - started_).count(), 1);
  json.Key("details").BeginObject();
  for (const auto& [name, part] : parts()) {
    json.Key(name)
        .BeginObject()
        .Member("status", Name(part.state))
        .Member("text", part.text)
        .EndObject();
  }
  json.EndObject().Key("statistics").BeginObject();
  for (const auto& [name, number] : statistics) json.Member(name, number, 3);
  json.EndObject().EndObject();
  return std::string(json.text());
}

}  // namespace vigil
