#include "rpc/internal/stage_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>

#include "core/limits.h"
#include "face/terms.h"
#include "rpc/internal/messages.h"

namespace vigil::rpc::internal {
namespace {

// Far outside of any picture, and well within what is calculated with pixels.
constexpr float kFarthestPx = 1e5F;

// Not for what is not a number.
bool IsWithin(float value, float most) { return std::abs(value) <= most; }

face::Angles AnglesFrom(const v1::Angles& message) { return {message.yaw(), message.pitch()}; }

face::EyeGaze EyeFrom(const v1::EyeGaze& message) {
  return {AnglesFrom(message.in_camera()), AnglesFrom(message.in_head()),
          AnglesFrom(message.to_camera()), message.confidence()};
}

face::EyeState StateFrom(v1::EyeState state) {
  switch (state) {
    case v1::EYE_STATE_OPEN:
      return face::EyeState::kOpen;
    case v1::EYE_STATE_CLOSED:
      return face::EyeState::kClosed;
    default:
      return face::EyeState::kUnknown;
  }
}

face::DrowsinessLevel LevelFrom(v1::DrowsinessLevel level) {
  switch (level) {
    case v1::DROWSINESS_LEVEL_MILD_FATIGUE:
      return face::DrowsinessLevel::kMildFatigue;
    case v1::DROWSINESS_LEVEL_MODERATE_FATIGUE:
      return face::DrowsinessLevel::kModerateFatigue;
    case v1::DROWSINESS_LEVEL_SEVERE_FATIGUE:
      return face::DrowsinessLevel::kSevereFatigue;
    default:
      return face::DrowsinessLevel::kAlert;
  }
}

template <typename Message>
face::Terms TermsFrom(const Message& message) {
  face::Terms terms;
  terms.count = std::min(message.terms_size(), face::kMaxTerms);
  for (int i = 0; i < terms.count; ++i) {
    const v1::Term& term = message.terms(i);
    terms.items[static_cast<std::size_t>(i)] = {face::KnownTermName(term.name()), term.value(),
                                                term.weight(), term.points()};
  }
  return terms;
}

}  // namespace

void ToMessage(const face::Detection& face, int square, v1::DetectedFace& to) {
  ToMessage(face.box, *to.mutable_box());
  to.set_score(face.score);
  to.set_square(square);
  to.clear_key_points();
  for (const Point2f& point : face.key_points) {
    v1::Point& one = *to.add_key_points();
    one.set_x(point.x);
    one.set_y(point.y);
  }
}

void ToMessage(const RotatedBox& region, v1::FaceRegion& to) {
  to.mutable_center()->set_x(region.center.x);
  to.mutable_center()->set_y(region.center.y);
  to.set_width(region.width);
  to.set_height(region.height);
  to.set_rotation(region.rotation_rad);
}

void ToMessage(const face::Mesh& mesh, v1::FaceMesh& to) {
  static_assert(sizeof(Point3f) == 3 * sizeof(float) && std::is_trivially_copyable_v<Point3f>);
  to.mutable_points()->Resize(3 * mesh.count, 0);
  if (mesh.count > 0)
    std::memcpy(to.mutable_points()->mutable_data(), mesh.points.data(), mesh.span().size_bytes());
  to.set_score(mesh.score);
}

void ToMessage(const face::FaceBlinks& blinks, v1::FaceBlinks& to) {
  ToMessage(blinks.eyes, *to.mutable_eyes());
  ToMessage(blinks.blink, *to.mutable_blink());
  ToMessage(blinks.perclos, *to.mutable_perclos());
  ToMessage(blinks.yawn, *to.mutable_yawn());
  v1::EyeHistory& history = *to.mutable_history();
  history.set_known_s(blinks.history.known_s);
  history.set_closed_s(blinks.history.closed_s);
  history.set_blinks(blinks.history.blinks);
  history.set_blinks_us(blinks.history.blinks_us);
  history.set_long_closures_us(blinks.history.long_closures_us);
  history.set_yawns(blinks.history.yawns);
}

void ToMessage(const face::FaceScores& scores, v1::FaceAttention& to) {
  ToMessage(scores.attention, *to.mutable_attention());
  ToMessage(scores.drowsiness, *to.mutable_drowsiness());
}

absl::StatusOr<face::Find> FromMessage(const v1::DetectedFace& message) {
  const auto box = FromMessage(message.box());
  if (!box.ok()) return box.status();
  if (message.key_points_size() != face::Detection::kKeyPoints)
    return absl::InvalidArgumentError(fmt::format("a found face has {} key points instead of {}",
                                                  message.key_points_size(),
                                                  static_cast<int>(face::Detection::kKeyPoints)));
  face::Find find;
  find.square = message.square();
  find.face.box = *box;
  find.face.score = message.score();
  for (int i = 0; i < message.key_points_size(); ++i) {
    const Point2f point{message.key_points(i).x(), message.key_points(i).y()};
    if (!IsWithin(point.x, kFarthestPx) || !IsWithin(point.y, kFarthestPx))
      return absl::InvalidArgumentError("a found face has a key point far from the picture");
    find.face.key_points[static_cast<std::size_t>(i)] = point;
  }
  return find;
}

absl::StatusOr<PixelBox> FromMessage(const v1::Box& message) {
  if (!IsWithin(message.x(), kFarthestPx) || !IsWithin(message.y(), kFarthestPx) ||
      !(message.width() > 0 && message.width() <= kFarthestPx) ||
      !(message.height() > 0 && message.height() <= kFarthestPx))
    return absl::InvalidArgumentError("a box is empty, or far from the picture");
  return PixelBox{message.x(), message.y(), message.width(), message.height()};
}

absl::StatusOr<RotatedBox> FromMessage(const v1::FaceRegion& message) {
  if (!IsWithin(message.center().x(), kFarthestPx) ||
      !IsWithin(message.center().y(), kFarthestPx) ||
      !(message.width() > 0 && message.width() <= kFarthestPx) ||
      !(message.height() > 0 && message.height() <= kFarthestPx) ||
      !IsWithin(message.rotation(), 100))
    return absl::InvalidArgumentError("a region is empty, or far from the picture");
  return RotatedBox{{message.center().x(), message.center().y()},
                    message.width(),
                    message.height(),
                    message.rotation()};
}

absl::StatusOr<face::Mesh> FromMessage(const v1::FaceMesh& message) {
  const int points = message.points_size() / 3;
  if (message.points_size() % 3 != 0 ||
      (points != face::kMeshPoints && points != face::kRefinedPoints))
    return absl::InvalidArgumentError(
        fmt::format("a mesh of {} values: {} or {} points have three each", message.points_size(),
                    face::kMeshPoints, face::kRefinedPoints));
  face::Mesh mesh;
  mesh.count = points;
  const float* values = message.points().data();
  for (int i = 0; i < points; ++i, values += 3)
    mesh.points[static_cast<std::size_t>(i)] = {values[0], values[1], values[2]};
  // The network never gives such a point; sums over it would not end well.
  for (const Point3f& point : mesh.span()) {
    if (!IsWithin(point.x, kFarthestPx) || !IsWithin(point.y, kFarthestPx) ||
        !IsWithin(point.z, kFarthestPx))
      return absl::InvalidArgumentError("a mesh has a point far from the picture");
  }
  mesh.score = message.score();
  return mesh;
}

absl::StatusOr<face::HeadPose> FromMessage(const v1::HeadPose& message) {
  face::HeadPose pose;
  if (message.rotation_size() != static_cast<int>(pose.rotation.size()))
    return absl::InvalidArgumentError(
        fmt::format("a head pose has a rotation of {} values instead of {}",
                    message.rotation_size(), pose.rotation.size()));
  pose.yaw_deg = message.yaw();
  pose.pitch_deg = message.pitch();
  pose.roll_deg = message.roll();
  pose.translation_cm = {message.x(), message.y(), message.z()};
  std::ranges::copy(message.rotation(), pose.rotation.begin());
  pose.to_camera = AnglesFrom(message.to_camera());
  return pose;
}

face::Gaze FromMessage(const v1::Gaze& message) {
  return {EyeFrom(message.left()), EyeFrom(message.right()), EyeFrom(message.combined())};
}

face::FaceBlinks FromMessage(const v1::FaceBlinks& message) {
  face::FaceBlinks blinks;
  blinks.eyes = {message.eyes().ear_left(), message.eyes().ear_right(), message.eyes().openness(),
                 StateFrom(message.eyes().state())};
  const v1::Blink& blink = message.blink();
  blinks.blink.closed = blink.closed();
  blinks.blink.count = blink.count();
  blinks.blink.long_closures = blink.long_closures();
  blinks.blink.per_minute = blink.per_minute();
  blinks.blink.last_duration_ms = blink.last_duration_ms();
  blinks.blink.closed_ms = blink.closed_ms();
  if (blink.has_completed())
    blinks.blink.completed = face::Blink{blink.completed().begin_us(), blink.completed().end_us()};
  blinks.perclos = {message.perclos().value(), message.perclos().coverage()};
  blinks.yawn = {message.yawn().mouth_aspect_ratio(), message.yawn().open(),
                 message.yawn().count()};
  const v1::EyeHistory& history = message.history();
  blinks.history = {history.known_s(),   history.closed_s(),         history.blinks(),
                    history.blinks_us(), history.long_closures_us(), history.yawns()};
  return blinks;
}

face::FaceScores FromMessage(const v1::FaceAttention& message) {
  face::FaceScores scores;
  scores.attention = {message.attention().score(), message.attention().confidence(),
                      TermsFrom(message.attention())};
  scores.drowsiness = {LevelFrom(message.drowsiness().level()), message.drowsiness().score(),
                       message.drowsiness().confidence(), TermsFrom(message.drowsiness())};
  return scores;
}

absl::StatusOr<Size> FrameSize(int width, int height) {
  if (width < 1 || height < 1 || width > limits::kMaxPictureSide ||
      height > limits::kMaxPictureSide)
    return absl::InvalidArgumentError(fmt::format("a frame of {} x {} pixels: 1 to {} a side",
                                                  width, height, limits::kMaxPictureSide));
  return Size{width, height};
}

}  // namespace vigil::rpc::internal
