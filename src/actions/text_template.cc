#include "actions/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "actions/internal/text.h"
#include "core/duration.h"
#include "core/nearest.h"
#include "events/rule.h"

namespace vigil::actions {
namespace {

constexpr std::size_t kMaxTemplateBytes = 16U << 10;
constexpr std::size_t kMaxValueBytes = 1024;

using Value = std::string (*)(const Delivery&, const CivilTime&);
struct Known {
  Placeholder placeholder;
  Value value;
};

std::string Seconds(std::chrono::microseconds duration) {
  if (duration.count() < 0) return "0s";
  // A tenth of a second is as exact as anybody reads.
  const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(duration);
  return FormatDuration(tenths);
}

std::string ClockText(const CivilTime& t, std::string_view separator) {
  return fmt::format("{:02}{}{:02}{}{:02}", t.hour, separator, t.minute, separator, t.second);
}

// Sorted by how often they are wanted.
const std::array kKnown = {
    Known{{"rule", "the rule that matched"},
          [](const Delivery& d, const CivilTime&) { return d.rule; }},
    Known{{"event_type", "LINE_CROSS …"},
          [](const Delivery& d, const CivilTime&) {
            return std::string(events::NameOf(d.event.type));
          }},
    Known{{"line", "name of the line"},
          [](const Delivery& d, const CivilTime&) { return d.event.line; }},
    Known{{"zone", "name of the zone"},
          [](const Delivery& d, const CivilTime&) { return d.event.zone; }},
    Known{{"place", "line or zone, whichever the event has; else the camera"},
          [](const Delivery& d, const CivilTime&) {
            if (!d.event.line.empty()) return d.event.line;
            return d.event.zone.empty() ? d.event.camera_id : d.event.zone;
          }},
    Known{{"class", "what it was: person, car …"},
          [](const Delivery& d, const CivilTime&) { return d.event.class_name; }},
    Known{{"direction", "left_to_right …"},
          [](const Delivery& d, const CivilTime&) { return d.event.direction; }},
    Known{{"camera", "the camera's id"},
          [](const Delivery& d, const CivilTime&) { return d.event.camera_id; }},
    Known{{"device", "the device's id"},
          [](const Delivery& d, const CivilTime&) { return d.event.device_id; }},
    Known{{"time",
           "2026-11-24 21:57:24 CET, in the configured time zone; in file names "
           "21-57-24.123"},
          [](const Delivery&, const CivilTime& t) { return DateTimeText(t); }},
    Known{{"date", "2026-11-24, in the configured time zone"},
          [](const Delivery&, const CivilTime& t) { return DateText(t); }},
    Known{{"clock", "21:57:24, in the configured time zone"},
          [](const Delivery&, const CivilTime& t) { return ClockText(t, ":"); }},
    Known{{"time_utc", "2026-11-24T20:57:24.123Z"},
          [](const Delivery& d, const CivilTime&) { return ToIso8601(d.event.time); }},
    Known{{"severity", "info, warning or critical"},
          [](const Delivery& d, const CivilTime&) {
            return std::string(events::NameOf(d.severity));
          }},
    Known{{"track", "number of the object's track"},
          [](const Delivery& d, const CivilTime&) {
            return d.event.track_id ? std::to_string(*d.event.track_id) : std::string();
          }},
    Known{{"confidence", "of the object, 87%"},
          [](const Delivery& d, const CivilTime&) {
            if (!d.event.track_id || !std::isfinite(d.event.confidence)) return std::string();
            return fmt::format("{:.0f}%", 100 * std::clamp(d.event.confidence, 0.0F, 1.0F));
          }},
    Known{{"dwell", "time in the zone, 12.5s"},
          [](const Delivery& d, const CivilTime&) {
            return d.event.dwell ? Seconds(*d.event.dwell) : std::string();
          }},
    Known{{"count", "total of the line, or objects in the zone"},
          [](const Delivery& d, const CivilTime&) {
            return d.event.count ? std::to_string(*d.event.count) : std::string();
          }},
    Known{{"speed", "42.5 km/h"},
          [](const Delivery& d, const CivilTime&) {
            if (!d.event.speed_kmh || !std::isfinite(*d.event.speed_kmh)) return std::string();
            return fmt::format("{:.1f} km/h", *d.event.speed_kmh);
          }},
    Known{{"reason", "why a zone was left, what is known of a camera that is gone"},
          [](const Delivery& d, const CivilTime&) { return d.event.reason; }},
    Known{{"id", "the event's id"}, [](const Delivery& d, const CivilTime&) { return d.event.id; }},
};

const std::array<Placeholder, kKnown.size()>& PlaceholderTable() {
  static const auto table = [] {
    std::array<Placeholder, kKnown.size()> placeholders;
    std::ranges::transform(kKnown, placeholders.begin(), &Known::placeholder);
    return placeholders;
  }();
  return table;
}

// The index of a placeholder, or what is wrong with the name.
absl::StatusOr<int> Find(std::string_view name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    if (kKnown[i].placeholder.name == name) return static_cast<int>(i);
    names.emplace_back(kKnown[i].placeholder.name);
  }
  const std::string hint = DidYouMean(name, names);
  return absl::InvalidArgumentError(
      fmt::format("unknown placeholder {{{}}}{}", internal::OneLine(name, 64),
                  hint.empty() ? fmt::format("; there are {}", fmt::join(names, ", ")) : hint));
}

// The length of a name of small letters and `_` that a `}` follows; 0: there is none.
std::size_t NameLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() &&
         ((text[length] >= 'a' && text[length] <= 'z') || text[length] == '_')) {
    ++length;
  }
  return length < text.size() && text[length] == '}' ? length : 0;
}

std::string Escaped(std::string_view value, Escape escape) {
  if (escape == Escape::kFileName) return internal::FileNamePart(value);
  const std::string line = internal::OneLine(value, kMaxValueBytes);
  switch (escape) {
    case Escape::kJson:
      return internal::EscapeJson(line);
    case Escape::kHtml:
      return internal::EscapeHtml(line);
    case Escape::kUrl:
      return internal::EscapeUrl(line);
    default:
      return line;
  }
}

}  // namespace

std::span<const Placeholder> Placeholders() { return PlaceholderTable(); }

absl::StatusOr<TextTemplate> TextTemplate::Parse(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return absl::InvalidArgumentError(
        fmt::format("a template of {} bytes; at most {}", text.size(), kMaxTemplateBytes));
  }
  TextTemplate result;
  std::string before;
  while (!text.empty()) {
    const std::size_t length = text[0] == '{' ? NameLength(text.substr(1)) : 0;
    if (length == 0) {
      before += text[0];
      text.remove_prefix(1);
      continue;
    }
    const std::string_view name = text.substr(1, length);
    if (!before.empty() && before.back() == '{') {
      return absl::InvalidArgumentError(
          fmt::format("placeholders have single braces: {{{}}}", internal::OneLine(name, 64)));
    }
    const auto index = Find(name);
    if (!index.ok()) return index.status();
    result.pieces_.push_back({std::move(before), *index});
    before.clear();
    text.remove_prefix(length + 2);
  }
  if (!before.empty()) result.pieces_.push_back({std::move(before), -1});
  return result;
}

std::string TextTemplate::Render(const Delivery& delivery, const TimeZone& zone,
                                 Escape escape) const {
  const CivilTime time = zone.At(delivery.event.time);
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.text;
    if (piece.placeholder < 0) continue;
    const Known& known = kKnown[static_cast<std::size_t>(piece.placeholder)];
    // A colon or blank in a file name is trouble on other systems.
    const bool time_of_file = escape == Escape::kFileName && known.placeholder.name == "time";
    text += Escaped(time_of_file ? fmt::format("{}.{:03}", ClockText(time, "-"), time.millisecond)
                                 : known.value(delivery, time),
                    escape);
  }
  return text;
}

bool TextTemplate::SaysNothing(const Delivery& delivery) const {
  const CivilTime time = TimeZone().At(delivery.event.time);
  bool gaps = false;
  for (const Piece& piece : pieces_) {
    if (piece.placeholder < 0) continue;
    gaps = true;
    if (!kKnown[static_cast<std::size_t>(piece.placeholder)].value(delivery, time).empty()) {
      return false;
    }
  }
  return gaps;
}

}  // namespace vigil::actions
