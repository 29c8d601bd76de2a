// Draws what is known about a scene onto its frame: objects with their trails, lines and zones with
// their counts.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/detection_message.h"
#include "core/image.h"
#include "media/canvas.h"

namespace vigil::app {

struct SceneOverlayOptions {
  bool boxes = true;
  bool labels = true;  ///< class, number and score over each box; of a small one, the number
  bool trails = true;  ///< where each object was in the last `trail_s` seconds
  bool lines = true;
  bool zones = true;
  bool counts = true;    ///< numbers beside lines and in zones
  float trail_s = 2;     ///< 0..60
  float flash_s = 0.6F;  ///< how long a line or zone is lit after an event; 0..10
};

/// A counting line as it lies in the picture.
struct DrawnLine {
  std::string name;
  std::vector<Point2f> points;  ///< pixels
  std::string counts;           ///< "→ 3  ← 1": of each direction; empty: not drawn
  bool lit = false;             ///< an event happened in this frame
};

struct DrawnZone {
  std::string name;
  std::vector<Point2f> corners;  ///< pixels
  int inside = 0;
  bool lit = false;
};

/// One frame's scene. All coordinates are pixels of the picture that is drawn on.
struct DrawnScene {
  std::span<const TrackedObject> objects;
  std::span<const DrawnLine> lines;
  std::span<const DrawnZone> zones;
};

/// Keeps the trails of one stream, and where its labels were. Sizes follow the picture. One thread at a time.
class SceneOverlay {
 public:
  explicit SceneOverlay(const SceneOverlayOptions& options) : options_(options) {}

  /// `timestamp_us` rises; trails and flashes fade by it.
  void Draw(MutableImageView image, const DrawnScene& scene, std::int64_t timestamp_us);
  /// Forgets trails: the track ids are new ones.
  void Reset();

 private:
  struct Step {
    Point2f at;
    std::int64_t time_us = 0;
  };
  void Follow(std::span<const TrackedObject> objects, std::int64_t now_us);
  void DrawZone(media::Canvas& canvas, const DrawnZone& zone, float lit) const;
  void DrawLine(media::Canvas& canvas, const DrawnLine& line, float lit) const;
  /// Names of lines and zones; gives where they are.
  std::vector<PixelBox> DrawNames(media::Canvas& canvas, const DrawnScene& scene) const;
  void DrawTrail(media::Canvas& canvas, std::int64_t id, std::int64_t now_us) const;
  void DrawLabels(media::Canvas& canvas, std::span<const TrackedObject> objects,
                  std::span<const PixelBox> taken);
  /// 1 at an event, fading to 0 in flash_s.
  float Glow(const std::string& key, bool lit, std::int64_t now_us);

  const SceneOverlayOptions options_;
  std::unordered_map<std::int64_t, std::deque<Step>> trails_;
  std::unordered_map<std::string, std::int64_t> lit_us_;  // when a line or zone last had an event
  std::unordered_map<std::int64_t, int> label_places_;    // of objects of the frame before
};

}  // namespace vigil::app
