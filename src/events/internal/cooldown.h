// When each key was last delivered, for as long as that matters.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/wall_time.h"

namespace vigil::events::internal {

/// Memory: one entry for each key delivered within the last `length` of event time, at most
/// limits::kMaxCooldowns, of which the longest ago goes first.
class Cooldown {
 public:
  explicit Cooldown(std::chrono::microseconds length) : length_(length) {}

  bool Holds(const std::string& key, WallTime now) const;
  void Delivered(const std::string& key, WallTime now);

  /// In the order of delivery.
  std::vector<std::pair<std::string, WallTime>> entries() const;

 private:
  bool IsLatest(const std::pair<WallTime, std::string>& delivery) const;

  std::chrono::microseconds length_;
  std::unordered_map<std::string, WallTime> last_;
  std::deque<std::pair<WallTime, std::string>> order_;  // has outdated ones between
};

}  // namespace vigil::events::internal
