#include "app/result_csv.h"

#include <fmt/format.h>

#include <iterator>

#include "core/utf8.h"
#include "events/envelope.h"

namespace vigil::app {
namespace {

// Quoted where it must be (RFC 4180).
std::string Quoted(std::string_view name) {
  const std::string text = ValidUtf8(name);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

void WriteFaces(std::string& rows, const FrameHeader& header, const face::FaceResult& result) {
  const std::string stream = Quoted(header.stream_id);
  auto out = std::back_inserter(rows);
  for (const face::Face& f : result.faces) {
    const face::HeadPose& pose = f.head_pose;
    fmt::format_to(out, "{},{},{},{},{:.4f},{:.1f},{:.1f},{:.1f},{:.1f},", stream, header.number,
                   header.timestamp_us, f.id, f.score, f.box.x, f.box.y, f.box.width, f.box.height);
    fmt::format_to(out, "{:.2f},{:.2f},{:.2f},{:.2f},{:.2f},{:.2f},", pose.yaw_deg, pose.pitch_deg,
                   pose.roll_deg, pose.translation_cm.x, pose.translation_cm.y,
                   pose.translation_cm.z);
    if (f.gaze.combined.confidence > 0) {
      fmt::format_to(out, "{:.2f},{:.2f},{:.3f},", f.gaze.combined.in_camera.yaw_deg,
                     f.gaze.combined.in_camera.pitch_deg, f.gaze.combined.confidence);
    } else {
      fmt::format_to(out, ",,,");
    }
    fmt::format_to(out, "{:.4f},{:.4f},{:.3f},{},{},{},{:.2f},{:.4f},{:.4f},{},", f.eyes.ear_left,
                   f.eyes.ear_right, f.eyes.openness, Name(f.eyes.state), f.blink.count,
                   f.blink.long_closures, f.blink.per_minute, f.perclos.value, f.perclos.coverage,
                   f.yawn.count);
    fmt::format_to(out, "{:.1f},{:.1f},{},{:.3f},{:.2f},{:.2f},", f.attention.score,
                   f.drowsiness.score, Name(f.drowsiness.level), f.drowsiness.confidence,
                   pose.to_camera.yaw_deg, pose.to_camera.pitch_deg);
    if (f.gaze.combined.confidence > 0) {
      fmt::format_to(out, "{:.2f},{:.2f}\n", f.gaze.combined.to_camera.yaw_deg,
                     f.gaze.combined.to_camera.pitch_deg);
    } else {
      rows += ",\n";
    }
  }
}

void WriteObjects(std::string& rows, const FrameHeader& header, const DetectionMessage& message) {
  const std::string stream = Quoted(header.stream_id);
  auto out = std::back_inserter(rows);
  for (const TrackedObject& o : message.objects) {
    fmt::format_to(out, "{},{},{},{},{},{},{:.4f},{},{:.1f},{:.1f},{:.1f},{:.1f}\n", stream,
                   header.number, header.timestamp_us, o.track_id, o.class_id, Quoted(o.class_name),
                   o.confidence, events::NameOf(o.state), o.box.x, o.box.y, o.box.width,
                   o.box.height);
  }
}

}  // namespace

std::string_view CsvHeader(bool faces) {
  if (!faces)
    return "stream_id,frame,timestamp_us,track_id,class_id,class_name,confidence,state,x,y,width,"
           "height\n";
  return "stream_id,frame,timestamp_us,face_id,score,x,y,width,height,yaw,pitch,roll,head_x_cm,"
         "head_y_cm,head_z_cm,gaze_yaw,gaze_pitch,"
         "gaze_confidence,ear_left,ear_right,openness,eye_state,blinks,long_closures,blinks_per_"
         "minute,perclos,perclos_coverage,yawns,attention,"
         "drowsiness,drowsiness_level,drowsiness_confidence,yaw_to_camera,pitch_to_camera,"
         "gaze_yaw_to_camera,gaze_pitch_to_camera\n";
}

void WriteRows(std::string& rows, const FrameHeader& header, const FrameResult& result) {
  rows.clear();
  if (result.faces != nullptr) {
    WriteFaces(rows, header, *result.faces);
  } else if (result.scene != nullptr) {
    WriteObjects(rows, header, *result.scene);
  }
}

}  // namespace vigil::app
