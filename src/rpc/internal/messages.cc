#include "rpc/internal/messages.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cstdint>

#include "core/check.h"
#include "core/limits.h"
#include "core/status.h"

namespace vigil::rpc::internal {
namespace {

void ToAngles(const face::Angles& angles, v1::Angles& to) {
  to.set_yaw(angles.yaw_deg);
  to.set_pitch(angles.pitch_deg);
}

void ToEyeGaze(const face::EyeGaze& eye, v1::EyeGaze& to) {
  ToAngles(eye.in_camera, *to.mutable_in_camera());
  ToAngles(eye.in_head, *to.mutable_in_head());
  ToAngles(eye.to_camera, *to.mutable_to_camera());
  to.set_confidence(eye.confidence);
}

template <typename To>
void ToTerms(const face::Terms& terms, To& to) {
  to.clear_terms();
  for (const face::Term& term : terms.span()) {
    v1::Term& one = *to.add_terms();
    one.set_name(term.name);
    one.set_value(term.value);
    one.set_weight(term.weight);
    one.set_points(term.points);
  }
}

v1::DrowsinessLevel LevelOf(face::DrowsinessLevel level) {
  switch (level) {
    case face::DrowsinessLevel::kAlert:
      return v1::DROWSINESS_LEVEL_ALERT;
    case face::DrowsinessLevel::kMildFatigue:
      return v1::DROWSINESS_LEVEL_MILD_FATIGUE;
    case face::DrowsinessLevel::kModerateFatigue:
      return v1::DROWSINESS_LEVEL_MODERATE_FATIGUE;
    case face::DrowsinessLevel::kSevereFatigue:
      return v1::DROWSINESS_LEVEL_SEVERE_FATIGUE;
  }
  return v1::DROWSINESS_LEVEL_UNSPECIFIED;
}

v1::EyeState StateOf(face::EyeState state) {
  switch (state) {
    case face::EyeState::kUnknown:
      return v1::EYE_STATE_UNSPECIFIED;
    case face::EyeState::kOpen:
      return v1::EYE_STATE_OPEN;
    case face::EyeState::kClosed:
      return v1::EYE_STATE_CLOSED;
  }
  return v1::EYE_STATE_UNSPECIFIED;
}

}  // namespace

grpc::ByteBuffer Serialise(const google::protobuf::MessageLite& message) {
  grpc::Slice slice(message.ByteSizeLong());
  // The slice is new, and nobody else sees it yet.
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return {&slice, 1};
}

absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& into) {
  grpc::ByteBuffer same = bytes;  // its slices are shared; the reader wants one that it may change
  grpc::ProtoBufferReader reader(&same);
  if (!reader.status().ok() || !into.ParseFromZeroCopyStream(&reader))
    return absl::InvalidArgumentError("not a message of this method");
  return absl::OkStatus();
}

void ToMessage(const PixelBox& box, v1::Box& to) {
  to.set_x(box.x);
  to.set_y(box.y);
  to.set_width(box.width);
  to.set_height(box.height);
}

void ToMessage(const face::HeadPose& pose, v1::HeadPose& to) {
  to.set_yaw(pose.yaw_deg);
  to.set_pitch(pose.pitch_deg);
  to.set_roll(pose.roll_deg);
  to.set_x(pose.translation_cm.x);
  to.set_y(pose.translation_cm.y);
  to.set_z(pose.translation_cm.z);
  ToAngles(pose.to_camera, *to.mutable_to_camera());
  to.mutable_rotation()->Assign(pose.rotation.begin(), pose.rotation.end());
}

void ToMessage(const face::Gaze& gaze, v1::Gaze& to) {
  ToEyeGaze(gaze.left, *to.mutable_left());
  ToEyeGaze(gaze.right, *to.mutable_right());
  ToEyeGaze(gaze.combined, *to.mutable_combined());
}

void ToMessage(const face::Eyes& eyes, v1::Eyes& to) {
  to.set_ear_left(eyes.ear_left);
  to.set_ear_right(eyes.ear_right);
  to.set_openness(eyes.openness);
  to.set_state(StateOf(eyes.state));
}

void ToMessage(const face::BlinkState& blink, v1::Blink& to) {
  to.set_closed(blink.closed);
  to.set_count(blink.count);
  to.set_long_closures(blink.long_closures);
  to.set_per_minute(blink.per_minute);
  to.set_last_duration_ms(blink.last_duration_ms);
  to.set_closed_ms(blink.closed_ms);
  to.clear_completed();
  if (!blink.completed) return;
  to.mutable_completed()->set_begin_us(blink.completed->begin_us);
  to.mutable_completed()->set_end_us(blink.completed->end_us);
}

void ToMessage(const face::Perclos& perclos, v1::Perclos& to) {
  to.set_value(perclos.value);
  to.set_coverage(perclos.coverage);
}

void ToMessage(const face::Yawn& yawn, v1::Yawn& to) {
  to.set_open(yawn.open);
  to.set_count(yawn.count);
  to.set_mouth_aspect_ratio(yawn.mouth_aspect_ratio);
}

void ToMessage(const face::Attention& attention, v1::Attention& to) {
  to.set_score(attention.score);
  to.set_confidence(attention.confidence);
  ToTerms(attention.terms, to);
}

void ToMessage(const face::Drowsiness& drowsiness, v1::Drowsiness& to) {
  to.set_level(LevelOf(drowsiness.level));
  to.set_score(drowsiness.score);
  to.set_confidence(drowsiness.confidence);
  ToTerms(drowsiness.terms, to);
}

void ToMessage(const face::Face& face, Size frame, bool with_points, face::StageSet failed,
               v1::Face& to) {
  using face::Stage;
  to.Clear();
  to.set_id(face.id);
  to.set_score(face.score);
  ToMessage(face.box, *to.mutable_box());
  if (with_points) {
    const float x = 1.0F / static_cast<float>(frame.width);
    const float y = 1.0F / static_cast<float>(frame.height);
    auto& points = *to.mutable_points();
    points.Reserve(3 * face.mesh.count);
    for (const Point3f& point : face.mesh.span()) {
      points.AddAlreadyReserved(point.x * x);
      points.AddAlreadyReserved(point.y * y);
      points.AddAlreadyReserved(point.z * x);
    }
  }
  if (!failed.has(Stage::kHeadPose)) ToMessage(face.head_pose, *to.mutable_head_pose());
  if (face.gaze.combined.confidence > 0) ToMessage(face.gaze, *to.mutable_gaze());
  if (!failed.has(Stage::kBlink)) {
    ToMessage(face.eyes, *to.mutable_eyes());
    ToMessage(face.blink, *to.mutable_blink());
    ToMessage(face.perclos, *to.mutable_perclos());
    ToMessage(face.yawn, *to.mutable_yawn());
  }
  if (!failed.has(Stage::kAttention)) {
    ToMessage(face.attention, *to.mutable_attention());
    ToMessage(face.drowsiness, *to.mutable_drowsiness());
  }
}

void ToMessage(const face::FaceResult& result, Size frame, bool with_points,
               v1::FaceMeshResult& to) {
  to.set_width(frame.width);
  to.set_height(frame.height);
  to.clear_landmarks();
  to.clear_gaze();
  to.clear_faces();
  to.set_main_face(-1);
  for (const face::Face& face : result.faces)
    ToMessage(face, frame, with_points, result.failed, *to.add_faces());
  to.clear_failed_stages();
  for (const face::Stage stage : face::kStages) {
    if (result.failed.has(stage)) to.add_failed_stages(std::string(NameOf(stage)));
  }
  const auto main = std::ranges::max_element(
      result.faces, {}, [](const face::Face& face) { return face.box.area(); });
  if (main == result.faces.end()) return;
  to.set_main_face(static_cast<std::int32_t>(main - result.faces.begin()));
  if (main->gaze.combined.confidence > 0) {
    to.mutable_gaze()->set_yaw(main->gaze.combined.in_camera.yaw_deg);
    to.mutable_gaze()->set_pitch(main->gaze.combined.in_camera.pitch_deg);
  }
  if (!with_points) return;
  const float x = 1.0F / static_cast<float>(frame.width);
  const float y = 1.0F / static_cast<float>(frame.height);
  for (const Point3f& point : main->mesh.span().first(
           std::min<std::size_t>(main->mesh.span().size(), face::kMeshPoints))) {
    v1::Landmark& landmark = *to.add_landmarks();
    landmark.set_x(point.x * x);
    landmark.set_y(point.y * y);
    landmark.set_z(point.z * x);
  }
}

void ToMessage(std::span<const Detection> detections, std::span<const std::string> class_names,
               float min_confidence, v1::InferenceResponse& to) {
  to.clear_detections();
  for (const Detection& detection : detections) {
    if (detection.score < min_confidence) continue;
    v1::Detection& one = *to.add_detections();
    ToMessage(detection.box, *one.mutable_box());
    one.set_confidence(detection.score);
    one.set_class_id(detection.class_id);
    const auto index = static_cast<std::size_t>(detection.class_id);
    VIGIL_CHECK(index < class_names.size());
    one.set_class_name(class_names[index]);
  }
}

void ToMessage(const absl::Status& error, v1::FrameError& to) {
  to.set_code(static_cast<int>(error.code()));
  to.set_message(std::string(MessageOf(error)));
}

}  // namespace vigil::rpc::internal
