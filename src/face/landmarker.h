// Faces of a stream: detected once, then followed from frame to frame by their own landmarks, as MediaPipe does.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/image.h"
#include "face/face_finder.h"
#include "face/one_euro.h"
#include "face/stages.h"
#include "face/types.h"

namespace vigil::face {

struct LandmarkerOptions {
  int max_faces = 20;           ///< followed at once; 1..limits::kMaxFaces
  float min_mesh_score = 0.5F;  ///< a mesh with less is no face, 0..1
  std::int64_t lost_after_us =
      1'000'000;       ///< a face not seen for longer has left; 0: with the first frame without it
  bool smooth = true;  ///< One-Euro filter on the points of a video
  OneEuroOptions smoothing;
  FinderOptions finder;
  bool degrade = false;  ///< a network that fails leaves its part of the frame out; see failed()
};

/// One stream's state. While fewer than `max_faces` are seen, further ones are looked for (FaceFinder says when); a face's
/// next region comes from its landmarks. A face whose mesh scores too little is not reported, but for `lost_after_us` it
/// is looked for where it was, and keeps its id if it is seen there again; after that it has left, and gets a new id when
/// it comes back. One thread at a time.
///
/// The networks come with each call: streams of one worker share them, and a reset costs nothing. What a failed call would
/// have found counts as not seen in that frame.
class Landmarker {
 public:
  explicit Landmarker(const LandmarkerOptions& options);
  ~Landmarker();

  /// The next frame of a video: the faces seen in it. Time stamps rise strictly; ids and smoothing live from call to call.
  /// The result is valid until the next call, sorted by id. No memory is taken while no face comes or goes.
  absl::StatusOr<std::span<const TrackedFace>> Next(FaceNetworks networks, ImageView image,
                                                    std::int64_t timestamp_us);

  /// A single picture: nothing is carried over, nothing smoothed. Ids count up across pictures.
  absl::StatusOr<std::span<const TrackedFace>> Still(FaceNetworks networks, ImageView image);

  /// Ids of the faces that were not seen in the last frame of a video but have not left yet; sorted. Valid as the result.
  std::span<const std::int64_t> unseen() const { return unseen_; }

  /// The networks that failed in the last call; none but with LandmarkerOptions::degrade, without which they fail the call.
  StageSet failed() const { return failed_; }

  /// Forgets every face; the next frame is a first one. Ids are not used again.
  void Reset();

  struct Timing {
    std::int64_t detect_us = 0, mesh_us = 0;
  };
  /// Of the last call: the finder with its crops; the mesh network alone.
  Timing timing() const { return timing_; }

 private:
  struct Track;
  absl::StatusOr<std::span<const Mesh>> LookAtRegions(FaceNetworks networks, ImageView image);
  bool IsFace(const Mesh& mesh) const { return mesh.score > options_.min_mesh_score; }
  absl::Status Follow(FaceNetworks networks, ImageView image, std::int64_t now_us);
  absl::Status FindMore(FaceNetworks networks, ImageView image, std::int64_t now_us);
  absl::Status Confirm(FaceNetworks networks, ImageView image, std::int64_t now_us,
                       std::span<const Detection> found);
  void PrepareFinds(std::span<const Detection> found, std::size_t from, int lookahead);
  absl::Status Failed(Stage stage, const absl::Status& status);
  std::size_t Seen() const;
  bool OnAFace(const PixelBox& box) const;
  Track& TrackFor(const PixelBox& box);
  void OneFaceEach(std::int64_t now_us);
  void EndOfTheLongUnseen(std::int64_t now_us);
  void End(std::size_t index);
  std::span<const TrackedFace> Result();

  const LandmarkerOptions options_;
  FaceFinder finder_;
  std::vector<std::unique_ptr<Track>> tracks_;  // by id
  std::vector<std::unique_ptr<Track>> spare_;   // tracks that ended: their memory is used again
  std::vector<TrackedFace> faces_;              // the last result
  std::vector<std::int64_t> unseen_;            // with it
  std::vector<PixelBox> missing_;               // where the unseen ones were
  std::vector<Track*> followed_;                // Follow(): whose regions are in regions_
  std::vector<RotatedBox> regions_;             // what the mesh network is asked for
  std::vector<std::size_t> asked_;              // Confirm(): the finds that they belong to
  StageSet failed_;
  std::int64_t next_id_ = 1;
  Timing timing_;
};

}  // namespace vigil::face
