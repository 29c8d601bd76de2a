#include "rpc/internal/from_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/limits.h"

namespace vigil::rpc::internal {
namespace {

constexpr float kMost = 1e6F;  // of pixels, centimetres, degrees, milliseconds within a day …
constexpr std::int64_t kMostUs = std::int64_t{1} << 60;

// Remembers whether every number was one.
class Reader {
 public:
  float operator()(float value) {
    sane_ = sane_ && std::abs(value) <= kMost;  // false for NaN too
    return value;
  }
  /// A length of time, milliseconds: closures of hours are no mistake.
  float Time(float ms) {
    sane_ = sane_ && ms >= 0 && ms <= 1e9F;
    return ms;
  }
  std::int64_t Count(std::int64_t value) {
    sane_ = sane_ && value >= 0 && value <= kMostUs;
    return value;
  }
  bool sane() const { return sane_; }

 private:
  bool sane_ = true;
};

// Terms hold static text: the names that ours have.
const char* TermName(std::string_view name) {
  static constexpr const char* kNames[] = {
      "head_yaw", "head_pitch", "gaze_away",     "eyes_closed",        "drowsiness",
      "perclos",  "yawns",      "long_closures", "blinks_lengthening", "lids_now"};
  for (const char* known : kNames) {
    if (name == known) return known;
  }
  return "other";
}

template <typename From>
face::Terms TermsOf(const From& from, Reader& read) {
  face::Terms terms;
  for (const v1::Term& term : from.terms()) {
    if (terms.count == face::kMaxTerms) break;
    terms.items[static_cast<std::size_t>(terms.count++)] = {
        TermName(term.name()), read(term.value()), read(term.weight()), read(term.points())};
  }
  return terms;
}

face::Angles AnglesOf(const v1::Angles& from, Reader& read) {
  return {read(from.yaw()), read(from.pitch())};
}

face::EyeGaze EyeGazeOf(const v1::EyeGaze& from, Reader& read) {
  return {AnglesOf(from.in_camera(), read), AnglesOf(from.in_head(), read),
          AnglesOf(from.to_camera(), read), read(from.confidence())};
}

face::HeadPose HeadPoseOf(const v1::HeadPose& from, Reader& read) {
  face::HeadPose pose;
  pose.yaw_deg = read(from.yaw());
  pose.pitch_deg = read(from.pitch());
  pose.roll_deg = read(from.roll());
  pose.translation_cm = {read(from.x()), read(from.y()), read(from.z())};
  pose.to_camera = AnglesOf(from.to_camera(), read);
  if (static_cast<std::size_t>(from.rotation_size()) == pose.rotation.size())
    std::ranges::transform(from.rotation(), pose.rotation.begin(), std::ref(read));
  return pose;
}

face::EyeState StateOf(v1::EyeState state) {
  switch (state) {
    case v1::EYE_STATE_OPEN:
      return face::EyeState::kOpen;
    case v1::EYE_STATE_CLOSED:
      return face::EyeState::kClosed;
    default:
      return face::EyeState::kUnknown;
  }
}

face::DrowsinessLevel LevelOf(v1::DrowsinessLevel level) {
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

face::BlinkState BlinkOf(const v1::Blink& from, Reader& read) {
  face::BlinkState blink;
  blink.closed = from.closed();
  blink.count = read.Count(from.count());
  blink.long_closures = read.Count(from.long_closures());
  blink.per_minute = read(from.per_minute());
  blink.last_duration_ms = read.Time(from.last_duration_ms());
  blink.closed_ms = read.Time(from.closed_ms());
  if (from.has_completed())
    blink.completed =
        face::Blink{read.Count(from.completed().begin_us()), read.Count(from.completed().end_us())};
  return blink;
}

absl::Status ReadMesh(const v1::Face& from, Size frame, Reader& read, face::Mesh& mesh) {
  const int count = from.points_size() / 3;
  if (from.points_size() % 3 != 0 ||
      (count != 0 && count != face::kMeshPoints && count != face::kRefinedPoints))
    return absl::DataLossError(
        fmt::format("a face of the server has {} values of points", from.points_size()));
  mesh.count = count;
  mesh.score = read(from.score());
  const auto width = static_cast<float>(frame.width), height = static_cast<float>(frame.height);
  for (int i = 0; i < count; ++i) {
    mesh.points[static_cast<std::size_t>(i)] = {read(from.points(3 * i) * width),
                                                read(from.points(3 * i + 1) * height),
                                                read(from.points(3 * i + 2) * width)};
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FromMessage(const v1::Face& from, Size frame, face::Face& to) {
  Reader read;
  to.id = read.Count(from.id());
  to.score = read(from.score());
  to.box = {read(from.box().x()), read(from.box().y()), read(from.box().width()),
            read(from.box().height())};
  if (auto status = ReadMesh(from, frame, read, to.mesh); !status.ok()) return status;
  to.head_pose = HeadPoseOf(from.head_pose(), read);
  to.gaze = {EyeGazeOf(from.gaze().left(), read), EyeGazeOf(from.gaze().right(), read),
             EyeGazeOf(from.gaze().combined(), read)};
  to.eyes = {read(from.eyes().ear_left()), read(from.eyes().ear_right()),
             read(from.eyes().openness()), StateOf(from.eyes().state())};
  to.blink = BlinkOf(from.blink(), read);
  to.perclos = {read(from.perclos().value()), read(from.perclos().coverage())};
  to.yawn = {read(from.yawn().mouth_aspect_ratio()), from.yawn().open(),
             read.Count(from.yawn().count())};
  to.attention = {read(from.attention().score()), read(from.attention().confidence()),
                  TermsOf(from.attention(), read)};
  to.drowsiness = {LevelOf(from.drowsiness().level()), read(from.drowsiness().score()),
                   read(from.drowsiness().confidence()), TermsOf(from.drowsiness(), read)};
  if (!read.sane()) return absl::DataLossError("a face of the server has values that cannot be");
  return absl::OkStatus();
}

absl::Status FromMessage(const v1::FaceMeshResult& from, face::FaceResult& to) {
  to.faces.clear();
  if (from.faces_size() > limits::kMaxFaces)
    return absl::DataLossError(fmt::format("the server says {} faces, more than {}",
                                           from.faces_size(), limits::kMaxFaces));
  const Size frame{from.width(), from.height()};
  if (from.faces_size() > 0 &&
      (frame.width <= 0 || frame.height <= 0 || frame.width > limits::kMaxPictureSide ||
       frame.height > limits::kMaxPictureSide))
    return absl::DataLossError("the server says a size of the frame that cannot be");
  to.faces.resize(static_cast<std::size_t>(from.faces_size()));
  for (int i = 0; i < from.faces_size(); ++i) {
    auto status = FromMessage(from.faces(i), frame, to.faces[static_cast<std::size_t>(i)]);
    if (!status.ok()) return status;
  }
  Reader read;
  to.timing = {read.Count(from.timings().detect_us()), read.Count(from.timings().mesh_us()),
               read.Count(from.timings().other_us())};
  if (!read.sane()) return absl::DataLossError("the server says times that cannot be");
  return absl::OkStatus();
}

}  // namespace vigil::rpc::internal
