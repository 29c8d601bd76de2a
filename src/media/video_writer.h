// Annotated video: H.264 in MP4, with the times of the frames it was made from.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/geometry.h"
#include "core/image.h"

namespace vigil::media {

struct VideoWriterOptions {
  int crf = 21;  ///< x264's constant quality: 0 lossless … 51 worst; 20 to 23 looks like the input
  std::string preset = "veryfast";  ///< x264's effort, one of VideoPresets()
  double fps = 25;  ///< a hint for the key frame spacing (two seconds) and players; times rule
  int threads = 1;  ///< of the encoder; 0: one a core
  std::string encoder{};  ///< FFmpeg's name; empty: libx264, or what other H.264 encoder there is
};

/// Whether the ending is one of .mp4, .m4v and .mov, small or large.
bool CanWriteVideo(const std::filesystem::path& path);

/// The names of x264's presets, the fastest first.
std::span<const std::string> VideoPresets();

/// Writes to `<name>.part.mp4` beside the path, and gives it the path's name in Finish(), once it
/// is complete: under the final name there is never half a video, and what was there before stays
/// until then. A writer that goes without Finish() (its owner failed half-way) completes the .part
/// file, which then plays; it is removed only if nothing in it would play. A process that is killed
/// leaves a .part file that does not play; the next run writes over it.
///
/// BT.709, 4:2:0, limited range; an odd width or height is made even by repeating the last column
/// or row. The index stands at the front (faststart). Used by one thread at a time.
class VideoWriter {
 public:
  /// `path` ends in .mp4, .m4v or .mov. NotFound, PermissionDenied: it cannot be written there.
  /// InvalidArgument: size or name. Unimplemented: this FFmpeg has no such encoder. No frame has to
  /// follow, but see Finish().
  static absl::StatusOr<std::unique_ptr<VideoWriter>> Create(
      const std::filesystem::path& path, Size size, const VideoWriterOptions& options = {});
  virtual ~VideoWriter() = default;

  /// Appends a picture (RGB or grey, of the size given). `timestamp_us` rises strictly; the first
  /// is time 0 of the video, the distances are kept to the microsecond. ResourceExhausted: the disk
  /// is full; what was written until then has been completed, has the path's name and plays (space
  /// for its index was kept), unless not even a frame fitted. After an error of writing, every call
  /// repeats it.
  virtual absl::Status Add(ImageView image, std::int64_t timestamp_us) = 0;

  /// Completes the file and gives it its name; OK only if all of it is written. FailedPrecondition:
  /// no frame was added (nothing is left behind), or called twice.
  virtual absl::Status Finish() = 0;
};

}  // namespace vigil::media
