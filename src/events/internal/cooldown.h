// When each key was last delivered, for as long as that matters.
#pragma once

#include <chrono>
#include <cstdint>
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

/// What a delivery is held back by: the last one of its own key, or the last one of any.
enum class CooldownWithin : std::uint8_t { kKey, kAll };

/// With kAll the keys are streams. Each has a clock of its own: one that is slow, or a recording from another day, neither
/// holds the others back nor lets them go.
///
/// Memory: one entry for each key delivered within the last `length` of event time (kAll: for each stream), at most
/// limits::kMaxCooldowns, of which the longest ago goes first.
class Cooldown {
 public:
  explicit Cooldown(std::chrono::microseconds length, CooldownWithin within)
      : length_(length), within_(within) {}

  bool Holds(const std::string& key, WallTime now) const;
  void Delivered(const std::string& key, WallTime now);

  /// In the order of delivery.
  std::vector<std::pair<std::string, WallTime>> entries() const;

 private:
  bool IsLatest(const std::pair<WallTime, std::string>& delivery) const;
  bool Near(WallTime last, WallTime now) const;

  std::chrono::microseconds length_;
  CooldownWithin within_;
  std::unordered_map<std::string, WallTime> last_;
  std::deque<std::pair<WallTime, std::string>>
      order_;  // has outdated ones between, at most as many again
};

/// A cooldown that several rule sets may have in common. Safe from any thread.
class SharedCooldown {
 public:
  SharedCooldown(std::chrono::microseconds length, CooldownWithin within)
      : length_(length), within_(within), cooldown_(length, within) {}

  /// Whether a delivery may be made now; if so, it counts as made. Of several threads, one is the first.
  bool Take(const std::string& key, WallTime now);
  std::vector<std::pair<std::string, WallTime>> entries() const;
  /// Forgets all and takes these over, in the order of delivery.
  void Replace(const std::vector<std::pair<std::string, WallTime>>& entries);

 private:
  const std::chrono::microseconds length_;
  const CooldownWithin within_;
  mutable std::mutex mutex_;
  Cooldown cooldown_;  // under mutex_
};

/// One of kAll for each rule, by its name.
class CooldownsByRule {
 public:
  /// Made when it is first asked for; `length` is then its own.
  std::shared_ptr<SharedCooldown> Of(const std::string& rule, std::chrono::microseconds length);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<SharedCooldown>> cooldowns_;  // under mutex_
};

}  // namespace vigil::events::internal
