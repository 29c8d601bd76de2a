// Decides where and when to look for new faces: the whole picture, or also a pyramid of tiles for small ones.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "face/blaze_face.h"
#include "face/detector.h"
#include "face/types.h"

namespace vigil::face {

enum class FinderMode : std::uint8_t {
  kAuto,    ///< pictures: whole picture and tiles; video: whole picture, and a sweep of tiles now and then
  kWhole,   ///< the whole picture only, as MediaPipe does: faces larger than about a tenth of it
  kTiles,   ///< whole picture and all tiles, every time
};

struct FinderOptions {
  FinderMode mode = FinderMode::kAuto;
  float min_score = 0.5F;              ///< of a face in the whole picture, 0..1
  float min_tile_score = 0.72F;        ///< of a face in a tile, 0..1: tiles see more things that are no faces
  int tile_levels = 3;                 ///< tiles of 1/2, 1/4, 1/8 … the long side: 0..5
  int min_tile = 120;                  ///< but none smaller than this, in pixels
  std::int64_t interval_us = 200'000;  ///< video: time between looks at the whole picture while faces are followed
  std::int64_t sweep_us = 2'000'000;   ///< video, auto: time from one sweep of tiles to the next
  int tiles_per_frame = 2;             ///< video, auto: how many tiles of a sweep one frame bears
};

/// One stream's finder. One thread at a time.
class FaceFinder {
 public:
  virtual ~FaceFinder() = default;
  /// Everything in a single picture: first the whole picture's finds, then the tiles', each best first. One face may be
  /// found several times. Valid until the next call, as the one below.
  virtual absl::StatusOr<std::span<const Detection>> FindAll(ImageView image) = 0;
  /// Faces of a video frame that may be new; `followed` are known already. Empty when it is not time to look.
  virtual absl::StatusOr<std::span<const Detection>> FindNew(ImageView image, std::int64_t timestamp_us, int followed) = 0;
  /// A face has just left: look again soon.
  virtual void FaceLost() = 0;
  virtual void Reset() = 0;
};

/// BlazeFace on the whole picture and on tiles. The detector is borrowed.
std::unique_ptr<FaceFinder> MakeBlazeFinder(BlazeFace& detector, const FinderOptions& options);

/// Any other detector, on the whole picture. Borrowed.
std::unique_ptr<FaceFinder> MakePlainFinder(Detector& detector, const FinderOptions& options);

/// Squares that cover a picture, half overlapped, of half, quarter … its long side: `levels` sizes, none below `min_tile`.
std::vector<PixelBox> TilePyramid(Size picture, int levels, int min_tile);

}  // namespace vigil::face
