#include "app/scene_config.h"

#include <absl/status/status.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "app/scene_check.h"
#include "core/limits.h"
#include "core/nearest.h"
#include "core/status.h"
#include "objects/class_names.h"

namespace vigil::app {
namespace {

using config::Reload;
using config::Schema;
using events::EventType;
using events::Milliseconds;

constexpr Milliseconds kHour = std::chrono::hours(1);

template <typename T>
void RegisterPoint(Schema& s, T& options) {
  s.Enum("evaluation_point", options.evaluation_point,
         {{"center", events::EvaluationPoint::kCenter},
          {"bottom_center", events::EvaluationPoint::kBottomCenter}})
      .Doc("the point of an object that counts: the middle of its box, or of the box's lower edge");
  s.Key("classes", options.classes)
      .OrOne()
      .Elsewhere({"objects"})
      .Doc("class names that count; empty: all");
  s.Key("hysteresis_px", options.hysteresis_px)
      .Range(0, 10'000)
      .Doc("jitter up to so many pixels changes nothing");
  s.Key("hysteresis_size", options.hysteresis_size)
      .Range(0, 10)
      .Doc("… or so much of the longer side of the object's box, whichever is more");
  s.Key("confirm", options.confirm)
      .Range(Milliseconds(0), kHour)
      .Doc("how long an object has to stay on the other side before it counts");
}

void RegisterLine(Schema& s, events::LineOptions& o) {
  s.Key("description", o.description)
      .Required()
      .Doc("its name, by which rules and events refer to it");
  s.Enum("type", o.type,
         {{"points", events::LineType::kPoints},
          {"vertical", events::LineType::kVertical},
          {"horizontal", events::LineType::kHorizontal}})
      .Doc("vertical and horizontal lie at position_pct; points through the points given");
  s.Key("position_pct", o.position_pct)
      .Range(0, 100)
      .Doc("of the frame's width (vertical) or height (horizontal), percent");
  s.Key("points", o.points)
      .Items(0, limits::kMaxPolygonVertices)
      .Doc("two or more [x, y] in fractions or percent of the frame");
  s.Key("points_px", o.points_px).Items(0, limits::kMaxPolygonVertices).Doc("the same in pixels");
  s.Key("a_to_b", o.a_to_b)
      .Doc(
          "what the direction is called; default: left_to_right, top_to_bottom, or a_to_b: from "
          "the right hand of who walks along the points to the left");
  s.Key("b_to_a", o.b_to_a)
      .Doc("the other direction; default: right_to_left, bottom_to_top, or b_to_a");
  s.Key("forbidden", o.forbidden).Doc("direction that is a WRONG_WAY as well");
  RegisterPoint(s, o);
}

void RegisterZone(Schema& s, events::ZoneOptions& o) {
  s.Key("description", o.description)
      .Required()
      .Doc("its name, by which rules and events refer to it");
  s.Key("x1_pct", o.x1_pct).Range(0, 100).Doc("a rectangle: left, percent of the frame's width");
  s.Key("y1_pct", o.y1_pct).Range(0, 100).Doc("top, percent of its height");
  s.Key("x2_pct", o.x2_pct).Range(0, 100).Doc("right");
  s.Key("y2_pct", o.y2_pct).Range(0, 100).Doc("bottom");
  s.Key("points", o.points)
      .Elsewhere({"coordinates"})  // Frigate's, as the others of zones
      .Items(0, limits::kMaxPolygonVertices)
      .Doc("or a polygon: three or more [x, y] in fractions or percent of the frame");
  s.Key("points_px", o.points_px).Items(0, limits::kMaxPolygonVertices).Doc("the same in pixels");
  RegisterPoint(s, o);
  s.Key("grace", o.grace)
      .Range(Milliseconds(0), kHour)
      .Doc("how long an object has to be outside before it has left");
  s.Key("dwell", o.dwell)
      .Elsewhere({"loitering_time"})
      .OrOne()
      .Items(0, 16)
      .Doc("ZONE_DWELL after each of these times inside, such as [10s, 1m]");
  s.Map(
      "dwell_by_class", o.dwell_by_class,
      [](Schema& d, events::DwellOptions& dwell) {
        d.Key("after", dwell.after).OrOne().Items(0, 16).Doc("times for objects of this class");
      },
      "instead of `dwell`, by class name");
  s.Key("crowd_count", o.crowd_count)
      .Range(0, limits::kMaxDetections)
      .Doc("ZONE_CROWD where more than so many objects are inside; 0: never");
  s.Key("crowd_time", o.crowd_time).Range(Milliseconds(0), kHour).Doc("… for so long");
  s.Key("stationary", o.stationary)
      .Doc("OBJECT_STATIONARY for objects that stand still in here for so long; 0: never");
}

void RegisterSpeed(Schema& s, events::SpeedOptions& o) {
  s.Key("metres_per_pixel", o.metres_per_pixel)
      .Range(0, 1000)
      .Doc("where the camera looks straight at the plane of movement");
  s.Key("frame_points", o.frame_points)
      .Items(0, 4)
      .Doc("or four points on the ground, no three in a line: where they are in the frame");
  s.Key("ground_points_m", o.ground_points_m).Items(0, 4).Doc("… and on the ground, metres");
  s.Key("limit_kmh", o.limit_kmh)
      .Range(0, 10'000)
      .Doc("SPEED above this; 0: speeds only stand in other events");
  s.Key("window", o.window)
      .Range(Milliseconds(100), std::chrono::minutes(1))
      .Doc("over which a speed is measured");
}

void RegisterTracks(Schema& s, events::TrackOptions& o) {
  s.Key("min_sightings", o.min_sightings)
      .Range(1, 1000)
      .Doc("a track causes nothing before it was seen so often");
  s.Key("min_age", o.min_age).Range(Milliseconds(0), kHour).Doc("… and for so long");
  s.Key("lost_timeout", o.lost_timeout)
      .Range(Milliseconds(1), kHour)
      .Doc("an object that was not seen for so long has gone");
  s.Key("stationary_timeout", o.stationary_timeout)
      .Range(Milliseconds(1), std::chrono::hours(24))
      .Doc("the same for one that stood still: parked cars are hidden for long");
  s.Key("stationary_time", o.stationary_time)
      .Range(Milliseconds(0), kHour)
      .Doc("OBJECT_STATIONARY after so long in one place; 0: never");
  s.Key("stationary_distance", o.stationary_distance)
      .Range(0, 10)
      .Doc("how far it may move meanwhile, in longer sides of its box");
  s.Key("max_speed_sizes", o.max_speed_sizes)
      .Range(0, 10'000)
      .Doc(
          "a faster move, in box sides a second, is another object under the same id; 0: no limit");
}

void RegisterWeekdays(Schema& s, const char* path, std::vector<events::Weekday>& weekdays,
                      const char* doc) {
  using enum events::Weekday;
  s.Enum(path, weekdays,
         {{"monday", kMonday},
          {"tuesday", kTuesday},
          {"wednesday", kWednesday},
          {"thursday", kThursday},
          {"friday", kFriday},
          {"saturday", kSaturday},
          {"sunday", kSunday}})
      .OrOne()
      .Doc(doc);
}

void RegisterMatch(Schema& s, events::RuleMatch& o) {
  s.Enum("event_type", o.event_types,
         {{"LINE_CROSS", EventType::kLineCross},
          {"LINE_COUNT", EventType::kLineCount},
          {"ZONE_ENTER", EventType::kZoneEnter},
          {"ZONE_EXIT", EventType::kZoneExit},
          {"ZONE_DWELL", EventType::kZoneDwell},
          {"ZONE_OCCUPANCY", EventType::kZoneOccupancy},
          {"ZONE_CROWD", EventType::kZoneCrowd},
          {"OBJECT_APPEAR", EventType::kObjectAppear},
          {"OBJECT_LOST", EventType::kObjectLost},
          {"OBJECT_STATIONARY", EventType::kObjectStationary},
          {"WRONG_WAY", EventType::kWrongWay},
          {"SPEED", EventType::kSpeed},
          {"CAMERA_OFFLINE", EventType::kCameraOffline},
          {"CAMERA_ONLINE", EventType::kCameraOnline}})
      .OrOne()
      .Doc("one or several; empty: any");
  s.Key("line", o.lines).OrOne().Doc("the description of a line, or several");
  s.Key("zone", o.zones).OrOne().Doc("the description of a zone, or several");
  s.Key("class", o.classes).OrOne().Doc("class names of the object");
  s.Key("direction", o.directions).OrOne().Doc("left_to_right, a_to_b …, or several");
  s.Key("min_confidence", o.min_confidence).Ratio().Doc("of the object");
  s.Key("time_of_day", o.time_of_day)
      .Doc("such as 22:00-06:00, in the time zone of the rule's schedule");
  RegisterWeekdays(s, "weekday", o.weekdays, "on which those hours begin; empty: every day");
}

void RegisterRuleActions(Schema& s, events::RuleActions& o) {
  s.Key("json_log", o.json_log).Doc("true, or the name of a target: a line in the event log");
  s.Key("email_immediate", o.email_immediate).Doc("true: a mail at once");
  s.Key("email_digest", o.email_digest).Doc("true: counted in the next digest mail");
  s.Key("frame_capture", o.frame_capture).Doc("true: the picture is kept");
  s.Key("webhook", o.webhook).Doc("true, or the name of a web hook");
  s.Key("mqtt", o.mqtt).Doc("comes with the message bus");
  s.Key("redis", o.redis).Doc("comes with the message bus");
  s.Key("command", o.command).Doc("true, or the name of a command");
}

void RegisterRule(Schema& s, events::RuleOptions& o) {
  s.Key("name", o.name).Required().Doc("unique within its device");
  s.Key("enabled", o.enabled).Doc("false: as if it were not there");
  s.Group("match", o.match, RegisterMatch);
  s.Group("actions", o.actions, RegisterRuleActions);
  s.Enum("severity", o.severity,
         {{"info", events::Severity::kInfo},
          {"warning", events::Severity::kWarning},
          {"critical", events::Severity::kCritical}})
      .Doc("how much it matters");
  s.Key("cooldown", o.cooldown)
      .AtLeast(std::chrono::microseconds(0))
      .Doc("after a delivery, further ones are held back for so long and counted");
  s.Enum("cooldown_scope", o.cooldown_scope,
         {{"rule", events::CooldownScope::kRule},
          {"camera", events::CooldownScope::kCamera},
          {"line", events::CooldownScope::kLine},
          {"zone", events::CooldownScope::kZone},
          {"track", events::CooldownScope::kTrack}})
      .Doc(
          "what shares one cooldown; rule: all cameras of the run; default: rule, or camera where "
          "only "
          "CAMERA_OFFLINE and CAMERA_ONLINE match");
  s.Key("schedule.time_zone", o.schedule.time_zone)
      .Doc("such as Europe/Berlin; empty: this machine's");
  RegisterWeekdays(s, "schedule.weekdays", o.schedule.weekdays,
                   "on which the hours begin; empty: every day");
  s.Key("schedule.from", o.schedule.from)
      .Doc("HH:MM, local time; outside the hours, events are held back and counted");
  s.Key("schedule.to", o.schedule.to).Doc("HH:MM; not after `from`: on the next day");
  s.Key("min_track_age", o.min_track_age)
      .AtLeast(std::chrono::microseconds(0))
      .Doc("a younger track does not match");
}

void RegisterDevice(Schema& s, DeviceConfig& device) {
  s.List("lines", device.scene.lines, RegisterLine, "lines that objects cross",
         limits::kMaxLinesAndZones);
  s.List("zones", device.scene.zones, RegisterZone, "areas that objects enter and leave",
         limits::kMaxLinesAndZones);
  s.Group("speed", device.speed, RegisterSpeed);
  s.Group("tracks", device.scene.tracks, RegisterTracks);
  s.Key("camera.offline_after", device.scene.camera.offline_after)
      .Range(Milliseconds(0), std::chrono::hours(24))
      .Doc("CAMERA_OFFLINE after so long without a frame, or when it is given up; 0: never");
  s.Key("camera.online_after", device.scene.camera.online_after)
      .Range(Milliseconds(0), kHour)
      .Doc("CAMERA_ONLINE once frames come for so long, without a gap above offline_after");
  s.Key("count_events", device.scene.count_events)
      .Doc("LINE_COUNT and ZONE_OCCUPANCY with every change");
  s.Key("object_events", device.scene.object_events).Doc("OBJECT_APPEAR and OBJECT_LOST");
  s.List("events", device.rules, RegisterRule, "rules: which events cause what");
  s.CheckAll([&device](const config::Refusals& refused) { return DeviceIsRight(device, refused); });
}

void RegisterDetector(Schema& s, SceneConfig& config) {
  objects::DetectorOptions& o = config.detector;
  s.Key("model_file", config.detector_file)
      .Doc(
          "an ONNX detector: its file, or a name that vigil models list knows; `hog`: the built-in "
          "person detector; grpc://host:port/model: one that a KServe v2 server runs (Triton, "
          "OpenVINO Model Server, vigil infer), grpcs:// with TLS; empty: no objects are looked "
          "for");
  s.Key("family", config.detector_family)
      .Check([](const std::string& name) {
        return name == "auto" ? absl::OkStatus() : objects::ParseFamily(name).status();
      })
      .Doc("how the model's outputs are read; auto, or a family of docs/objects.md");
  s.Key("confidence_threshold", o.confidence_threshold)
      .Ratio()
      .Doc("finds below are left out; the tracker uses weak ones too");
  s.Key("iou_threshold", o.iou_threshold)
      .Ratio()
      .Doc("boxes that overlap more show the same object");
  s.Key("track_classes", o.classes).OrOne().Doc("report only these, by name or number; empty: all");
  s.Key("names", o.names)
      .Items(0, limits::kMaxClasses)
      .Doc("of the model's classes, in order; default: the model's own, or COCO's");
  s.Key("names_file", o.names_file).Doc("the same, a file with one a line");
  s.Key("class_agnostic", o.class_agnostic).Doc("one box a place, whatever the class");
  s.Key("max_detections", o.max_detections)
      .Range(1, limits::kMaxDetections)
      .Doc("the best of one picture");
  s.Key("input_width", o.input_size.width)
      .Range(0, limits::kMaxPictureSide)
      .Doc("of a model that leaves it open; 0: what the file says, else 640");
  s.Key("input_height", o.input_size.height).Range(0, limits::kMaxPictureSide).Doc("the same");
  s.Key("hog.min_person_height", o.hog.min_person_height)
      .Ratio()
      .Range(0.02F, 1)
      .Doc(
          "hog: height of the smallest person, as a part of the picture's; time falls with its "
          "square");
  s.Key("hog.scale_step", o.hog.scale_step)
      .Range(1.02F, 2)
      .Doc("hog: between one size and the next");
  s.Check([&o] { return objects::Validate(o); });
}

void RegisterTracker(Schema& s, tracking::ByteTrackOptions& o) {
  s.Key("high_score", o.high_score).Ratio().Doc("from here a detection is matched first");
  s.Key("low_score", o.low_score).Ratio().Doc("below, it is not looked at");
  s.Key("new_track_score", o.new_track_score).Ratio().Doc("from here it may begin a track");
  s.Key("match_limit", o.match_limit)
      .Ratio()
      .Doc("largest cost (1 - overlap × score) of the first association");
  s.Key("low_match_limit", o.low_match_limit).Ratio().Doc("of the second, with low scores");
  s.Key("tentative_match_limit", o.tentative_match_limit)
      .Ratio()
      .Doc("of the third, with tracks not yet confirmed");
  s.Key("class_aware", o.class_aware).Doc("false: classes mix");
  s.Key("confirm_hits", o.confirm_hits)
      .Range(1, 100)
      .Doc("a track is confirmed when it was seen so often");
  s.Key("confirm_score", o.confirm_score).Range(0, 100).Doc("… and its scores sum up to this");
  s.Key("tentative_for", o.tentative_for)
      .Range(Milliseconds(0), kHour)
      .Doc("how long it may be unseen before that");
  s.Key("lost_for", o.lost_for)
      .Range(Milliseconds(0), kHour)
      .Doc("how long a confirmed track may be unseen");
  s.Key("parked_after", o.parked_after)
      .Range(Milliseconds(0), kHour)
      .Doc("in one place for so long, an object is parked");
  s.Key("parked_lost_for", o.parked_lost_for)
      .Range(Milliseconds(0), kHour)
      .Doc("… and may be unseen longer");
  s.Check([&o] { return tracking::Validate(o); });
}

void RegisterBus(Schema& s, BusConfig& o, bool input) {
  s.Enum("type", o.type,
         {{"none", BusType::kNone},
          {"redis", BusType::kRedis},
          {"mqtt", BusType::kMqtt},
          {"zmq", BusType::kZmq}})
      .Doc(input ? "where detection messages come from; no effect in this version"
                 : "where detection messages go to; no effect in this version");
  s.Key("redis_url", o.redis_url).Doc("redis://host:6379");
  s.Key("stream", o.stream).Doc("Redis stream");
  if (input) s.Key("consumer_group", o.consumer_group).Doc("Redis consumer group");
  s.Key("broker", o.broker).Doc("mqtt://host:1883");
  s.Key("topic", o.topic).Doc("MQTT topic; {camera_id} is filled in");
  s.Key("qos", o.qos)
      .Range(0, 2)
      .Doc("MQTT quality of service: 0 at most once, 1 at least once, 2 once");
  s.Key("endpoint", o.endpoint).Doc("ZeroMQ: tcp://host:5555");
  s.Key("pattern", o.pattern).Doc("ZeroMQ: push");
}

void RegisterSceneOverlay(Schema& s, SceneOverlayOptions& o) {
  s.Key("draw_boxes", o.boxes).Doc("boxes around objects");
  s.Key("draw_labels", o.labels)
      .Doc("class, number and score of objects; of small ones, the number");
  s.Key("draw_trails", o.trails).Doc("where objects were");
  s.Key("draw_lines", o.lines).Doc("lines of the scene");
  s.Key("draw_zones", o.zones).Doc("zones of the scene");
  s.Key("draw_counts", o.counts).Doc("numbers beside lines and in zones");
  s.Key("trail", o.trail_s).Range(0, 60).Doc("length of trails, seconds");
  s.Key("flash", o.flash_s)
      .Range(0, 10)
      .Doc("how long a line or zone is lit after an event, seconds");
}

}  // namespace

void RegisterScene(Schema& schema, SceneConfig& config) {
  schema
      .Enum("mode", config.mode,
            {{"local", Mode::kLocal}, {"edge", Mode::kEdge}, {"processor", Mode::kProcessor}})
      .Doc(
          "local: all in this process; edge: detect and publish, processor: events from published "
          "detections: no effect in this version, which has no message bus");
  schema.Key("device_id", config.device_id).Doc("name of this device in messages and events");
  schema.Key("camera.url", config.camera_url)
      .Reload(Reload::kPerStream)
      .Doc("the camera: an address (rtsp, http, rtmp, srt, udp) or /dev/video0");
  schema.Key("camera.id", config.device.camera_id)
      .Doc("name of the camera in messages and events; default: the input's name");
  schema.Key("start_time", config.start_time_text)
      .Check([&config](const std::string& text) {
        if (text.empty()) return absl::OkStatus();
        const auto time = ParseIso8601(text);
        if (time.ok()) config.start_time = *time;
        return time.status();
      })
      .Doc(
          "calendar time of a file's first frame, such as 2025-01-15T14:30:22Z, for events and "
          "schedules; default: 1970");
  schema.Key("epoch", config.epoch)
      .AtLeast(0)
      .Doc(
          "part of the ids of events: one number, one run of the stream; default: 0 for files "
          "without rules that deliver, else the time of the start");
  schema.Group("detector", config, RegisterDetector);
  schema.Group("tracker", config.tracker, RegisterTracker);
  schema.Key("tracker.score_scale", config.tracker_scale)
      .Range(0.05F, 1)
      .Doc(
          "the scores above are multiplied by this, for detectors that score lower; default: 1 for "
          "hog, 0.4 for networks");
  RegisterDevice(schema, config.device);
  schema.Map(
      "devices", config.devices,
      [](Schema& s, DeviceConfig& device) {
        s.Key("camera_id", device.camera_id)
            .Doc("name of its camera; replay refuses messages of others; empty: any");
        RegisterDevice(s, device);
      },
      "scenes of several devices, by device_id", limits::kMaxDevices);
  schema.CheckAll([&config](const config::Refusals& refused) {
    return refused.Any("detector") ? absl::OkStatus() : ClassesAreRight(config);
  });
  // The default is whatever replay finds in messages; analyze, which takes it as it is, asks once more.
  schema.CheckAll([&config, initial = config.device_id](const config::Refusals& refused) {
    const bool given = config.device_id != initial;
    const bool judged = !refused.Any("devices") && !refused.Any("lines") && !refused.Any("zones") &&
                        !refused.Any("events");
    return given && judged ? DeviceIsKnown(config, config.device_id) : absl::OkStatus();
  });
  RegisterBus(schema.Section("output"), config.output, false);
  RegisterSceneOverlay(schema.Section("output"), config.overlay);
  RegisterBus(schema.Section("input"), config.input, true);
}

events::SceneOptions SceneOf(const DeviceConfig& device) {
  events::SceneOptions scene = device.scene;
  if (device.speed.metres_per_pixel > 0 || !device.speed.frame_points.empty() ||
      !device.speed.ground_points_m.empty() || device.speed.limit_kmh > 0) {
    scene.speed = device.speed;
  }
  return scene;
}

events::KnownNames NamesOf(const DeviceConfig& device) {
  events::KnownNames known;
  for (const events::LineOptions& line : device.scene.lines) {
    known.lines.push_back(line.description);
    const events::DirectionNames directions = events::DirectionsOf(line);
    known.directions.insert(known.directions.end(), {directions.a_to_b, directions.b_to_a});
  }
  for (const events::ZoneOptions& zone : device.scene.zones)
    known.zones.push_back(zone.description);
  const events::SceneOptions scene = SceneOf(device);
  known.silent = events::SilentTypes(scene);
  known.kinds = events::EventKindsOf(scene);
  known.appear_age = scene.tracks.min_age;
  return known;
}

bool HasScene(const DeviceConfig& device) {
  return !device.scene.lines.empty() || !device.scene.zones.empty() || !device.rules.empty();
}

const DeviceConfig& DeviceOf(const SceneConfig& config, const std::string& device_id) {
  const auto found = config.devices.find(device_id);
  return found == config.devices.end() ? config.device : found->second;
}

tracking::ByteTrackOptions TrackerOf(const SceneConfig& config,
                                     const objects::DetectorOptions& detector) {
  constexpr float kNetworkScale = 0.4F;  // new tracks from 0.32, sure matches from 0.24
  const float scale = config.tracker_scale.value_or(
      detector.kind == objects::DetectorKind::kHog ? 1.0F : kNetworkScale);
  return tracking::ScaledTo(config.tracker, scale);
}

absl::StatusOr<std::optional<objects::DetectorOptions>> DetectorOf(const SceneConfig& config) {
  const std::string& file = config.detector_file;
  if (file.empty()) return std::nullopt;
  objects::DetectorOptions options = config.detector;
  if (config.detector_family != "auto") {
    const auto family = objects::ParseFamily(config.detector_family);
    if (!family.ok()) return family.status();
    options.family = *family;
  }
  if (file == "hog") {
    options.kind = objects::DetectorKind::kHog;
    return options;
  }
  for (const char* ending : {".pt", ".pth"}) {
    if (!file.ends_with(ending)) continue;
    return absl::InvalidArgumentError(
        fmt::format("{}: a PyTorch file cannot be run; export it to ONNX (yolo export model={} "
                    "format=onnx) and name that file",
                    file, file));
  }
  options.kind = objects::DetectorKind::kOnnx;
  options.model_file = file;
  return options;
}

}  // namespace vigil::app
