// Messages: which are believed, in which order, and what they say about the camera.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/limits.h"
#include "events/internal/engine_impl.h"

namespace vigil::events {
namespace {

// A clock that was set back by less is waited for; messages of that time are refused as late ones.
constexpr Ms kClockStep = 5000;
// A jump of the frame number counts as no more missing frames than this.
constexpr std::int64_t kMostMissing = 1'000'000;
// No object is smaller than this share of the frame's diagonal where moves are measured in sizes.
constexpr double kLeastSize = 0.02;

// Ids are unique though names may contain the separator.
std::string Escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '/') {
      text += "%2F";
    } else if (c == '%') {
      text += "%25";
    } else {
      text += c;
    }
  }
  return text;
}

std::string IdPrefix(std::string_view device_id, std::string_view camera_id, std::int64_t epoch) {
  return fmt::format("{}/{}/{}/", Escaped(device_id), Escaped(camera_id), epoch);
}

}  // namespace

EventEngine::Impl::Impl(SceneOptions scene_options, std::string device, std::string camera)
    : options(std::move(scene_options)),
      device_id(std::move(device)),
      camera_id(std::move(camera)),
      id_prefix(IdPrefix(device_id, camera_id, 0)),
      scene(Compile(options, classes)),
      tracks(options.lines.size(), options.zones.size()),
      line_counts(options.lines.size()),
      zone_counts(options.zones.size()) {}

absl::StatusOr<std::span<const Event>> EventEngine::Impl::Process(const DetectionMessage& message) {
  events.clear();
  absl::Status fault = check.Check(message);
  if (fault.ok() && (message.device_id != device_id || message.camera_id != camera_id)) {
    fault = Refuse(RefusalReason::kWrongSource,
                   fmt::format("a message of {}/{}; this is the state of {}/{}", message.device_id,
                               message.camera_id, device_id, camera_id));
  }
  Follows how = Follows::kPlainly;
  if (fault.ok()) {
    const auto order = CheckOrder(message);
    if (order.ok()) {
      how = *order;
    } else {
      fault = order.status();
    }
  }
  if (!fault.ok()) {
    counts.refused.Add(fault);
    return fault;
  }
  ++counts.messages;
  if (how != Follows::kPlainly) {
    BeginStream(message, how);
  } else {
    ExpireUntil(ToMs(message.timestamp));
  }

  frame_missing = stream.began() && message.frame_number - 1 > stream.frame;
  if (frame_missing) {
    counts.missing_frames += std::min(kMostMissing, message.frame_number - 1 - stream.frame);
  }
  previous_time = stream.began() ? stream.time : kNever;
  if (!stream.began() && stream.epoch != message.epoch) {
    SetEpoch(message.epoch);
    stream.sequence = 0;
  }
  stream.frame = message.frame_number;
  stream.time = ToMs(message.timestamp);
  UpdateCamera();
  if (const Size size = EvaluatedSize(message); size != frame_size) PlaceShapes(size);
  MarkPresent(message);
  for (const TrackedObject& object : message.objects) Update(object);
  UpdateCrowds(stream.time);
  return std::span<const Event>(events);
}

absl::StatusOr<EventEngine::Impl::Follows> EventEngine::Impl::CheckOrder(
    const DetectionMessage& message) const {
  if (!stream.began()) return Follows::kPlainly;
  if (message.epoch > stream.epoch) return Follows::kNewEpoch;
  if (message.epoch < stream.epoch) {
    return Refuse(RefusalReason::kStaleEpoch,
                  fmt::format("{}/{}: a message of epoch {}, after one of {}", device_id, camera_id,
                              message.epoch, stream.epoch));
  }
  if (message.frame_number == stream.frame) {
    return Refuse(RefusalReason::kRepeatedMessage,
                  fmt::format("{}/{}: frame {} again", device_id, camera_id, stream.frame));
  }
  const Ms time = ToMs(message.timestamp);
  const bool later = time >= stream.time;
  if (message.frame_number > stream.frame) {
    if (later) return Follows::kPlainly;
    if (stream.time - time > kClockStep) return Follows::kClockSetBack;
  } else if (time > stream.time) {
    // Frames are counted from the start again, which a sender without epochs does.
    return Follows::kRestarted;
  }
  return Refuse(RefusalReason::kOutOfOrder,
                fmt::format("{}/{}: frame {} of {} after frame {} of {}", device_id, camera_id,
                            message.frame_number, ToIso8601(message.timestamp), stream.frame,
                            ToIso8601(ToWallTime(stream.time))));
}

// The ends of the old tracks belong to the old stream; its counts go on.
void EventEngine::Impl::BeginStream(const DetectionMessage& message, Follows how) {
  ++counts.restarts;
  const bool back = how == Follows::kClockSetBack;
  // What fell due before the new stream began fell due in the old one.
  if (!back) ExpireUntil(ToMs(message.timestamp));
  EndAllTracks(back ? "clock_set_back" : "stream_restarted");
  if (how == Follows::kNewEpoch) {
    SetEpoch(message.epoch);
    stream.sequence = 0;
  }
  for (ZoneCounts& zone : zone_counts) zone.crowd.pending = kNever;
  stream.back_since = kNever;
  stream.frame = -1;
}

void EventEngine::Impl::SetEpoch(std::int64_t epoch) {
  stream.epoch = epoch;
  id_prefix = IdPrefix(device_id, camera_id, epoch);
}

void EventEngine::Impl::PlaceShapes(Size size) {
  frame_size = size;
  least_size = kLeastSize * std::hypot(size.width, size.height);
  Place(options, size, scene);
  if (options.speed) {
    auto plane = GroundPlane::Create(*options.speed, size);
    ground = plane.ok() ? std::optional(*plane) : std::nullopt;
  }
  for (const auto list : {TrackList::kMoving, TrackList::kStanding}) {
    for (Slot slot = tracks.oldest(list); slot != kNoSlot; slot = tracks.next(slot)) {
      tracks.at(slot).reseed = true;
    }
  }
}

// Known before the first of them is looked at, so that one of them is not taken for one that has
// gone.
void EventEngine::Impl::MarkPresent(const DetectionMessage& message) {
  ++message_index;
  if (standing == 0) return;
  for (const TrackedObject& object : message.objects) {
    const Slot slot = tracks.Find(object.track_id);
    if (slot != kNoSlot) tracks.at(slot).message = message_index;
  }
}

void EventEngine::Impl::UpdateCamera() {
  // Frames that were only late do not show that the camera is back: what came after it was missed does.
  if (!stream.offline() || stream.time < stream.offline_since) return;
  // A gap that would not make a camera offline does not keep it offline either: slow cameras.
  const CameraOptions& camera = options.camera;
  const bool gap =
      previous_time == kNever || stream.time - previous_time > camera.offline_after.count();
  if (stream.back_since == kNever || gap) stream.back_since = stream.time;
  if (stream.time - stream.back_since < camera.online_after.count()) return;
  stream.offline_since = kNever;
  stream.back_since = kNever;
  Emit(EventType::kCameraOnline, stream.time,
       std::exchange(stream.silent_start, false) ? kOnlineAtStart : stream.sequence++);
}

void EventEngine::Impl::UpdateCrowds(Ms now) {
  for (std::size_t i = 0; i < scene.zones.size(); ++i) {
    const CompiledZone& zone = scene.zones[i];
    zone_counts[i].most = std::max(zone_counts[i].most, zone_counts[i].inside);
    if (zone.crowd_count == 0 || !Step(zone, zone_counts[i].crowd, zone_counts[i].inside, now)) {
      continue;
    }
    Event& event = Emit(EventType::kZoneCrowd, now);
    event.zone = zone.name;
    event.count = zone_counts[i].inside;
  }
}

Event& EventEngine::Impl::Emit(EventType type, Ms time, std::int64_t sequence) {
  Event& event = events.emplace_back();
  event.type = type;
  event.id = id_prefix + std::to_string(sequence);
  event.device_id = device_id;
  event.camera_id = camera_id;
  event.time = ToWallTime(time);
  event.epoch = stream.epoch;
  event.sequence = sequence;
  event.frame_number = stream.began() ? stream.frame : 0;
  event.frame_size = frame_size;
  return event;
}

Event& EventEngine::Impl::Emit(EventType type, Ms time, const Track& track) {
  Event& event = Emit(type, time);
  event.track_id = track.id;
  event.track_age = Milliseconds(time - track.first_seen);
  event.class_id = track.class_id;
  event.class_name = classes.name(track.class_index);
  event.confidence = track.confidence;
  event.box = track.box;
  event.point = track.center;
  event.speed_kmh = track.speed_kmh;
  return event;
}

}  // namespace vigil::events
