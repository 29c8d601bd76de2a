#include "app/result_json.h"

#include "events/envelope.h"

namespace vigil::app {
namespace {

void WriteLandmarks(JsonWriter& json, const face::Mesh& mesh, Size frame) {
  const double x = 1.0 / frame.width, y = 1.0 / frame.height;
  json.Key("landmarks").BeginArray();
  for (const Point3f& point : mesh.span()) {
    json.BeginArray().Value(point.x * x, 6).Value(point.y * y, 6).Value(point.z * x, 6).EndArray();
  }
  json.EndArray();
}

void WriteAngles(JsonWriter& json, const char* key, const face::Angles& angles) {
  json.Key(key)
      .BeginObject()
      .Member("yaw", angles.yaw_deg, 2)
      .Member("pitch", angles.pitch_deg, 2)
      .EndObject();
}

void WriteEyeGaze(JsonWriter& json, const face::EyeGaze& eye) {
  json.Member("yaw", eye.in_camera.yaw_deg, 2).Member("pitch", eye.in_camera.pitch_deg, 2);
  WriteAngles(json, "in_head", eye.in_head);
  WriteAngles(json, "to_camera", eye.to_camera);
  json.Member("confidence", eye.confidence, 3);
}

void WriteGaze(JsonWriter& json, const face::Face& face) {
  json.Key("gaze");
  if (face.gaze.combined.confidence <= 0) {  // no irises, or the eyes cannot be seen
    json.Null();
    return;
  }
  json.BeginObject();
  WriteEyeGaze(json, face.gaze.combined);
  json.Key("left").BeginObject();
  WriteEyeGaze(json, face.gaze.left);
  json.EndObject().Key("right").BeginObject();
  WriteEyeGaze(json, face.gaze.right);
  json.EndObject().EndObject();
}

void WriteBlink(JsonWriter& json, const face::BlinkState& blink) {
  json.Key("blink").BeginObject();
  json.Member("closed", blink.closed)
      .Member("count", blink.count)
      .Member("per_minute", blink.per_minute, 2);
  json.Member("last_duration_ms", blink.last_duration_ms, 1)
      .Member("closed_ms", blink.closed_ms, 1)
      .Member("long_closures", blink.long_closures);
  if (blink.completed) {
    json.Key("completed")
        .BeginObject()
        .Member("begin_us", blink.completed->begin_us)
        .Member("end_us", blink.completed->end_us)
        .EndObject();
  }
  json.EndObject();
}

void WriteTerms(JsonWriter& json, const face::Terms& terms) {
  json.Key("terms").BeginArray();
  for (const face::Term& term : terms.span()) {
    json.BeginObject()
        .Member("name", term.name)
        .Member("value", term.value, 3)
        .Member("weight", term.weight, 1)
        .Member("points", term.points, 2)
        .EndObject();
  }
  json.EndArray();
}

void WriteBox(JsonWriter& json, const PixelBox& box) {
  json.Key("bbox")
      .BeginObject()
      .Member("x", box.x, 1)
      .Member("y", box.y, 1)
      .Member("width", box.width, 1)
      .Member("height", box.height, 1)
      .EndObject();
}

void WriteFace(JsonWriter& json, const face::Face& face, Size frame) {
  json.BeginObject().Member("id", face.id).Member("score", face.score, 4);
  WriteBox(json, face.box);
  WriteLandmarks(json, face.mesh, frame);
  const face::HeadPose& pose = face.head_pose;
  json.Key("head_pose").BeginObject();
  json.Member("yaw", pose.yaw_deg, 2)
      .Member("pitch", pose.pitch_deg, 2)
      .Member("roll", pose.roll_deg, 2);
  json.Member("x", pose.translation_cm.x, 2)
      .Member("y", pose.translation_cm.y, 2)
      .Member("z", pose.translation_cm.z, 2);
  WriteAngles(json, "to_camera", pose.to_camera);
  json.EndObject();
  WriteGaze(json, face);
  json.Key("eyes")
      .BeginObject()
      .Member("ear_left", face.eyes.ear_left, 4)
      .Member("ear_right", face.eyes.ear_right, 4);
  json.Member("openness", face.eyes.openness, 3).Member("state", Name(face.eyes.state)).EndObject();
  WriteBlink(json, face.blink);
  json.Member("perclos", face.perclos.value, 4)
      .Member("perclos_coverage", face.perclos.coverage, 4);
  json.Key("yawn")
      .BeginObject()
      .Member("open", face.yawn.open)
      .Member("count", face.yawn.count)
      .Member("mouth_aspect_ratio", face.yawn.mouth_aspect_ratio, 3)
      .EndObject();
  json.Key("attention")
      .BeginObject()
      .Member("score", face.attention.score, 1)
      .Member("confidence", face.attention.confidence, 3);
  WriteTerms(json, face.attention.terms);
  json.EndObject()
      .Key("drowsiness")
      .BeginObject()
      .Member("level", Name(face.drowsiness.level))
      .Member("score", face.drowsiness.score, 1)
      .Member("confidence", face.drowsiness.confidence, 3);
  WriteTerms(json, face.drowsiness.terms);
  json.EndObject().EndObject();
}

void WriteObject(JsonWriter& json, const TrackedObject& object) {
  json.BeginObject()
      .Member("id", object.track_id)
      .Member("class_id", object.class_id)
      .Member("class_name", object.class_name)
      .Member("confidence", object.confidence, 4)
      .Member("state", events::NameOf(object.state));
  WriteBox(json, object.box);
  json.EndObject();
}

void WriteTiming(JsonWriter& json, const FrameHeader& header, const FrameResult& result) {
  const auto ms = [&](const char* name, std::int64_t us) {
    json.Member(name, static_cast<double>(us) / 1000, 3);
  };
  const face::Timing none;
  const face::Timing& faces = result.faces != nullptr ? result.faces->timing : none;
  json.Key("timing_ms").BeginObject();
  ms("decode", header.decode_us);
  ms("detect", faces.detect_us);
  ms("mesh", faces.mesh_us);
  ms("other", faces.other_us);
  if (result.scene != nullptr) {
    ms("objects", result.objects_us);
    ms("events", result.events_us);
  }
  json.EndObject();
}

void WriteOrigin(JsonWriter& json, const FrameOrigin& origin) {
  json.Member("computed", origin.computed);
  if (!origin.local_faces.empty()) {
    json.Key("local_faces").BeginArray();
    for (const std::int64_t id : origin.local_faces) json.Value(id);
    json.EndArray();
  }
  const auto ms = [&](const char* name, std::int64_t us) {
    if (us > 0) json.Member(name, static_cast<double>(us) / 1000, 3);
  };
  json.Key("latency_ms").BeginObject();
  ms("total", origin.total_us);
  ms("remote", origin.remote_us);
  ms("server", origin.server_us);
  ms("server_decode", origin.server_decode_us);
  ms("local", origin.local_us);
  json.EndObject();
}

}  // namespace

void WriteFrame(JsonWriter& json, const FrameHeader& header, const FrameResult& result) {
  json.Clear();
  json.BeginObject()
      .Member("stream_id", header.stream_id)
      .Member("frame", static_cast<std::int64_t>(header.number));
  json.Member("timestamp_us", header.timestamp_us)
      .Member("width", header.size.width)
      .Member("height", header.size.height);
  if (result.faces != nullptr) {
    json.Key("faces").BeginArray();
    for (const face::Face& face : result.faces->faces) WriteFace(json, face, header.size);
    json.EndArray();
  }
  if (result.scene != nullptr) {
    json.Key("objects").BeginArray();
    for (const TrackedObject& object : result.scene->objects) WriteObject(json, object);
    json.EndArray();
  }
  WriteTiming(json, header, result);
  if (result.origin != nullptr) WriteOrigin(json, *result.origin);
  json.EndObject();
}

std::string_view Name(face::DrowsinessLevel level) {
  switch (level) {
    case face::DrowsinessLevel::kAlert:
      return "alert";
    case face::DrowsinessLevel::kMildFatigue:
      return "mildFatigue";
    case face::DrowsinessLevel::kModerateFatigue:
      return "moderateFatigue";
    case face::DrowsinessLevel::kSevereFatigue:
      return "severeFatigue";
  }
  return "alert";
}

std::string_view Name(face::EyeState state) {
  switch (state) {
    case face::EyeState::kUnknown:
      return "unknown";
    case face::EyeState::kOpen:
      return "open";
    case face::EyeState::kClosed:
      return "closed";
  }
  return "unknown";
}

}  // namespace vigil::app
