// Ends: of tracks that are not seen any more, and of a camera's messages. All fall due at times
// that follow from messages alone, and come in the order of those times.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "events/internal/engine_impl.h"

namespace vigil::events {
namespace {

constexpr Ms kNoDeadline = std::numeric_limits<Ms>::max();

}  // namespace

// A track of the last message has not been missed yet: it is kept until the camera counts as
// offline, so that slow cameras and short outages end nothing.
Ms EventEngine::Impl::Deadline(TrackList list, Slot slot) const {
  if (slot == kNoSlot) return kNoDeadline;
  const Ms last_seen = tracks.at(slot).last_seen;
  Milliseconds kept = options.tracks.lost_timeout;
  if (list == TrackList::kStanding) kept = std::max(kept, options.tracks.stationary_timeout);
  if (last_seen == stream.time) kept = std::max(kept, options.camera.offline_after);
  return last_seen + kept.count();
}

void EventEngine::Impl::ExpireUntil(Ms until) {
  const Ms offline_after = options.camera.offline_after.count();
  for (;;) {
    const Slot moving = tracks.oldest(TrackList::kMoving);
    const Slot still = tracks.oldest(TrackList::kStanding);
    const Ms moving_due = Deadline(TrackList::kMoving, moving);
    const Ms still_due = Deadline(TrackList::kStanding, still);
    const Ms offline_due = offline_after == 0 || stream.offline() || stream.time == kNever
                               ? kNoDeadline
                               : stream.time + offline_after;
    // A message at the very moment still counts as in time.
    const Ms due = std::min({moving_due, still_due, offline_due});
    if (due >= until) return;
    if (due == offline_due) {
      GoOffline(due);
    } else {
      EndTrack(due == moving_due ? moving : still, due, "track_ended");
      UpdateCrowds(due);
    }
  }
}

void EventEngine::Impl::GoOffline(Ms when) {
  stream.offline_since = when;
  stream.back_since = kNever;
  stream.silent_start = !stream.began();
  if (stream.silent_start) {
    Emit(EventType::kCameraOffline, when, kOfflineAtStart).reason = "no message yet";
    return;
  }
  Emit(EventType::kCameraOffline, when).reason =
      fmt::format("no message since {}", ToIso8601(ToWallTime(stream.time)));
}

void EventEngine::Impl::EndTrack(Slot slot, Ms when, std::string_view reason) {
  const Track& track = tracks.at(slot);
  const auto zones = tracks.zones(slot);
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (!zones[i].inside) continue;
    const Ms left = zones[i].pending == kNever ? track.last_seen : zones[i].pending;
    OnLeft(track, i, zones[i], left, when, reason);
  }
  if (track.reported && options.object_events) {
    Emit(EventType::kObjectLost, when, track).reason = reason;
  }
  if (track.stand.stands) --standing;
  tracks.Remove(slot);
}

void EventEngine::Impl::EndAllTracks(std::string_view reason) {
  for (const auto list : {TrackList::kMoving, TrackList::kStanding}) {
    while (tracks.oldest(list) != kNoSlot) EndTrack(tracks.oldest(list), stream.time, reason);
  }
}

void EventEngine::Impl::EvictOldest() {
  const Slot moving = tracks.oldest(TrackList::kMoving),
             still = tracks.oldest(TrackList::kStanding);
  const bool take_moving =
      still == kNoSlot ||
      (moving != kNoSlot && tracks.at(moving).last_seen <= tracks.at(still).last_seen);
  ++counts.evicted;
  EndTrack(take_moving ? moving : still, stream.time, "too_many_tracks");
}

std::span<const Event> EventEngine::Impl::Advance(WallTime now) {
  events.clear();
  if (now < WallTime{}) return events;
  if (stream.time == kNever) stream.time = ToMs(now);  // waiting for the first message begins
  ExpireUntil(ToMs(now));
  return events;
}

void EventEngine::Impl::Await(std::int64_t epoch, WallTime since) {
  if (stream.began() || since < WallTime{}) return;
  if (epoch != stream.epoch) {
    SetEpoch(epoch);
    stream.sequence = 0;
  }
  stream.time = ToMs(since);
}

std::span<const Event> EventEngine::Impl::GiveUp(WallTime now) {
  Advance(now);  // what fell due before
  const bool watched = options.camera.offline_after.count() > 0 && stream.time != kNever;
  if (watched && !stream.offline()) GoOffline(std::max(ToMs(now), stream.time));
  return events;
}

std::span<const Event> EventEngine::Impl::Finish() {
  events.clear();
  EndAllTracks("input_ended");
  return events;
}

}  // namespace vigil::events
