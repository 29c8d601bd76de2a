#include "rpc/internal/stage_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/limits.h"
#include "rpc/internal/message_reader.h"
#include "rpc/internal/messages.h"

namespace vigil::rpc::internal {
namespace {

// Far outside of any picture, and well within what is calculated with pixels.
constexpr float kFarthestPx = 1e5F;

// Not for what is not a number.
bool IsWithin(float value, float most) { return std::abs(value) <= most; }

// All that is measured on a face is divided by its size.
bool HasExtent(const face::Mesh& mesh) {
  const auto [left, right] = std::ranges::minmax(mesh.span(), {}, &Point3f::x);
  const auto [top, bottom] = std::ranges::minmax(mesh.span(), {}, &Point3f::y);
  return right.x > left.x && bottom.y > top.y;
}

// Within the known time, which both are sums of; they may round apart a little.
bool CanBe(const face::EyeHistory& history) {
  constexpr double kRounding = 1e-3;
  return history.known_s >= -kRounding && history.closed_s >= -kRounding &&
         history.closed_s <= history.known_s + kRounding;
}

absl::Status Sane(const MessageReader& read, const char* what) {
  if (read.sane()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} that cannot be", what));
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
  if (!HasExtent(mesh)) return absl::InvalidArgumentError("a mesh has no extent");
  if (!IsWithin(message.score(), 1))
    return absl::InvalidArgumentError("a mesh has a score beyond 1");
  mesh.score = message.score();
  return mesh;
}

absl::StatusOr<face::HeadPose> FromMessage(const v1::HeadPose& message) {
  if (message.rotation_size() != static_cast<int>(face::HeadPose().rotation.size()))
    return absl::InvalidArgumentError(
        fmt::format("a head pose has a rotation of {} values instead of {}",
                    message.rotation_size(), face::HeadPose().rotation.size()));
  MessageReader read;
  const face::HeadPose pose = Read(message, read);
  if (auto status = Sane(read, "a head pose"); !status.ok()) return status;
  return pose;
}

absl::StatusOr<face::Gaze> FromMessage(const v1::Gaze& message) {
  MessageReader read;
  const face::Gaze gaze = Read(message, read);
  if (auto status = Sane(read, "a gaze"); !status.ok()) return status;
  return gaze;
}

absl::StatusOr<face::FaceBlinks> FromMessage(const v1::FaceBlinks& message) {
  MessageReader read;
  face::FaceBlinks blinks;
  blinks.eyes = Read(message.eyes(), read);
  blinks.blink = Read(message.blink(), read);
  blinks.perclos = Read(message.perclos(), read);
  blinks.yawn = Read(message.yawn(), read);
  const v1::EyeHistory& history = message.history();
  blinks.history = {read.Seconds(history.known_s()),        read.Seconds(history.closed_s()),
                    read.Count(history.blinks()),           read.Count(history.blinks_us()),
                    read.Count(history.long_closures_us()), read.Count(history.yawns())};
  if (auto status = Sane(read, "blinks"); !status.ok()) return status;
  if (!CanBe(blinks.history))
    return absl::InvalidArgumentError(fmt::format("eyes that were closed for {} s of {} s",
                                                  blinks.history.closed_s, blinks.history.known_s));
  return blinks;
}

absl::StatusOr<face::FaceScores> FromMessage(const v1::FaceAttention& message) {
  MessageReader read;
  face::FaceScores scores;
  scores.attention = Read(message.attention(), read);
  scores.drowsiness = Read(message.drowsiness(), read);
  if (auto status = Sane(read, "scores"); !status.ok()) return status;
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
