#include "rpc/internal/stage_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstring>
#include <functional>
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

// Passes numbers on and remembers whether all of them were some.
class Reader {
 public:
  float operator()(float value) {
    sane_ = sane_ && std::abs(value) <= kMost;
    return value;
  }
  double Seconds(double value) {
    sane_ = sane_ && std::abs(value) <= kMost;  // sums of a window may round to a little below 0
    return value;
  }
  float Milliseconds(float value) {
    sane_ = sane_ && value >= 0 && value <= 1e3F * kMost;
    return value;
  }
  template <std::integral T>
  T Count(T value) {
    sane_ = sane_ && value >= 0 && value <= T{1} << (sizeof(T) == 8 ? 60 : 30);
    return value;
  }
  absl::Status status(const char* what) const {
    return sane_ ? absl::OkStatus()
                 : absl::InvalidArgumentError(fmt::format("{} that cannot be", what));
  }

 private:
  static constexpr float kMost = 1e6F;  // degrees, centimetres, ratios; seconds of eleven days
  bool sane_ = true;
};

face::Angles AnglesFrom(const v1::Angles& message, Reader& read) {
  return {read(message.yaw()), read(message.pitch())};
}

face::EyeGaze EyeFrom(const v1::EyeGaze& message, Reader& read) {
  return {AnglesFrom(message.in_camera(), read), AnglesFrom(message.in_head(), read),
          AnglesFrom(message.to_camera(), read), read(message.confidence())};
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
face::Terms TermsFrom(const Message& message, Reader& read) {
  face::Terms terms;
  terms.count = std::min(message.terms_size(), face::kMaxTerms);
  for (int i = 0; i < terms.count; ++i) {
    const v1::Term& term = message.terms(i);
    terms.items[static_cast<std::size_t>(i)] = {face::KnownTermName(term.name()),
                                                read(term.value()), read(term.weight()),
                                                read(term.points())};
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
  if (!IsWithin(message.score(), 1))
    return absl::InvalidArgumentError("a found face has a score beyond 1");
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
  if (!IsWithin(message.score(), 1))
    return absl::InvalidArgumentError("a mesh has a score beyond 1");
  mesh.score = message.score();
  return mesh;
}

absl::StatusOr<face::HeadPose> FromMessage(const v1::HeadPose& message) {
  face::HeadPose pose;
  if (message.rotation_size() != static_cast<int>(pose.rotation.size()))
    return absl::InvalidArgumentError(
        fmt::format("a head pose has a rotation of {} values instead of {}",
                    message.rotation_size(), pose.rotation.size()));
  Reader read;
  pose.yaw_deg = read(message.yaw());
  pose.pitch_deg = read(message.pitch());
  pose.roll_deg = read(message.roll());
  pose.translation_cm = {read(message.x()), read(message.y()), read(message.z())};
  std::ranges::transform(message.rotation(), pose.rotation.begin(), std::ref(read));
  pose.to_camera = AnglesFrom(message.to_camera(), read);
  if (auto status = read.status("a head pose"); !status.ok()) return status;
  return pose;
}

absl::StatusOr<face::Gaze> FromMessage(const v1::Gaze& message) {
  Reader read;
  const face::Gaze gaze{EyeFrom(message.left(), read), EyeFrom(message.right(), read),
                        EyeFrom(message.combined(), read)};
  if (auto status = read.status("a gaze"); !status.ok()) return status;
  return gaze;
}

absl::StatusOr<face::FaceBlinks> FromMessage(const v1::FaceBlinks& message) {
  Reader read;
  face::FaceBlinks blinks;
  const v1::Eyes& eyes = message.eyes();
  blinks.eyes = {read(eyes.ear_left()), read(eyes.ear_right()), read(eyes.openness()),
                 StateFrom(eyes.state())};
  const v1::Blink& blink = message.blink();
  blinks.blink.closed = blink.closed();
  blinks.blink.count = read.Count(blink.count());
  blinks.blink.long_closures = read.Count(blink.long_closures());
  blinks.blink.per_minute = read(blink.per_minute());
  blinks.blink.last_duration_ms = read.Milliseconds(blink.last_duration_ms());
  blinks.blink.closed_ms = read.Milliseconds(blink.closed_ms());
  if (blink.has_completed())
    blinks.blink.completed = face::Blink{read.Count(blink.completed().begin_us()),
                                         read.Count(blink.completed().end_us())};
  blinks.perclos = {read(message.perclos().value()), read(message.perclos().coverage())};
  blinks.yawn = {read(message.yawn().mouth_aspect_ratio()), message.yawn().open(),
                 read.Count(message.yawn().count())};
  const v1::EyeHistory& history = message.history();
  blinks.history = {read.Seconds(history.known_s()),        read.Seconds(history.closed_s()),
                    read.Count(history.blinks()),           read.Count(history.blinks_us()),
                    read.Count(history.long_closures_us()), read.Count(history.yawns())};
  if (auto status = read.status("blinks"); !status.ok()) return status;
  return blinks;
}

absl::StatusOr<face::FaceScores> FromMessage(const v1::FaceAttention& message) {
  Reader read;
  face::FaceScores scores;
  scores.attention = {read(message.attention().score()), read(message.attention().confidence()),
                      TermsFrom(message.attention(), read)};
  scores.drowsiness = {LevelFrom(message.drowsiness().level()), read(message.drowsiness().score()),
                       read(message.drowsiness().confidence()),
                       TermsFrom(message.drowsiness(), read)};
  if (auto status = read.status("scores"); !status.ok()) return status;
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
