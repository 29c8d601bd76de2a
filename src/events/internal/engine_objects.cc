// Objects: what one of them did between its last position and this one.
#include <algorithm>
#include <cmath>

#include "core/limits.h"
#include "events/internal/engine_impl.h"

namespace vigil::events {
namespace {

// A standing object that was lost is the same one where the boxes share so much of the smaller one
// (which may be what is seen of it behind something).
constexpr float kSamePlace = 0.5F;
// A speed counts as below its limit again at this share of it.
constexpr double kSpeedRelease = 0.9;

// Counted no further.
constexpr int kManySightings = 1'000'000;

using Points = std::array<GridPoint, 2>;

// By EvaluationPoint. From corners on the grid, so that it is the same after a trip as JSON.
Points PointsOf(const TrackedObject& object) {
  const GridPoint from = ToGrid({object.box.x, object.box.y});
  const GridPoint to = ToGrid({object.box.right(), object.box.bottom()});
  return {ToGrid(object.center), GridPoint{(from.x + to.x) >> 1, to.y}};
}

// The same object, its centre elsewhere.
Points Moved(const Points& at, GridPoint center) {
  const GridPoint by{center.x - at[0].x, center.y - at[0].y};
  return {center, GridPoint{at[1].x + by.x, at[1].y + by.y}};
}

bool IsSamePlace(const PixelBox& a, const PixelBox& b) {
  const float smaller = std::min(a.area(), b.area());
  return smaller > 0 && Intersect(a, b).area() >= kSamePlace * smaller;
}

std::int32_t SizeOf(const PixelBox& box) { return ToGrid(std::max(box.width, box.height), 0).x; }

}  // namespace

void EventEngine::Impl::Update(const TrackedObject& object) {
  if (object.track_id < 0) {
    ++counts.without_track;
    return;
  }
  Slot slot = tracks.Find(object.track_id);
  if (object.state == TrackState::kEnded) {
    if (slot != kNoSlot) EndTrack(slot, stream.time, "track_ended");
    return;
  }
  if (object.state != TrackState::kConfirmed) {
    ++counts.unconfirmed;
    return;
  }
  ++counts.objects;
  if (slot == kNoSlot) slot = BeginTrack(object);
  Move(slot, object);
}

// Finds a standing object that was lost here, or begins a new one.
Slot EventEngine::Impl::BeginTrack(const TrackedObject& object) {
  const ClassIndex index = classes.Of(object.class_name);
  if (const Slot same = StandingAt(object, index); same != kNoSlot) {
    ++counts.resumed;
    tracks.Rename(same, object.track_id);
    return same;
  }
  if (tracks.size() >= limits::kMaxTracks) EvictOldest();
  const Slot slot = tracks.Add(object.track_id);
  Track& track = tracks.at(slot);
  track.first_seen = track.last_seen = stream.time;
  track.class_index = index;
  track.size = SizeOf(object.box);
  track.at = PointsOf(object);
  track.center = object.center;
  // Where the sender saw it in its frame before, nothing being known here.
  if (object.previous_center) {
    const Ms span = previous_time == kNever ? 1000 : stream.time - previous_time;
    if (IsPlausible(*object.previous_center, object.center, track.size, span)) {
      track.at = Moved(track.at, ToGrid(*object.previous_center));
      track.center = *object.previous_center;
    }
  }
  Reseed(slot, track.at);
  Begin(track.stand, object.center, stream.time);
  return slot;
}

Slot EventEngine::Impl::StandingAt(const TrackedObject& object, ClassIndex index) const {
  if (standing == 0) return kNoSlot;
  for (Slot slot = tracks.oldest(TrackList::kStanding); slot != kNoSlot; slot = tracks.next(slot)) {
    const Track& track = tracks.at(slot);
    if (track.message != message_index && track.class_index == index &&
        IsSamePlace(track.box, object.box)) {
      return slot;
    }
  }
  return kNoSlot;
}

bool EventEngine::Impl::IsPlausible(Point2f from, Point2f to, std::int32_t size, Ms span) const {
  const double speed = options.tracks.max_speed_sizes;
  if (speed == 0) return true;
  const double side = std::max(static_cast<double>(size) / kGridPerPixel, least_size);
  return double{Distance(from, to)} <= side * (1 + speed * static_cast<double>(span) * 1e-3);
}

// What lies between is not a way that the object took: lines are watched from here on.
void EventEngine::Impl::Reseed(Slot slot, const Points& at) {
  const Track& track = tracks.at(slot);
  const auto states = tracks.lines(slot);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const GridPoint p = at[static_cast<std::size_t>(scene.lines[i].at)];
    states[i] = {};
    Step(scene.lines[i], states[i], p, p, track.size, stream.time, false);
  }
}

void EventEngine::Impl::Move(Slot slot, const TrackedObject& object) {
  Track& track = tracks.at(slot);
  const Points to = PointsOf(object);
  track.size = SizeOf(object.box);
  const Way way = WayOf(slot, object, to);

  track.message = message_index;
  track.sightings = std::min(track.sightings + 1, kManySightings);
  if (classes.name(track.class_index) != object.class_name) {
    track.class_index = classes.Of(object.class_name);
  }
  track.class_id = object.class_id;
  track.confidence = object.confidence;
  track.box = object.box;
  track.center = object.center;
  track.at = to;
  track.last_seen = stream.time;
  if (!track.reported && track.sightings >= options.tracks.min_sightings &&
      stream.time - track.first_seen >= options.tracks.min_age.count()) {
    track.reported = true;
    if (options.object_events) Emit(EventType::kObjectAppear, stream.time, track);
  }
  WatchMotion(slot);
  if (way.between) WatchLines(slot, way.from, *way.between);
  WatchLines(slot, way.between.value_or(way.from), to);
  WatchZones(slot);
  tracks.Touch(slot, track.stand.stands ? TrackList::kStanding : TrackList::kMoving);
}

// From where the object came here. The track is still as it was seen last, but for its size.
EventEngine::Impl::Way EventEngine::Impl::WayOf(Slot slot, const TrackedObject& object,
                                                const Points& to) {
  Track& track = tracks.at(slot);
  if (track.reseed) {
    // The last position is in pixels of a frame of another size.
    track.reseed = false;
    Reseed(slot, to);
    track.stand.anchor = object.center;
    track.speed = {};
    return {to, {}};
  }
  if (track.sightings == 0) return {track.at, {}};
  // After a gap, the sender knows one more position.
  const Ms span = stream.time - track.last_seen;
  const bool knows_more = frame_missing && object.previous_center &&
                          IsPlausible(*object.previous_center, object.center, track.size, span);
  const Point2f next = knows_more ? *object.previous_center : object.center;
  const Points next_at = knows_more ? Moved(to, ToGrid(next)) : to;
  if (IsPlausible(track.center, next, track.size, span)) {
    return knows_more ? Way{track.at, next_at} : Way{track.at, {}};
  }
  ++counts.jumps;
  LeaveOnJump(slot, to);
  Reseed(slot, next_at);
  if (track.stand.stands) --standing;
  Begin(track.stand, object.center, stream.time);
  track.speed = {};
  return {next_at, {}};
}

void EventEngine::Impl::WatchLines(Slot slot, const Points& from, const Points& to) {
  const Track& track = tracks.at(slot);
  const auto states = tracks.lines(slot);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const CompiledLine& line = scene.lines[i];
    const auto at = static_cast<std::size_t>(line.at);
    if (states[i].idle() && !line.bounds.Meets(from[at], to[at])) continue;
    const auto crossing =
        Step(line, states[i], from[at], to[at], track.size, stream.time, track.reported);
    if (crossing && line.classes.Accepts(track.class_index)) OnCrossing(track, i, *crossing);
  }
}

void EventEngine::Impl::OnCrossing(const Track& track, std::size_t index,
                                   const LineCrossing& crossing) {
  const CompiledLine& line = scene.lines[index];
  const auto direction = static_cast<std::size_t>(crossing.direction);
  const std::int64_t total = ++line_counts[index].crossings[track.class_index][direction];
  const auto emit = [&](EventType type) -> Event& {
    Event& event = Emit(type, stream.time, track);
    event.line = line.name;
    event.direction = line.direction[direction];
    event.point = crossing.at;
    return event;
  };
  emit(EventType::kLineCross);
  if (line.forbidden == crossing.direction) emit(EventType::kWrongWay);
  if (options.count_events) emit(EventType::kLineCount).count = total;
}

void EventEngine::Impl::WatchZones(Slot slot) {
  const Track& track = tracks.at(slot);
  const auto states = tracks.zones(slot);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const CompiledZone& zone = scene.zones[i];
    ZoneState& state = states[i];
    const GridPoint p = track.at[static_cast<std::size_t>(zone.at)];
    if (state.idle() && !zone.bounds.Contains(p)) continue;
    const bool may_enter = track.reported && zone.classes.Accepts(track.class_index);
    const ZoneChange change = Step(zone, state, p, track.size, stream.time, may_enter);
    if (change == ZoneChange::kEntered) OnEntered(track, i, state);
    if (change == ZoneChange::kLeft) OnLeft(track, i, state, state.pending, stream.time, "left");
    if (state.inside && state.pending == kNever) WatchDwell(track, i, state);
  }
}

void EventEngine::Impl::OnEntered(const Track& track, std::size_t index, ZoneState& state) {
  const CompiledZone& zone = scene.zones[index];
  state.class_index = track.class_index;
  ZoneCounts& now = zone_counts[index];
  auto& [inside, entered] = now.objects[state.class_index];
  ++inside;
  ++entered;
  ++now.inside;
  Event& event = Emit(EventType::kZoneEnter, stream.time, track);
  event.zone = zone.name;
  event.entered = ToWallTime(state.entered);
  event.point = ToPixels(track.at[static_cast<std::size_t>(zone.at)]);
  if (!options.count_events) return;
  Event& occupancy = Emit(EventType::kZoneOccupancy, stream.time, track);
  occupancy.zone = zone.name;
  occupancy.count = inside;
}

// The whole visit is of the class that entered, so that counts add up when a detector changes its
// mind.
void EventEngine::Impl::OnLeft(const Track& track, std::size_t index, ZoneState& state, Ms left,
                               Ms now, std::string_view reason) {
  const CompiledZone& zone = scene.zones[index];
  ZoneCounts& counts_now = zone_counts[index];
  const std::int64_t inside = --counts_now.objects[state.class_index][0];
  --counts_now.inside;
  Event& event = Emit(EventType::kZoneExit, now, track);
  event.class_name = classes.name(state.class_index);
  event.zone = zone.name;
  event.entered = ToWallTime(state.entered);
  event.left = ToWallTime(left);
  event.dwell = Milliseconds(left - state.entered);
  event.point = ToPixels(track.at[static_cast<std::size_t>(zone.at)]);
  event.reason = reason;
  if (options.count_events) {
    Event& occupancy = Emit(EventType::kZoneOccupancy, now, track);
    occupancy.class_name = classes.name(state.class_index);
    occupancy.zone = zone.name;
    occupancy.count = inside;
  }
  state = {};
}

void EventEngine::Impl::WatchDwell(const Track& track, std::size_t index, ZoneState& state) {
  const CompiledZone& zone = scene.zones[index];
  const Ms dwell = stream.time - state.entered;
  const auto emit = [&](EventType type, Ms time_inside) -> Event& {
    Event& event = Emit(type, stream.time, track);
    event.class_name = classes.name(state.class_index);
    event.zone = zone.name;
    event.entered = ToWallTime(state.entered);
    event.dwell = Milliseconds(time_inside);
    return event;
  };
  const auto& times = zone.DwellOf(state.class_index);
  while (state.dwells < times.size() && dwell >= times[state.dwells]) {
    emit(EventType::kZoneDwell, dwell).count = ++state.dwells;
  }
  if (zone.stationary == 0 || !track.stand.in_place() || state.reported == track.stand.since)
    return;
  if (stream.time - std::max(track.stand.since, state.entered) < zone.stationary) return;
  state.reported = track.stand.since;
  emit(EventType::kObjectStationary, dwell);
}

// Where an id is another object now, the one that had it is gone from the zones it was in.
void EventEngine::Impl::LeaveOnJump(Slot slot, const Points& to) {
  const auto states = tracks.zones(slot);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const CompiledZone& zone = scene.zones[i];
    if (Contains(zone.points, to[static_cast<std::size_t>(zone.at)])) continue;
    const Track& track = tracks.at(slot);
    const Ms left = states[i].pending == kNever ? track.last_seen : states[i].pending;
    if (states[i].inside) OnLeft(track, i, states[i], left, stream.time, "id_jump");
    states[i] = {};
  }
}

void EventEngine::Impl::WatchMotion(Slot slot) {
  Track& track = tracks.at(slot);
  const double side = static_cast<double>(track.size) / kGridPerPixel;
  const StandRules rules{std::max(1.0, options.tracks.stationary_distance * side),
                         track.reported ? options.tracks.stationary_time.count() : 0};
  const bool stood = track.stand.stands;
  const bool stopped = Step(track.stand, track.center, stream.time, rules);
  if (track.stand.stands != stood) track.stand.stands ? ++standing : --standing;
  if (stopped) {
    Emit(EventType::kObjectStationary, stream.time, track).dwell =
        Milliseconds(stream.time - track.stand.since);
  }
  if (!ground) return;
  const bool on_ground = !options.speed->frame_points.empty();
  const Point2f at = on_ground ? ToPixels(track.at[1]) : track.center;
  track.speed_kmh = Step(track.speed, *ground, at, stream.time, options.speed->window.count());
  const double limit = options.speed->limit_kmh;
  if (limit <= 0 || !track.speed_kmh || !track.reported) return;
  if (track.speed.above) {
    track.speed.above = *track.speed_kmh > limit * kSpeedRelease;
  } else if (*track.speed_kmh > limit) {
    track.speed.above = true;
    Emit(EventType::kSpeed, stream.time, track);
  }
}

}  // namespace vigil::events
