#include "events/internal/track_table.h"

#include <algorithm>

namespace vigil::events {

TrackTable::TrackTable(std::size_t lines, std::size_t zones)
    : lines_(lines), zones_(zones), line_states_(1), zone_states_(1), buckets_(64, kNoSlot) {}

// Where a search for `id` begins. Ids are often consecutive; the multiplication spreads any
// pattern.
std::size_t TrackTable::Bucket(std::int64_t id) const {
  const std::uint64_t mixed = static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed >> 32) & (buckets_.size() - 1);
}

Slot TrackTable::Find(std::int64_t id) const {
  for (std::size_t b = Bucket(id);; b = (b + 1) & (buckets_.size() - 1)) {
    const Slot slot = buckets_[b];
    if (slot == kNoSlot || nodes_[slot].track.id == id) return slot;
  }
}

Slot TrackTable::Add(std::int64_t id) {
  Slot slot = 0;
  if (free_.empty()) {
    slot = static_cast<Slot>(nodes_.size());
    nodes_.emplace_back();
    line_states_.resize(nodes_.size() * lines_ + 1);
    zone_states_.resize(nodes_.size() * zones_ + 1);
    free_.reserve(nodes_.capacity());
  } else {
    slot = free_.back();
    free_.pop_back();
    nodes_[slot] = {};
    std::ranges::fill(lines(slot), LineState{});
    std::ranges::fill(zones(slot), ZoneState{});
  }
  nodes_[slot].track.id = id;
  ++size_;
  if (size_ * 2 > buckets_.size()) Grow();
  Insert(id, slot);
  Append(slot, TrackList::kMoving);
  return slot;
}

void TrackTable::Remove(Slot slot) {
  Erase(nodes_[slot].track.id);
  Unlink(slot);
  free_.push_back(slot);
  --size_;
}

void TrackTable::Rename(Slot slot, std::int64_t id) {
  Erase(nodes_[slot].track.id);
  nodes_[slot].track.id = id;
  Insert(id, slot);
}

void TrackTable::Touch(Slot slot, TrackList list) {
  Unlink(slot);
  Append(slot, list);
}

void TrackTable::Insert(std::int64_t id, Slot slot) {
  std::size_t b = Bucket(id);
  while (buckets_[b] != kNoSlot) b = (b + 1) & (buckets_.size() - 1);
  buckets_[b] = slot;
}

// Closes the gap by moving back those behind it that a search would no longer reach.
void TrackTable::Erase(std::int64_t id) {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t gap = Bucket(id);
  while (nodes_[buckets_[gap]].track.id != id) gap = (gap + 1) & mask;
  buckets_[gap] = kNoSlot;
  for (std::size_t b = (gap + 1) & mask; buckets_[b] != kNoSlot; b = (b + 1) & mask) {
    const std::size_t home = Bucket(nodes_[buckets_[b]].track.id);
    if (((b - home) & mask) < ((b - gap) & mask)) continue;
    buckets_[gap] = buckets_[b];
    buckets_[b] = kNoSlot;
    gap = b;
  }
}

void TrackTable::Grow() {
  std::vector<Slot> old(buckets_.size() * 2, kNoSlot);
  old.swap(buckets_);
  for (const Slot slot : old) {
    if (slot != kNoSlot) Insert(nodes_[slot].track.id, slot);
  }
}

void TrackTable::Unlink(Slot slot) {
  Node& node = nodes_[slot];
  const auto list = static_cast<std::size_t>(node.list);
  (node.previous == kNoSlot ? heads_[list] : nodes_[node.previous].next) = node.next;
  (node.next == kNoSlot ? tails_[list] : nodes_[node.next].previous) = node.previous;
}

void TrackTable::Append(Slot slot, TrackList list) {
  Node& node = nodes_[slot];
  const auto which = static_cast<std::size_t>(list);
  node.list = list;
  node.previous = tails_[which];
  node.next = kNoSlot;
  (node.previous == kNoSlot ? heads_[which] : nodes_[node.previous].next) = slot;
  tails_[which] = slot;
}

}  // namespace vigil::events
