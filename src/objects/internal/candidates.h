// What a network's outputs were decoded to, before the best of them are chosen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/detection.h"

namespace vigil::objects {

/// How finds become few.
struct Suppression {
  float iou = 0.45F;            ///< above this, boxes show the same object
  bool class_agnostic = false;  ///< whatever their classes
  bool done = false;            ///< the network has done it: only order and cut
  std::size_t max_kept = 300;
};

/// Keeps the best kCapacity of any number; its memory is taken once. One thread at a time.
class Candidates {
 public:
  /// Of one picture, as many as Ultralytics' own suppression looks at.
  static constexpr std::size_t kCapacity = 30'000;

  Candidates();
  void clear() { items_.clear(); }
  /// Leaves out what is not a number, not finite, or has no area. Scores above 1 become 1.
  void Add(const Detection& detection);
  std::size_t size() const { return items_.size(); }

  /// The best first; of equal scores the one that was added first. Uses them up: valid until the
  /// next clear().
  std::span<const Detection> Best(const Suppression& how);

 private:
  struct Item {
    Detection detection;
    std::uint32_t order = 0;
  };
  static bool Better(const Item& a, const Item& b);
  void DropWorst();

  std::vector<Item> items_;
  std::vector<Detection> kept_;
  std::uint32_t next_ = 0;
};

}  // namespace vigil::objects
