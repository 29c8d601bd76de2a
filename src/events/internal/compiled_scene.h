// Lines and zones as the engine works with them: on the grid, for a frame of one size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "events/geometry.h"
#include "events/internal/class_table.h"
#include "events/scene.h"

namespace vigil::events {

using Ms = std::int64_t;  ///< milliseconds, of time since 1970 or of durations

/// Which classes count; none named: all.
class ClassFilter {
 public:
  ClassFilter() = default;
  ClassFilter(const std::vector<std::string>& names, ClassTable& classes);
  bool Accepts(ClassIndex index) const {
    return accepted_.empty() || (index < accepted_.size() && accepted_[index]);
  }

 private:
  std::vector<bool> accepted_;
};

/// Closer than this to a line or an edge, a side is not certain yet.
struct Band {
  std::int32_t fixed = 0;  ///< grid
  double of_size = 0;      ///< share of the object's size
  std::int32_t Width(std::int32_t object_size) const;
};

struct CompiledLine {
  std::string name;
  std::string direction[2];  ///< [0]: from a to b
  int forbidden = -1;        ///< index of a direction
  EvaluationPoint at = EvaluationPoint::kCenter;
  ClassFilter classes;
  Band band;
  Ms confirm = 0;
  std::vector<GridPoint> points;
  GridBounds bounds;
};

struct CompiledZone {
  std::string name;
  EvaluationPoint at = EvaluationPoint::kCenter;
  ClassFilter classes;
  Band band;
  Ms confirm = 0;
  Ms grace = 0;
  std::vector<Ms> dwell;
  std::vector<std::pair<ClassIndex, std::vector<Ms>>> dwell_by_class;
  std::int64_t crowd_count = 0;
  Ms crowd_time = 0;
  Ms stationary = 0;
  std::vector<GridPoint> points;
  GridBounds bounds;

  const std::vector<Ms>& DwellOf(ClassIndex index) const;
};

struct CompiledScene {
  std::vector<CompiledLine> lines;
  std::vector<CompiledZone> zones;
};

/// `options` are valid. Without points until Place.
[[nodiscard]] CompiledScene Compile(const SceneOptions& options, ClassTable& classes);

/// Puts lines and zones onto a frame of `size` pixels.
void Place(const SceneOptions& options, Size size, CompiledScene& scene);

}  // namespace vigil::events
