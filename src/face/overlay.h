// Draws what is known about faces onto their frame.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/image.h"
#include "face/canonical_face.h"
#include "face/panel_layout.h"
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

/// What is drawn on a face `face_width` pixels wide, however much is asked for: the lines of small
/// ones would run together into a mask.
enum class FaceDetail : std::uint8_t {
  kCorners,   ///< below 40 pixels: marks around it
  kContours,  ///< below 80: outlines instead of points or the whole mesh; irises, axes, gaze
  kAll
};
/// `before`: of the same face in the last picture of a video.
FaceDetail DetailOf(float face_width, FaceDetail before = FaceDetail::kCorners);

/// Sizes follow the face and the picture, so that small faces stay visible under their drawing. One
/// thread at a time.
class Overlay {
 public:
  Overlay(const CanonicalFace& canonical, const OverlayOptions& options);
  /// The next picture of a video: panels stay where they were as long as they can.
  void Draw(MutableImageView image, const FaceResult& result);
  /// Forgets where panels were: the next picture is another scene.
  void Reset();

 private:
  void DrawMesh(media::Canvas& canvas, const Face& face, FaceDetail detail);
  void DrawIrises(media::Canvas& canvas, const Face& face) const;
  void DrawAxes(media::Canvas& canvas, const Face& face) const;
  void DrawGaze(media::Canvas& canvas, const Face& face) const;
  void DrawCorners(media::Canvas& canvas, const Face& face);
  void DrawPanels(media::Canvas& canvas, const FaceResult& result);

  struct Drawn {  // how a face was drawn
    std::int64_t id = 0;
    FaceDetail detail = FaceDetail::kCorners;
    float text = 0;  // height of capitals
    PanelSpot spot;
  };
  Drawn Before(std::int64_t id) const;
  static PanelRequest RequestFor(const media::Canvas& canvas, const Face& face, Drawn& drawn);

  using Edge = std::array<std::uint16_t, 2>;
  const OverlayOptions options_;
  std::vector<Edge> edges_;               // of the tesselation, each once
  std::vector<media::Segment> segments_;  // used again and again
  std::vector<Point2f> dots_;
  std::vector<Drawn> drawn_;  // of the last picture, by id
};

}  // namespace vigil::face
