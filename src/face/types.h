// What is known about the faces of one frame. Plain values; every stage of the face pipeline takes
// and returns these.
//
// Conventions, here once for the whole product (docs/conventions.md has them with pictures):
//   * Pixels: origin top left, x right, y down. Landmark z has the scale of x; smaller is closer to
//     the camera.
//   * "left" and "right" of eyes, irises and ears are the image's, as MediaPipe names them: the left
//     eye is the one around mesh point 33, which is the person's own right eye in a picture that is
//     not mirrored.
//   * Camera frame: x right, y up, z from the scene towards the camera, centimetres, camera at the
//     origin.
//   * yaw > 0: turned to the person's own left (towards the image's right). pitch > 0: up. roll > 0:
//     the head tilts to the person's own left shoulder (clockwise in the image). The same signs for
//     head and gaze. Degrees. R = Ry(yaw) · Rx(-pitch) · Rz(-roll), applied to the canonical face,
//     which looks along +z.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/geometry.h"
#include "face/stage_set.h"

namespace vigil::face {

inline constexpr int kMeshPoints = 468;  ///< Face Mesh
inline constexpr int kRefinedPoints =
    478;  ///< with attention: + 5 points each of the left and the right iris
inline constexpr int kLeftIris = 468;  ///< first of centre, right, top, left, bottom
inline constexpr int kRightIris = 473;

/// A face as a detector sees it.
struct Detection {
  enum KeyPoint { kLeftEye, kRightEye, kNoseTip, kMouth, kLeftEar, kRightEar, kKeyPoints };
  PixelBox box;
  std::array<Point2f, kKeyPoints>
      key_points{};  ///< pixels; detectors that know fewer fill in what the box implies
  float score = 0;   ///< 0..1
};

/// The mesh of one face.
struct Mesh {
  int count = 0;                                 ///< kMeshPoints or kRefinedPoints; 0: none
  std::array<Point3f, kRefinedPoints> points{};  ///< pixels of the frame
  float score = 0;                               ///< probability that this is a face, 0..1

  std::span<const Point3f> span() const { return {points.data(), static_cast<std::size_t>(count)}; }
  bool has_irises() const { return count == kRefinedPoints; }
};

struct Angles {
  float yaw_deg = 0;
  float pitch_deg = 0;
  friend bool operator==(const Angles&, const Angles&) = default;
};

struct HeadPose {
  float yaw_deg = 0;
  float pitch_deg = 0;
  float roll_deg = 0;
  Point3f translation_cm;  ///< origin of the canonical face in the camera frame; z < 0: before it
  std::array<float, 9> rotation{1, 0, 0, 0, 1,
                                0, 0, 0, 1};  ///< canonical face to camera frame, row major
  Angles to_camera;  ///< yaw and pitch from the line of sight: 0, 0 faces the lens from anywhere
};

/// Where one eye looks.
struct EyeGaze {
  Angles in_camera;      ///< head rotation × eye in head
  Angles in_head;        ///< the eye alone: 0, 0 looks straight out of the face
  Angles to_camera;      ///< from the line of sight: 0, 0 looks into the lens from anywhere
  float confidence = 0;  ///< 0..1: falls with closure and with the eye turning out of sight
};

struct Gaze {
  EyeGaze left;
  EyeGaze right;
  EyeGaze combined;  ///< mean weighted by confidence
};

enum class EyeState : std::uint8_t { kUnknown, kOpen, kClosed };

/// The eyes of one frame.
struct Eyes {
  float ear_left = 0;  ///< eye aspect ratio of the image's left eye, as measured
  float ear_right = 0;
  float openness =
      0;  ///< 0 closed … 1 as open as this person's open eyes usually are; above 1 is cut to 1
  EyeState state = EyeState::kUnknown;  ///< unknown beyond the pose gate
};

/// A completed closure of the eyes. Times are stream time, microseconds.
struct Blink {
  std::int64_t begin_us = 0;
  std::int64_t end_us = 0;
  friend bool operator==(const Blink&, const Blink&) = default;
};

struct BlinkState {
  bool closed = false;
  std::int64_t count = 0;          ///< blinks (up to 500 ms) since the face appeared
  std::int64_t long_closures = 0;  ///< closures longer than 500 ms
  float per_minute = 0;            ///< over the last minute of known eye state
  float last_duration_ms = 0;      ///< of the last blink or closure; 0: none yet
  float closed_ms = 0;             ///< how long the present closure lasts; 0: open
  std::optional<Blink> completed;  ///< a blink or closure that ended with this very frame
};

/// Percentage of eye closure, P80.
struct Perclos {
  float value = 0;     ///< share of known time with the eyes at least 80 % closed, 0..1
  float coverage = 0;  ///< share of the window in which the eye state was known, 0..1
};

struct Yawn {
  float mouth_aspect_ratio = 0;
  bool open = false;  ///< a yawn is under way
  std::int64_t count = 0;
};

/// What drowsiness is scored from, beside the eyes of the moment. Windows are those of StateOptions.
struct EyeHistory {
  double known_s = 0;                 ///< known time in the window of PERCLOS
  double closed_s = 0;                ///< … of it with the eyes at least 80 % closed
  std::int32_t blinks = 0;            ///< in the window of drowsiness; as the two below
  std::int64_t blinks_us = 0;         ///< how long they took together
  std::int64_t long_closures_us = 0;  ///< time within long closures, the present one included
  std::int32_t yawns = 0;             ///< in the window of yawns
  friend bool operator==(const EyeHistory&, const EyeHistory&) = default;
};

/// One contribution to a score, so that a result explains itself.
struct Term {
  const char* name = "";  ///< static text
  float value = 0;        ///< what was measured, 0..1
  float weight = 0;       ///< points it can cost or add
  float points = 0;       ///< points it did cost or add
};
inline constexpr int kMaxTerms = 6;

struct Terms {
  std::array<Term, kMaxTerms> items{};
  int count = 0;
  std::span<const Term> span() const { return {items.data(), static_cast<std::size_t>(count)}; }
};

struct Attention {
  float score = 0;       ///< 0..100
  float confidence = 0;  ///< 0..1
  Terms terms;
};

enum class DrowsinessLevel : std::uint8_t {
  kAlert,
  kMildFatigue,
  kModerateFatigue,
  kSevereFatigue
};

struct Drowsiness {
  DrowsinessLevel level = DrowsinessLevel::kAlert;
  float score = 0;       ///< 0..100
  float confidence = 0;  ///< 0..1; low while little of the window has been seen
  Terms terms;
};

/// One face in one frame, everything known.
struct Face {
  std::int64_t id = 0;  ///< stable while the face stays in view; never used again after it left
  float score = 0;      ///< the mesh's face probability, 0..1
  PixelBox box;         ///< around the mesh, pixels; cut to the frame
  Mesh mesh;
  HeadPose head_pose;
  Gaze gaze;  ///< confidence 0 throughout where the mesh has no irises
  Eyes eyes;
  BlinkState blink;
  Perclos perclos;
  Yawn yawn;
  Attention attention;
  Drowsiness drowsiness;
};

/// Where the time of one frame went, microseconds.
struct Timing {
  std::int64_t detect_us = 0;  ///< detector model calls with their crops
  std::int64_t mesh_us = 0;    ///< mesh model calls alone
  std::int64_t other_us = 0;   ///< everything else
};

struct FaceResult {
  std::vector<Face> faces;  ///< by id
  Timing timing;
  /// What these would have found is not set; none but with PipelineOptions::degrade.
  StageSet failed = {};
};

}  // namespace vigil::face
