// People who walk through a wide picture, as a good detector sees them.
#pragma once

#include <random>
#include <vector>

#include "core/detection.h"

namespace vigil::test {

/// `frames` frames of about `objects` walkers at 30 frames a second: boxes shake by a few pixels,
/// one in twenty is missed, one in ten has a low score, who walks out comes in again elsewhere.
inline std::vector<std::vector<Detection>> Crowd(int objects, int frames, unsigned seed = 1) {
  struct Walker {
    float x, y, dx, dy, height;
  };
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> unit(0, 1);
  std::normal_distribution<float> shake(0, 2);
  const auto enter = [&] {
    return Walker{1920 * unit(random), 1080 * unit(random), 4 * unit(random) - 2,
                  2 * unit(random) - 1, 80 + 160 * unit(random)};
  };
  std::vector<Walker> walkers;
  for (int i = 0; i < objects; ++i) walkers.push_back(enter());
  std::vector<std::vector<Detection>> result;
  for (int frame = 0; frame < frames; ++frame) {
    auto& detections = result.emplace_back();
    for (Walker& w : walkers) {
      w.x += w.dx;
      w.y += w.dy;
      if (w.x < -50 || w.x > 1970 || w.y < -50 || w.y > 1130) w = enter();
      if (unit(random) < 0.05F) continue;
      const float score = unit(random) < 0.1F ? 0.3F : 0.7F + 0.3F * unit(random);
      const float width = 0.4F * w.height;
      detections.push_back({{w.x - width / 2 + shake(random), w.y - w.height / 2 + shake(random),
                             width + shake(random), w.height + shake(random)},
                            score,
                            0});
    }
  }
  return result;
}

}  // namespace vigil::test
