#include "events/internal/cooldown.h"

#include <algorithm>

#include "core/limits.h"

namespace vigil::events::internal {

bool Cooldown::Holds(const std::string& key, WallTime now) const {
  if (within_ == CooldownWithin::kAll)
    return std::ranges::any_of(last_, [&](const auto& entry) { return Near(entry.second, now); });
  const auto last = last_.find(key);
  return last != last_.end() && Near(last->second, now);
}

bool Cooldown::Near(WallTime last, WallTime now) const {
  return now - last < length_ && last - now < length_;
}

void Cooldown::Delivered(const std::string& key, WallTime now) {
  if (length_.count() <= 0) return;
  last_[key] = now;
  order_.emplace_back(now, key);
  while (!order_.empty()) {
    const auto& oldest = order_.front();
    const bool past = within_ == CooldownWithin::kKey && now - oldest.first >= length_;
    const bool over = past || last_.size() > limits::kMaxCooldowns;
    if (IsLatest(oldest) && !over) break;
    if (IsLatest(oldest)) last_.erase(oldest.second);
    order_.pop_front();
  }
  // Behind one of a clock that was far ahead, outdated ones would pile up.
  constexpr std::size_t kSlack = 64;
  if (order_.size() > 2 * last_.size() + kSlack)
    std::erase_if(order_, [this](const auto& delivery) { return !IsLatest(delivery); });
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
  cooldown_ = Cooldown(length_, within_);
  for (const auto& [key, time] : entries) cooldown_.Delivered(key, time);
}

std::shared_ptr<SharedCooldown> CooldownsByRule::Of(const std::string& rule,
                                                    std::chrono::microseconds length) {
  const std::lock_guard guard(mutex_);
  auto& cooldown = cooldowns_[rule];
  if (!cooldown) cooldown = std::make_shared<SharedCooldown>(length, CooldownWithin::kAll);
  return cooldown;
}

}  // namespace vigil::events::internal
