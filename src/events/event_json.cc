#include "events/event_json.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/limits.h"
#include "core/status.h"

namespace vigil::events {
namespace {

using nlohmann::json;
using std::chrono::microseconds;

constexpr int kPixelDecimals = 3;
constexpr int kDecimals = 6;  // of confidence and seconds
constexpr double kMaxPixel = 1e6;
constexpr double kMaxSeconds = 1e9;  // about 31 years
constexpr double kMaxSpeed = 1e6;
constexpr std::size_t kMaxReasonBytes = 1024;

void Text(JsonWriter& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.Member(name, text);
}

void Seconds(JsonWriter& out, std::string_view name, const std::optional<microseconds>& span) {
  if (span) out.Member(name, std::chrono::duration<double>(*span).count(), kDecimals);
}

void Time(JsonWriter& out, std::string_view name, const std::optional<WallTime>& time) {
  if (time) out.Member(name, EventTimeText(*time));
}

void Object(JsonWriter& out, const Event& event) {
  if (event.track_id) out.Member("track_id", *event.track_id);
  Seconds(out, "track_age_s", event.track_age);
  if (!event.class_name.empty() || event.class_id != 0) {
    out.Member("class_id", event.class_id).Member("class_name", event.class_name);
  }
  if (event.confidence > 0) {  // neither 0 nor NaN
    out.Member("confidence", static_cast<double>(event.confidence), kDecimals);
  }
  if (event.box != PixelBox{}) {
    const auto pixel = [&](const char* name, double value) {
      out.Member(name, value, kPixelDecimals);
    };
    out.Key("bbox").BeginObject();
    pixel("x1", event.box.x);
    pixel("y1", event.box.y);
    pixel("x2", event.box.right());
    pixel("y2", event.box.bottom());
    out.EndObject();
  }
  if (event.point != Point2f{}) {
    out.Key("point").BeginObject();
    out.Member("x", static_cast<double>(event.point.x), kPixelDecimals);
    out.Member("y", static_cast<double>(event.point.y), kPixelDecimals).EndObject();
  }
  if (event.frame_size != Size{}) {
    out.Key("frame_size").BeginObject().Member("width", event.frame_size.width);
    out.Member("height", event.frame_size.height).EndObject();
  }
}

// Reads members of one object; the first that is wrong is kept, and the rest of no interest.
class Reader {
 public:
  Reader(const json& object, std::string prefix, absl::Status& status)
      : object_(object), prefix_(std::move(prefix)), status_(status) {}

  bool Has(const char* name) const { return object_.contains(name); }

  void Required(const char* name) {
    if (!Has(name)) Refuse(name, "is missing");
  }

  void Text(const char* name, std::string& field, std::size_t max = limits::kMaxIdBytes) {
    const json* value = Find(name);
    if (value == nullptr) return;
    if (!value->is_string()) return Refuse(name, "is not a text");
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > max) return Refuse(name, fmt::format("is longer than {} bytes", max));
    field = text;
  }

  template <typename T>
  void Integer(const char* name, T& field, std::int64_t min = 0,
               std::int64_t max = std::numeric_limits<T>::max()) {
    const json* value = Find(name);
    if (value == nullptr) return;
    // Above the range of int64 a value is unsigned, and would wrap.
    const bool wide = value->is_number_unsigned() &&
                      value->get<std::uint64_t>() > static_cast<std::uint64_t>(max);
    if (!value->is_number_integer()) return Refuse(name, "is not a whole number");
    if (wide || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
      return Refuse(name, "is out of range");
    }
    field = static_cast<T>(value->get<std::int64_t>());
  }

  template <typename T>
  void Number(const char* name, T& field, double min, double max) {
    const json* value = Find(name);
    if (value == nullptr) return;
    if (!value->is_number()) return Refuse(name, "is not a number");
    const auto number = value->get<double>();
    if (!(number >= min && number <= max)) return Refuse(name, "is out of range");
    field = static_cast<T>(number);
  }

  void Time(const char* name, WallTime& field) {
    std::string text;
    Text(name, text);
    if (!Has(name) || !status_.ok()) return;
    const auto time = ParseIso8601(text);
    if (!time.ok()) return Refuse(name, MessageOf(time.status()));
    field = *time;
  }

  template <typename T>
  void Optional(const char* name, std::optional<T>& field, auto read) {
    if (Find(name) != nullptr) read(field.emplace());
  }

  void Seconds(const char* name, std::optional<microseconds>& field) {
    Optional(name, field, [&](microseconds& span) {
      double seconds = 0;
      Number(name, seconds, 0, kMaxSeconds);
      span = microseconds(std::llround(seconds * 1e6));
    });
  }

  Reader Inner(const char* name) {
    const json* value = Find(name);
    if (value != nullptr && !value->is_object()) Refuse(name, "is not an object");
    static const json kNone = json::object();
    return {value != nullptr && value->is_object() ? *value : kNone,
            fmt::format("{}{}.", prefix_, name), status_};
  }

  void Refuse(const char* name, std::string_view what) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(fmt::format("event: {}{} {}", prefix_, name, what));
    }
  }

 private:
  const json* Find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() || !status_.ok() ? nullptr : &*it;
  }

  const json& object_;
  std::string prefix_;
  absl::Status& status_;
};

void ReadIdentity(Reader& in, Event& event) {
  for (const char* name :
       {"id", "type", "device_id", "camera_id", "time", "epoch", "sequence", "frame_number"}) {
    in.Required(name);
  }
  // Device, camera and two numbers.
  in.Text("id", event.id, 2 * limits::kMaxIdBytes + 64);
  std::string type;
  in.Text("type", type);
  if (const auto known = EventTypeNamed(type)) {
    event.type = *known;
  } else {
    in.Refuse("type", fmt::format("'{}' is not known", type));
  }
  in.Text("device_id", event.device_id);
  in.Text("camera_id", event.camera_id);
  in.Time("time", event.time);
  in.Integer("epoch", event.epoch);
  in.Integer("sequence", event.sequence, kOfflineAtStart);
  in.Integer("frame_number", event.frame_number);
}

void ReadObject(Reader& in, Event& event) {
  in.Optional("track_id", event.track_id, [&](std::int64_t& id) {
    in.Integer("track_id", id, std::numeric_limits<std::int64_t>::min());
  });
  in.Seconds("track_age_s", event.track_age);
  in.Integer("class_id", event.class_id, -1);
  in.Text("class_name", event.class_name);
  in.Number("confidence", event.confidence, 0, 1);
  Reader box = in.Inner("bbox"), point = in.Inner("point"), size = in.Inner("frame_size");
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  box.Number("x1", x1, -kMaxPixel, kMaxPixel);
  box.Number("y1", y1, -kMaxPixel, kMaxPixel);
  box.Number("x2", x2, -kMaxPixel, kMaxPixel);
  box.Number("y2", y2, -kMaxPixel, kMaxPixel);
  event.box = {static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2 - x1),
               static_cast<float>(y2 - y1)};
  point.Number("x", event.point.x, -kMaxPixel, kMaxPixel);
  point.Number("y", event.point.y, -kMaxPixel, kMaxPixel);
  size.Integer("width", event.frame_size.width, 0, static_cast<std::int64_t>(kMaxPixel));
  size.Integer("height", event.frame_size.height, 0, static_cast<std::int64_t>(kMaxPixel));
}

void ReadPlace(Reader& in, Event& event) {
  in.Text("line", event.line);
  in.Text("zone", event.zone);
  in.Text("direction", event.direction);
  in.Optional("entered", event.entered, [&](WallTime& time) { in.Time("entered", time); });
  in.Optional("left", event.left, [&](WallTime& time) { in.Time("left", time); });
  in.Seconds("dwell_s", event.dwell);
  in.Optional("count", event.count, [&](std::int64_t& count) { in.Integer("count", count); });
  in.Optional("speed_kmh", event.speed_kmh,
              [&](double& speed) { in.Number("speed_kmh", speed, 0, kMaxSpeed); });
  in.Text("reason", event.reason, kMaxReasonBytes);
}

}  // namespace

std::string EventTimeText(WallTime time) {
  std::string text = ToIso8601(time);
  const auto micros = (time - std::chrono::floor<std::chrono::milliseconds>(time)).count();
  if (micros != 0) text.insert(text.size() - 1, fmt::format("{:03}", micros));
  return text;
}

void WriteEventMembers(JsonWriter& out, const Event& event) {
  out.Member("id", event.id).Member("type", NameOf(event.type));
  out.Member("device_id", event.device_id).Member("camera_id", event.camera_id);
  out.Member("time", EventTimeText(event.time)).Member("epoch", event.epoch);
  out.Member("sequence", event.sequence).Member("frame_number", event.frame_number);
  Text(out, "line", event.line);
  Text(out, "zone", event.zone);
  Text(out, "direction", event.direction);
  Object(out, event);
  Time(out, "entered", event.entered);
  Time(out, "left", event.left);
  Seconds(out, "dwell_s", event.dwell);
  if (event.count) out.Member("count", *event.count);
  if (event.speed_kmh) out.Member("speed_kmh", *event.speed_kmh, kPixelDecimals);
  Text(out, "reason", event.reason);
}

void WriteEvent(JsonWriter& out, const Event& event) {
  out.BeginObject();
  WriteEventMembers(out, event);
  out.EndObject();
}

std::string EventJson(const Event& event) {
  JsonWriter out;
  WriteEvent(out, event);
  return std::string(out.text());
}

absl::StatusOr<Event> ReadEvent(std::string_view text) {
  if (text.size() > limits::kMaxEventBytes) {
    return absl::InvalidArgumentError(
        fmt::format("event: {} bytes; at most {} are read", text.size(), limits::kMaxEventBytes));
  }
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return absl::InvalidArgumentError("event: not a JSON object");
  Event event;
  absl::Status status;
  Reader in(object, "", status);
  ReadIdentity(in, event);
  ReadObject(in, event);
  ReadPlace(in, event);
  if (!status.ok()) return status;
  return event;
}

}  // namespace vigil::events
