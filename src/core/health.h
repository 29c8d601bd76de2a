// How a process is, for those who watch it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace vigil {

enum class HealthState : std::uint8_t {
  kHealthy,
  kDegraded,   ///< works, with a shortcoming that somebody should know of
  kUnhealthy,  ///< do not send work
};

/// "healthy", "degraded" or "unhealthy".
std::string_view Name(HealthState state);

/// One part of the process and how it is.
struct PartHealth {
  HealthState state = HealthState::kHealthy;
  std::string text;  ///< one line for people: what it is, or what it lacks
  friend bool operator==(const PartHealth&, const PartHealth&) = default;
};

/// Parts report here, and every protocol that tells of health reads here. Safe from any thread.
class Health {
 public:
  /// `service` and `version` as /health shows them.
  Health(std::string service, std::string version)
      : service_(std::move(service)), version_(std::move(version)) {}

  void Set(const std::string& part, HealthState state, std::string text);
  /// The worst of all parts.
  HealthState state() const;
  std::map<std::string, PartHealth> parts() const;
  const std::string& service() const { return service_; }
  const std::string& version() const { return version_; }

  /// {"status": …, "service": …, "version": …, "timestamp": …, "uptime_s": …, "details": {part: {"status", "text"}},
  ///  "statistics": {name: number}}
  std::string ToJson(const std::map<std::string, double>& statistics = {}) const;

 private:
  const std::string service_, version_;
  const Clock::time_point started_ = Clock::now();
  mutable std::mutex mutex_;
  std::map<std::string, PartHealth> parts_;  // under mutex_
};

}  // namespace vigil
