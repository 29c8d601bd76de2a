#include "events/internal/cooldown.h"

#include "core/limits.h"

namespace vigil::events::internal {

bool Cooldown::Holds(const std::string& key, WallTime now) const {
  const auto last = last_.find(key);
  if (last == last_.end()) return false;
  return now - last->second < length_ && last->second - now < length_;
}

void Cooldown::Delivered(const std::string& key, WallTime now) {
  if (length_.count() <= 0) return;
  last_[key] = now;
  order_.emplace_back(now, key);
  while (!order_.empty()) {
    const auto& oldest = order_.front();
    const bool over = now - oldest.first >= length_ || last_.size() > limits::kMaxCooldowns;
    if (IsLatest(oldest) && !over) return;
    if (IsLatest(oldest)) last_.erase(oldest.second);
    order_.pop_front();
  }
}

std::vector<std::pair<std::string, WallTime>> Cooldown::entries() const {
  std::vector<std::pair<std::string, WallTime>> entries;
  for (const auto& delivery : order_) {
    if (IsLatest(delivery)) entries.emplace_back(delivery.second, delivery.first);
  }
  return entries;
}

bool Cooldown::IsLatest(const std::pair<WallTime, std::string>& delivery) const {
  const auto last = last_.find(delivery.second);
  return last != last_.end() && last->second == delivery.first;
}

bool SharedCooldown::Take(const std::string& key, WallTime now) {
  if (length_.count() <= 0) return true;
  const std::lock_guard guard(mutex_);
  if (cooldown_.Holds(key, now)) return false;
  cooldown_.Delivered(key, now);
  return true;
}

std::vector<std::pair<std::string, WallTime>> SharedCooldown::entries() const {
  const std::lock_guard guard(mutex_);
  return cooldown_.entries();
}

void SharedCooldown::Replace(const std::vector<std::pair<std::string, WallTime>>& entries) {
  const std::lock_guard guard(mutex_);
  cooldown_ = Cooldown(length_);
  for (const auto& [key, time] : entries) cooldown_.Delivered(key, time);
}

std::shared_ptr<SharedCooldown> CooldownsByRule::Of(const std::string& rule,
                                                    std::chrono::microseconds length) {
  const std::lock_guard guard(mutex_);
  auto& cooldown = cooldowns_[rule];
  if (!cooldown) cooldown = std::make_shared<SharedCooldown>(length);
  return cooldown;
}

}  // namespace vigil::events::internal
