// The face pipeline in parts, each of which may be in this process or in another.
//
//   picture ─▶ face detection ─▶ landmark detection ─▶ { head pose, gaze, blink } ─▶ attention
//
// Face detection and landmark detection are networks: Landmarker calls them. The others take what Landmarker follows, and
// Pipeline joins them. What a stage answers does not depend on where it is: a value that travels is the same to the bit.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>

#include "core/geometry.h"
#include "core/image.h"
#include "face/stage_set.h"
#include "face/types.h"

namespace vigil::face {

/// A face that a detector found.
struct Find {
  Detection face;
  int square =
      0;  ///< the one that it was found in: its place among those asked for; 0 of the whole picture
};

/// Finds faces in a picture. No state from call to call. One thread at a time, as all below.
class DetectionStage {
 public:
  virtual ~DetectionStage() = default;
  /// Whether Detect() takes squares. A detector that does not looks at whole pictures only.
  virtual bool looks_in_squares() const = 0;
  /// The faces of each square, which may reach outside the picture; without squares, of the whole picture. Square by
  /// square in their order, best first in each. Valid until the next call.
  virtual absl::StatusOr<std::span<const Find>> Detect(ImageView image,
                                                       std::span<const PixelBox> squares) = 0;

 protected:
  DetectionStage() = default;
  DetectionStage(DetectionStage&&) = default;
  DetectionStage& operator=(DetectionStage&&) = default;
};

/// Places the points of faces whose place is known. No state from call to call.
class LandmarkStage {
 public:
  virtual ~LandmarkStage() = default;
  /// The mesh of each region (a square), in pixels of the image; Mesh::score says whether there is a face. Valid until the
  /// next call.
  virtual absl::StatusOr<std::span<const Mesh>> Meshes(ImageView image,
                                                       std::span<const RotatedBox> regions) = 0;
  /// How many regions are worth asking for together where it is not known yet whether the later ones are needed: 1 where
  /// each costs its own time, more where the way there costs most.
  virtual int lookahead() const = 0;
  /// What the last Meshes() spent in the network, microseconds; of a stage elsewhere, all that it took.
  virtual std::int64_t network_us() const = 0;

 protected:
  LandmarkStage() = default;
  LandmarkStage(LandmarkStage&&) = default;
  LandmarkStage& operator=(LandmarkStage&&) = default;
};

struct FaceModels;

/// The two of them. Made from FaceModels, they are of this process. Borrowed.
struct FaceNetworks {
  DetectionStage& detection;
  LandmarkStage& landmarks;

  FaceNetworks(DetectionStage& detector, LandmarkStage& mesher)
      : detection(detector), landmarks(mesher) {}
  FaceNetworks(FaceModels& models);  // NOLINT: models are networks
};

/// A face that is being followed.
struct TrackedFace {
  std::int64_t id = 0;  ///< stable while the face stays in view; never used again
  Mesh mesh;            ///< smoothed where the options say so
  Mesh measured;  ///< as the network gave it: what moves fast, as lids do, is measured on this
};

/// The faces of one frame of a stream, as the stages after the networks get them.
struct FollowedFaces {
  std::span<const TrackedFace> seen;
  std::span<const std::int64_t> unseen;  ///< ids that are not seen just now but have not left
  Size frame;                            ///< pixels
  std::int64_t timestamp_us = 0;         ///< rises from frame to frame

  std::size_t count() const { return seen.size() + unseen.size(); }
};

/// What the blink stage knows of one face after a frame.
struct FaceBlinks {
  Eyes eyes;
  BlinkState blink;
  Perclos perclos;
  Yawn yawn;
  EyeHistory history;
};

/// What the attention stage makes of it.
struct FaceScores {
  Attention attention;
  Drowsiness drowsiness;
};

// The stages below work on a frame's faces in two steps, so that several can be under way at once: Begin() starts the work,
// or does it; Await() waits for it, and says what came of it, valid until the next Begin(). One Await() after each Begin(),
// before which what Begin() was given stays as it is. An empty span in place of another stage's results: that stage did not
// give any.

/// Where heads point. No state.
class HeadPoseStage {
 public:
  virtual ~HeadPoseStage() = default;
  /// Await() does not wait.
  virtual bool at_once() const = 0;
  virtual void Begin(const FollowedFaces& faces) = 0;
  /// One for each seen face.
  virtual absl::StatusOr<std::span<const HeadPose>> Await() = 0;
};

/// Where eyes look. No state. Without poses it works them out itself, as HeadPoseStage does.
class GazeStage {
 public:
  virtual ~GazeStage() = default;
  virtual void Begin(const FollowedFaces& faces, std::span<const HeadPose> poses) = 0;
  /// One for each seen face.
  virtual absl::StatusOr<std::span<const Gaze>> Await() = 0;
};

/// Eyes and mouths over time: a state for each face, which ends when the face is neither seen nor unseen any more. Poses as
/// for GazeStage.
class BlinkStage {
 public:
  virtual ~BlinkStage() = default;
  virtual void Begin(const FollowedFaces& faces, std::span<const HeadPose> poses) = 0;
  /// One for each seen face, then one for each unseen.
  virtual absl::StatusOr<std::span<const FaceBlinks>> Await() = 0;
  /// Forgets all faces.
  virtual void Reset() = 0;
};

/// Attention and drowsiness over time, with a state as the blink stage's. Without poses, scores stand still and their
/// confidence falls; without gazes, the gaze counts as not known; without blinks, drowsiness stands still with confidence 0.
class AttentionStage {
 public:
  virtual ~AttentionStage() = default;
  virtual void Begin(const FollowedFaces& faces, std::span<const HeadPose> poses,
                     std::span<const Gaze> gazes, std::span<const FaceBlinks> blinks) = 0;
  /// As BlinkStage's.
  virtual absl::StatusOr<std::span<const FaceScores>> Await() = 0;
  virtual void Reset() = 0;
};

/// The stages behind the networks, of one stream.
struct StreamStages {
  std::unique_ptr<HeadPoseStage> head_pose;
  std::unique_ptr<GazeStage> gaze;
  std::unique_ptr<BlinkStage> blink;
  std::unique_ptr<AttentionStage> attention;
};

}  // namespace vigil::face
