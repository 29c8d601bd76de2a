// Draws what is known about faces onto their frame.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/image.h"
#include "face/canonical_face.h"
#include "face/types.h"
#include "media/canvas.h"

namespace vigil::face {

enum class MeshStyle : std::uint8_t { kNone, kPoints, kContours, kTesselation };

struct OverlayOptions {
  MeshStyle mesh = MeshStyle::kTesselation;
  bool irises = true;
  bool axes =
      true;  ///< head pose: red to the face's left on the picture's right, green up, blue out of the face
  bool gaze = true;   ///< an arrow from between the eyes
  bool panel = true;  ///< id, and bars for attention, drowsiness and eye openness beside the face
};

/// Sizes follow the face and the picture, so that small faces stay visible under their drawing. One thread at a time.
class Overlay {
 public:
  Overlay(const CanonicalFace& canonical, const OverlayOptions& options);
  void Draw(MutableImageView image, const FaceResult& result);

 private:
  void DrawMesh(media::Canvas& canvas, const Face& face);
  void DrawIrises(media::Canvas& canvas, const Face& face) const;
  void DrawAxes(media::Canvas& canvas, const Face& face) const;
  void DrawGaze(media::Canvas& canvas, const Face& face) const;
  void DrawPanel(media::Canvas& canvas, const Face& face) const;

  using Edge = std::array<std::uint16_t, 2>;
  const OverlayOptions options_;
  std::vector<Edge> edges_;               // of the tesselation, each once
  std::vector<media::Segment> segments_;  // used again and again
  std::vector<Point2f> dots_;
};

}  // namespace vigil::face
