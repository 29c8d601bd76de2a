// When each key was last delivered, for as long as that matters.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
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

/// A cooldown that several rule sets may have in common. Safe from any thread.
class SharedCooldown {
 public:
  explicit SharedCooldown(std::chrono::microseconds length) : length_(length), cooldown_(length) {}

  /// Whether a delivery may be made now; if so, it counts as made. Of several threads, one is the first.
  bool Take(const std::string& key, WallTime now);
  std::vector<std::pair<std::string, WallTime>> entries() const;
  /// Forgets all and takes these over, in the order of delivery.
  void Replace(const std::vector<std::pair<std::string, WallTime>>& entries);

 private:
  const std::chrono::microseconds length_;
  mutable std::mutex mutex_;
  Cooldown cooldown_;  // under mutex_
};

/// One for each rule, by its name.
class CooldownsByRule {
 public:
  /// Made when it is first asked for; `length` is then its own.
  std::shared_ptr<SharedCooldown> Of(const std::string& rule, std::chrono::microseconds length);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<SharedCooldown>> cooldowns_;  // under mutex_
};

}  // namespace vigil::events::internal
