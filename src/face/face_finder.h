// Decides where and when to look for new faces: the whole picture, or also a pyramid of tiles for small ones.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/image.h"
#include "face/stages.h"
#include "face/types.h"

namespace vigil::face {

/// Tiles are for BlazeFace, which sees only faces that are large in what it looks at. Other detectors look at the whole
/// picture, whatever the mode.
enum class FinderMode : std::uint8_t {
  kAuto,  ///< pictures: whole picture and tiles; video: whole picture, and a sweep of tiles now and then
  kWhole,  ///< the whole picture only, as MediaPipe does: faces larger than about a tenth of it
  kTiles,  ///< whole picture and all tiles, every time
};

struct FinderOptions {
  FinderMode mode = FinderMode::kAuto;
  float min_score = 0.5F;        ///< of a face in the whole picture, 0..1
  float min_tile_score = 0.72F;  ///< of a face in a tile, or seen from near by, 0..1
  int tile_levels = 3;           ///< tiles of 1/2, 1/4, 1/8 … the long side: 0..5
  int min_tile = 120;            ///< but none smaller than this, in pixels
  std::int64_t interval_us =
      200'000;  ///< video: time between looks at the whole picture while faces are followed
  std::int64_t sweep_us = 2'000'000;  ///< video, auto: time from one sweep of tiles to the next
  int tiles_per_frame = 2;            ///< video, auto: how many tiles of a sweep one frame bears
};

/// One stream's finder: when it looked last, and where in a sweep it is. One thread at a time.
class FaceFinder {
 public:
  explicit FaceFinder(const FinderOptions& options) : options_(options) {}

  /// Everything in a single picture: first the whole picture's finds, then the tiles', each best first. One face may be
  /// found several times. Valid until the next call, as the one below.
  absl::StatusOr<std::span<const Detection>> FindAll(DetectionStage& detector, ImageView image);

  /// Faces of a video frame that may be new; `followed` are known already. Where one went `missing`, BlazeFace looks in
  /// every frame, from near by. Empty when it is not time to look.
  absl::StatusOr<std::span<const Detection>> FindNew(DetectionStage& detector, ImageView image,
                                                     std::int64_t timestamp_us, int followed,
                                                     std::span<const PixelBox> missing = {});

  /// A face has just left: look again soon.
  void FaceLost() { look_soon_ = true; }
  void Reset();

 private:
  bool Due(std::int64_t now_us, int followed);
  void PlanSweep(Size size, std::int64_t now_us);
  absl::Status DropDoubtful(DetectionStage& detector, ImageView image);
  void PrepareTiles(Size size);

  const FinderOptions options_;
  std::optional<std::int64_t> looked_us_;  // when the whole picture was looked at last
  bool look_soon_ = false;
  std::optional<std::int64_t> sweep_us_;  // when the last sweep began
  std::size_t next_tile_ = 0;             // of the sweep under way; 0: none is
  Size tiled_;                            // the picture size that tiles_ is for
  std::vector<PixelBox> tiles_;
  std::vector<PixelBox> squares_;  // what the detector is asked for: a call, not one a square
  std::vector<Detection> found_;
  std::vector<Detection>
      near_;  // of the same call: finds in squares about faces that are missing, and in tiles
};

/// Squares that cover a picture, half overlapped, of half, quarter … its long side: `levels` sizes, none below `min_tile`.
std::vector<PixelBox> TilePyramid(Size picture, int levels, int min_tile);

}  // namespace vigil::face
