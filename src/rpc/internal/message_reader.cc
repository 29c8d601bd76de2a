#include "rpc/internal/message_reader.h"

#include <algorithm>
#include <functional>

namespace vigil::rpc::internal {
namespace {

face::Angles Read(const v1::Angles& message, MessageReader& read) {
  return {read(message.yaw()), read(message.pitch())};
}

face::EyeGaze Read(const v1::EyeGaze& message, MessageReader& read) {
  return {Read(message.in_camera(), read), Read(message.in_head(), read),
          Read(message.to_camera(), read), read.Share(message.confidence())};
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

template <typename Message>
face::Terms TermsOf(const Message& message, MessageReader& read) {
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

face::HeadPose Read(const v1::HeadPose& message, MessageReader& read) {
  face::HeadPose pose;
  pose.yaw_deg = read(message.yaw());
  pose.pitch_deg = read(message.pitch());
  pose.roll_deg = read(message.roll());
  pose.translation_cm = {read(message.x()), read(message.y()), read(message.z())};
  pose.to_camera = Read(message.to_camera(), read);
  if (message.rotation_size() == static_cast<int>(pose.rotation.size()))
    std::ranges::transform(message.rotation(), pose.rotation.begin(), std::ref(read));
  return pose;
}

face::Gaze Read(const v1::Gaze& message, MessageReader& read) {
  return {Read(message.left(), read), Read(message.right(), read), Read(message.combined(), read)};
}

face::Eyes Read(const v1::Eyes& message, MessageReader& read) {
  return {read(message.ear_left()), read(message.ear_right()), read(message.openness()),
          StateOf(message.state())};
}

face::BlinkState Read(const v1::Blink& message, MessageReader& read) {
  face::BlinkState blink;
  blink.closed = message.closed();
  blink.count = read.Count(message.count());
  blink.long_closures = read.Count(message.long_closures());
  blink.per_minute = read(message.per_minute());
  blink.last_duration_ms = read.Milliseconds(message.last_duration_ms());
  blink.closed_ms = read.Milliseconds(message.closed_ms());
  if (message.has_completed())
    blink.completed = face::Blink{read.Count(message.completed().begin_us()),
                                  read.Count(message.completed().end_us())};
  return blink;
}

face::Perclos Read(const v1::Perclos& message, MessageReader& read) {
  return {read.Share(message.value()), read.Share(message.coverage())};
}

face::Yawn Read(const v1::Yawn& message, MessageReader& read) {
  return {read(message.mouth_aspect_ratio()), message.open(), read.Count(message.count())};
}

face::Attention Read(const v1::Attention& message, MessageReader& read) {
  return {read.Score(message.score()), read.Share(message.confidence()), TermsOf(message, read)};
}

face::Drowsiness Read(const v1::Drowsiness& message, MessageReader& read) {
  return {LevelOf(message.level()), read.Score(message.score()), read.Share(message.confidence()),
          TermsOf(message, read)};
}

}  // namespace vigil::rpc::internal
