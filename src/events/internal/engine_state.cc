// The state of an engine as bytes, and back. Version 1; fields in the order of writing:
//
//   "VIGILEVT" version device camera stream frame-size fingerprint
//   class names; lines and zones by name with their counts; tracks; checksum
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/limits.h"
#include "events/internal/bytes.h"
#include "events/internal/engine_impl.h"

namespace vigil::events {
namespace {

constexpr std::string_view kMagic = "VIGILEVT";
constexpr std::uint8_t kVersion = 3;
constexpr Ms kLastMs = 253'402'300'799'999;  // of the year 9999
constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;
constexpr float kFar = 1e6F;

Ms GetTime(ByteReader& in) { return in.Get<Ms>(kNever, kLastMs); }

void Put(ByteWriter& out, GridPoint p) {
  out.Put(p.x);
  out.Put(p.y);
}
GridPoint GetGridPoint(ByteReader& in) {
  const auto x = in.Get<std::int32_t>(-kMaxGrid, kMaxGrid);
  return {x, in.Get<std::int32_t>(-kMaxGrid, kMaxGrid)};
}

void Put(ByteWriter& out, Point2f p) {
  out.Put(p.x);
  out.Put(p.y);
}
Point2f GetPoint(ByteReader& in) {
  const auto x = in.Get<float>(-kFar, kFar);
  return {x, in.Get<float>(-kFar, kFar)};
}

void Put(ByteWriter& out, const StreamState& stream) {
  out.Put(stream.epoch);
  out.Put(stream.sequence);
  out.Put(stream.frame);
  out.Put(stream.time);
  out.Put(stream.offline_since);
  out.Put(stream.back_since);
  out.Put(stream.silent_start);
}
StreamState GetStream(ByteReader& in) {
  StreamState stream;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  stream.epoch = in.Get<std::int64_t>(0, kMost);
  stream.sequence = in.Get<std::int64_t>(0, kMaxCount);
  stream.frame = in.Get<std::int64_t>(-1, kMost);
  stream.time = GetTime(in);
  stream.offline_since = GetTime(in);
  stream.back_since = GetTime(in);
  stream.silent_start = in.Get<bool>();
  return stream;
}

void Put(ByteWriter& out, const StandState& stand) {
  Put(out, stand.anchor);
  out.Put(stand.since);
  out.Put(stand.away);
  out.Put(stand.stands);
}
StandState GetStand(ByteReader& in) {
  StandState stand;
  stand.anchor = GetPoint(in);
  stand.since = GetTime(in);
  stand.away = GetTime(in);
  stand.stands = in.Get<bool>();
  return stand;
}

void Put(ByteWriter& out, const SpeedState::Sample& sample) {
  out.Put(sample.time);
  out.Put(sample.at.x);
  out.Put(sample.at.y);
}
SpeedState::Sample GetSample(ByteReader& in) {
  SpeedState::Sample sample;
  sample.time = GetTime(in);
  sample.at.x = in.Get<double>(-1e12, 1e12);
  sample.at.y = in.Get<double>(-1e12, 1e12);
  return sample;
}

void Put(ByteWriter& out, const Track& track) {
  out.Put(track.id);
  out.Put(track.first_seen);
  out.Put(track.last_seen);
  out.Put(track.sightings);
  out.Put(track.reported);
  out.Put(track.reseed);
  out.Put(track.class_index);
  out.Put(track.class_id);
  out.Put(track.confidence);
  for (const float side : {track.box.x, track.box.y, track.box.width, track.box.height}) {
    out.Put(side);
  }
  Put(out, track.center);
  Put(out, track.at[0]);
  Put(out, track.at[1]);
  out.Put(track.size);
  Put(out, track.stand);
  Put(out, track.speed.older);
  Put(out, track.speed.newer);
  out.Put(track.speed.above);
  out.Put(track.speed_kmh.value_or(-1));
}
void GetTrack(ByteReader& in, std::size_t class_count, Track& track) {
  track.first_seen = GetTime(in);
  track.last_seen = GetTime(in);
  track.sightings = in.Get<int>(0, std::numeric_limits<int>::max() / 2);
  track.reported = in.Get<bool>();
  track.reseed = in.Get<bool>();
  track.class_index = in.Get<ClassIndex>(0, static_cast<ClassIndex>(class_count - 1));
  track.class_id = in.Get<int>(0, limits::kMaxClasses - 1);
  track.confidence = in.Get<float>(0, 1);
  for (float* side : {&track.box.x, &track.box.y, &track.box.width, &track.box.height}) {
    *side = in.Get<float>(-kFar, kFar);
  }
  track.center = GetPoint(in);
  track.at[0] = GetGridPoint(in);
  track.at[1] = GetGridPoint(in);
  track.size = in.Get<std::int32_t>(0, kMaxGrid);
  track.stand = GetStand(in);
  track.speed.older = GetSample(in);
  track.speed.newer = GetSample(in);
  track.speed.above = in.Get<bool>();
  const auto kmh = in.Get<double>(-1, 1e15);
  if (kmh >= 0) track.speed_kmh = kmh;
}

// Most are settled and idle: one byte.
void Put(ByteWriter& out, const LineState& line) {
  const bool more = line.net != 0 || line.clear_since != kNever;
  out.Put(static_cast<std::uint8_t>((line.settled ? 1 : 0) | (more ? 2 : 0)));
  if (!more) return;
  out.Put(line.net);
  out.Put(line.clear_since);
  Put(out, line.at);
}
LineState GetLine(ByteReader& in) {
  const auto flags = in.Get<std::uint8_t>(0, 3);
  LineState line;
  line.settled = (flags & 1) != 0;
  if ((flags & 2) == 0) return line;
  line.net = in.Get<std::int32_t>(-1'000'000, 1'000'000);
  line.clear_since = GetTime(in);
  line.at = GetPoint(in);
  return line;
}

void Put(ByteWriter& out, const ZoneState& zone) {
  out.Put(zone.inside);
  out.Put(zone.class_index);
  out.Put(zone.dwells);
  out.Put(zone.entered);
  out.Put(zone.pending);
  out.Put(zone.reported);
}
ZoneState GetZone(ByteReader& in, std::size_t class_count) {
  ZoneState zone;
  zone.inside = in.Get<bool>();
  zone.class_index = in.Get<ClassIndex>(0, static_cast<ClassIndex>(class_count - 1));
  zone.dwells = in.Get<std::uint8_t>();
  zone.entered = GetTime(in);
  zone.pending = GetTime(in);
  zone.reported = GetTime(in);
  return zone;
}

void Put(ByteWriter& out, const Tally& tally) {
  out.Put(static_cast<std::uint16_t>(tally.size()));
  for (std::size_t i = 0; i < tally.size(); ++i) {
    const auto pair = tally.of(static_cast<ClassIndex>(i));
    out.Put(pair[0]);
    out.Put(pair[1]);
  }
}
// Reads a tally of the saved classes into one of ours.
void GetTally(ByteReader& in, const std::vector<ClassIndex>& class_of, Tally& tally) {
  const auto size = in.Get<std::uint16_t>(0, static_cast<std::uint16_t>(class_of.size()));
  for (std::size_t i = 0; i < size && in.ok(); ++i) {
    const auto first = in.Get<std::int64_t>(0, kMaxCount),
               second = in.Get<std::int64_t>(0, kMaxCount);
    if (first == 0 && second == 0) continue;
    auto& pair = tally[class_of[i]];
    pair[0] += first;
    pair[1] += second;
  }
}

// Where the item of this name is now; none where the configuration has it no more.
template <typename Item>
std::optional<std::size_t> IndexOf(const std::vector<Item>& items, std::string_view name) {
  const auto found = std::ranges::find(items, name, &Item::name);
  if (found == items.end()) return std::nullopt;
  return static_cast<std::size_t>(found - items.begin());
}

absl::Status Damaged(std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("a saved state of events is damaged: {}", what));
}

}  // namespace

std::uint64_t EventEngine::Impl::Fingerprint() const {
  ByteWriter out;
  const auto add = [&](const auto& item) {
    out.Text(item.name);
    for (const GridPoint p : item.points) Put(out, p);
    out.Put(static_cast<std::uint8_t>(item.at));
  };
  for (const CompiledLine& line : scene.lines) add(line);
  out.Put(std::uint8_t{0});
  for (const CompiledZone& zone : scene.zones) add(zone);
  return Checksum(out.bytes());
}

std::string EventEngine::Impl::Save() const {
  ByteWriter out;
  out.bytes().append(kMagic);
  out.Put(kVersion);
  out.Text(device_id);
  out.Text(camera_id);
  Put(out, stream);
  out.Put(frame_size.width);
  out.Put(frame_size.height);
  out.Put(Fingerprint());
  out.Put(static_cast<std::uint16_t>(classes.size()));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    out.Text(classes.name(static_cast<ClassIndex>(i)));
  }
  out.Put(static_cast<std::uint16_t>(scene.lines.size()));
  for (std::size_t i = 0; i < scene.lines.size(); ++i) {
    out.Text(scene.lines[i].name);
    Put(out, line_counts[i].crossings);
  }
  out.Put(static_cast<std::uint16_t>(scene.zones.size()));
  for (std::size_t i = 0; i < scene.zones.size(); ++i) {
    out.Text(scene.zones[i].name);
    Put(out, zone_counts[i].objects);
    out.Put(zone_counts[i].crowd.crowded);
    out.Put(zone_counts[i].crowd.pending);
  }
  out.Put(static_cast<std::uint32_t>(tracks.size()));
  for (const auto list : {TrackList::kMoving, TrackList::kStanding}) {
    for (Slot slot = tracks.oldest(list); slot != kNoSlot; slot = tracks.next(slot)) {
      out.Put(static_cast<std::uint8_t>(list));
      Put(out, tracks.at(slot));
      for (const LineState& line : tracks.lines(slot)) Put(out, line);
      const auto zones = tracks.zones(slot);
      out.Put(static_cast<std::uint16_t>(
          std::ranges::count_if(zones, [](const ZoneState& zone) { return !zone.idle(); })));
      for (std::size_t i = 0; i < zones.size(); ++i) {
        if (zones[i].idle()) continue;
        out.Put(static_cast<std::uint16_t>(i));
        Put(out, zones[i]);
      }
    }
  }
  out.Put(Checksum(out.bytes()));
  return std::move(out.bytes());
}

// Into a fresh engine.
absl::Status EventEngine::Impl::Restore(std::string_view state) {
  if (state.size() > limits::kMaxStateBytes) return Damaged("too large");
  if (state.size() < kMagic.size() + sizeof(std::uint64_t) || !state.starts_with(kMagic)) {
    return Damaged("it does not begin as one");
  }
  const std::string_view body = state.substr(0, state.size() - sizeof(std::uint64_t));
  if (ByteReader(state.substr(body.size())).Get<std::uint64_t>() != Checksum(body)) {
    return Damaged("its checksum is wrong");
  }
  ByteReader in(body.substr(kMagic.size()));
  if (const auto version = in.Get<std::uint8_t>(); version != kVersion) {
    return Damaged(fmt::format("version {}; this program reads version {}", version, kVersion));
  }
  const std::string_view device = in.Text(), camera = in.Text();
  if (device != device_id || camera != camera_id) {
    return absl::InvalidArgumentError(fmt::format("the saved state is of {}/{}, not of {}/{}",
                                                  device, camera, device_id, camera_id));
  }
  stream = GetStream(in);
  SetEpoch(stream.epoch);
  const Size size{in.Get<int>(0, limits::kMaxPictureSide + 1),
                  in.Get<int>(0, limits::kMaxPictureSide + 1)};
  if (size.width > 0 && size.height > 0) PlaceShapes(size);
  const bool same_shapes = in.Get<std::uint64_t>() == Fingerprint();

  RestoredNames names = GetNames(in);
  const auto count = in.Get<std::uint32_t>(0, static_cast<std::uint32_t>(limits::kMaxTracks));
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) GetTrackInto(in, names, same_shapes);
  if (!in.ok() || !in.at_end()) return Damaged("a value is out of range");
  return absl::OkStatus();
}

EventEngine::Impl::RestoredNames EventEngine::Impl::GetNames(ByteReader& in) {
  RestoredNames names;
  const auto class_count = in.Get<std::uint16_t>(1, static_cast<std::uint16_t>(ClassTable::kMax));
  for (std::size_t i = 0; i < class_count && in.ok(); ++i)
    names.classes.push_back(classes.Of(in.Text()));
  if (names.classes.empty()) names.classes.push_back(0);

  const auto line_count = in.Get<std::uint16_t>(0, limits::kMaxLinesAndZones);
  for (std::size_t i = 0; i < line_count && in.ok(); ++i) {
    names.lines.push_back(IndexOf(scene.lines, in.Text()));
    LineCounts dropped;
    GetTally(in, names.classes,
             (names.lines.back() ? line_counts[*names.lines.back()] : dropped).crossings);
  }
  const auto zone_count = in.Get<std::uint16_t>(0, limits::kMaxLinesAndZones);
  for (std::size_t i = 0; i < zone_count && in.ok(); ++i) {
    names.zones.push_back(IndexOf(scene.zones, in.Text()));
    ZoneCounts dropped;
    ZoneCounts& zone = names.zones.back() ? zone_counts[*names.zones.back()] : dropped;
    GetTally(in, names.classes, zone.objects);
    zone.crowd.crowded = in.Get<bool>();
    zone.crowd.pending = GetTime(in);
  }
  // Who is inside is counted again, from the tracks.
  for (ZoneCounts& zone : zone_counts) {
    for (std::size_t i = 0; i < zone.objects.size(); ++i) {
      zone.objects[static_cast<ClassIndex>(i)][0] = 0;
    }
  }
  return names;
}

void EventEngine::Impl::GetTrackInto(ByteReader& in, const RestoredNames& names, bool same_shapes) {
  const auto list = static_cast<TrackList>(in.Get<std::uint8_t>(0, 1));
  const auto id = in.Get<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
  if (!in.ok() || tracks.Find(id) != kNoSlot) return in.Fail();
  const Slot slot = tracks.Add(id);
  Track& track = tracks.at(slot);
  GetTrack(in, names.classes.size(), track);
  track.class_index = names.classes[track.class_index];
  track.reseed = track.reseed || !same_shapes;
  if (track.stand.stands) ++standing;
  for (const auto& index : names.lines) {
    const LineState line = GetLine(in);
    if (index) tracks.lines(slot)[*index] = line;
  }
  const auto visits = in.Get<std::uint16_t>(0, static_cast<std::uint16_t>(names.zones.size()));
  for (std::size_t i = 0; i < visits && in.ok(); ++i) {
    const auto saved = in.Get<std::uint16_t>();
    ZoneState zone = GetZone(in, names.classes.size());
    if (saved >= names.zones.size()) return in.Fail();
    const auto index = names.zones[saved];
    if (!index || !tracks.zones(slot)[*index].idle()) continue;
    zone.class_index = names.classes[zone.class_index];
    tracks.zones(slot)[*index] = zone;
    if (!zone.inside) continue;
    ++zone_counts[*index].objects[zone.class_index][0];
    ++zone_counts[*index].inside;
  }
  tracks.Touch(slot, list);
}

}  // namespace vigil::events
