#include "app/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/result_json.h"
#include "core/utf8.h"
#include "face/degrees.h"

namespace vigil::app {
namespace {

std::string Count(std::int64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string ObjectsOf(const JobReport& r) {
  std::int64_t all = 0;
  std::string classes;
  for (const auto& [name, count] : r.objects) {
    all += count;
    classes += fmt::format("{}{} {}", classes.empty() ? "" : ", ", name, count);
  }
  const std::string text = Count(all, "object", "objects");
  return classes.empty() ? text : fmt::format("{} ({})", text, classes);
}

// "2 faces, 5 blinks, 7 objects (person 6, car 1), 12 events": of what was looked for.
std::string FindsOf(const JobReport& r) {
  std::string text;
  const auto add = [&](std::string part) { text += (text.empty() ? "" : ", ") + std::move(part); };
  if (r.is_picture && r.picture)
    add(Count(static_cast<std::int64_t>(r.picture->faces.size()), "face", "faces"));
  if (!r.is_picture && r.has_faces) {
    add(Count(r.faces, "face", "faces"));
    add(Count(r.blinks, "blink", "blinks"));
    if (r.long_closures > 0)
      add(fmt::format("{} over 500 ms", Count(r.long_closures, "closure", "closures")));
  }
  if (r.faces_limit > 0)
    add(fmt::format("face.max_faces {} reached: --max-faces for more", r.faces_limit));
  if (r.has_scene) add(ObjectsOf(r));
  if (r.has_scene) add(Count(r.events, "event", "events"));
  return text;
}

// " (car 2, person 1)"; empty for a single class, which goes without saying, or none.
template <typename Classes, typename CountOf>
std::string ByClass(const Classes& classes, CountOf count_of) {
  if (classes.size() < 2) return {};
  std::string text;
  for (const auto& c : classes) {
    if (count_of(c) > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", c.class_name, count_of(c));
  }
  return text.empty() ? text : fmt::format(" ({})", text);
}

void AppendScene(std::string& text, const JobReport& r) {
  auto out = std::back_inserter(text);
  for (const events::LineTotals& line : r.lines) {
    if (r.is_picture) break;  // nobody has crossed it in one moment
    fmt::format_to(out, "  line {}: {} {}{}, {} {}{}\n", line.name, line.directions.a_to_b,
                   line.a_to_b(), ByClass(line.classes, [](const auto& c) { return c.a_to_b; }),
                   line.directions.b_to_a, line.b_to_a(),
                   ByClass(line.classes, [](const auto& c) { return c.b_to_a; }));
  }
  for (const events::ZoneTotals& zone : r.zones) {
    fmt::format_to(out, "  zone {}: {} entered{}", zone.name, zone.entered(),
                   ByClass(zone.classes, [](const auto& c) { return c.entered; }));
    if (zone.entered() > 0) fmt::format_to(out, ", at most {} at once", zone.most);
    text += '\n';
  }
  for (const auto& [name, outcome] : r.rules) {
    fmt::format_to(out, "  rule {}: {} matched", name, outcome.delivered + outcome.held);
    if (outcome.held > 0) fmt::format_to(out, ", of these {} held back", outcome.held);
    text += '\n';
  }
}

// Whether anything but the head says where the person looks.
bool SeesEyes(const face::Face& f) {
  return f.gaze.combined.confidence > 0 || f.eyes.state != face::EyeState::kUnknown;
}

void AppendPicture(std::string& text, const JobReport& report) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{}: {}, {:.1f} ms", Printable(report.name), FindsOf(report),
                 static_cast<double>(report.wall_us) / 1e3);
  if (!report.saved.empty()) fmt::format_to(out, " → {}", Printable(report.saved));
  text += '\n';
  AppendScene(text, report);
  if (!report.picture) return;
  constexpr std::size_t kMost = 5;
  const auto& faces = report.picture->faces;
  for (std::size_t i = 0; i < std::min(faces.size(), kMost); ++i) {
    const face::Face& f = faces[i];
    fmt::format_to(out, "  #{}  head yaw {} pitch {} roll {}", f.id,
                   face::SignedDegrees(f.head_pose.to_camera.yaw_deg),
                   face::SignedDegrees(f.head_pose.to_camera.pitch_deg),
                   face::SignedDegrees(f.head_pose.roll_deg));
    if (f.gaze.combined.confidence > 0) {
      fmt::format_to(out, "  gaze yaw {} pitch {}",
                     face::SignedDegrees(f.gaze.combined.to_camera.yaw_deg),
                     face::SignedDegrees(f.gaze.combined.to_camera.pitch_deg));
    } else if (f.mesh.has_irises()) {
      text += "  gaze unknown";
    }
    fmt::format_to(out, "  eyes {}", Name(f.eyes.state));
    if (SeesEyes(f)) {
      fmt::format_to(out, "  attention {:.0f}\n", f.attention.score);
    } else {
      text += "  attention unknown\n";
    }
  }
  if (faces.size() > kMost) fmt::format_to(out, "  and {} more\n", faces.size() - kMost);
}

void AppendVideo(std::string& text, const JobReport& r) {
  auto out = std::back_inserter(text);
  const double frames = static_cast<double>(std::max<std::uint64_t>(1, r.frames));
  const double seconds = std::max(1e-6, static_cast<double>(r.wall_us) / 1e6);
  const auto ms = [&](std::int64_t us) { return static_cast<double>(us) / 1e3 / frames; };
  fmt::format_to(out, "{}: {}, {}", Printable(r.name),
                 Count(static_cast<std::int64_t>(r.frames), "frame", "frames"), FindsOf(r));
  if (r.dropped > 0) fmt::format_to(out, ", {} dropped", r.dropped);
  if (r.corrupt > 0) fmt::format_to(out, ", {} damaged", r.corrupt);
  text += '\n';
  AppendScene(text, r);
  fmt::format_to(out, "  {:.1f} fps, {:.2f} ms a frame (decode {:.2f}", frames / seconds,
                 seconds * 1e3 / frames, ms(r.decode_us));
  if (r.has_faces)
    fmt::format_to(out, ", detect {:.2f}, mesh {:.2f}, other {:.2f}", ms(r.detect_us),
                   ms(r.mesh_us), ms(r.other_us));
  if (r.has_scene)
    fmt::format_to(out, ", objects {:.2f}, tracks and events {:.3f}", ms(r.objects_us),
                   ms(r.events_us));
  fmt::format_to(out, ", output {:.2f})\n", ms(r.output_us));
  if (!r.saved.empty()) fmt::format_to(out, "  → {}\n", Printable(r.saved));
}

}  // namespace

std::string Summary(std::span<const JobReport> reports, std::size_t not_found) {
  std::string text;
  std::uint64_t frames = 0;
  std::size_t failed = not_found;
  for (const JobReport& report : reports) {
    frames += report.frames;
    failed += !report.status.ok() && !absl::IsCancelled(report.status);
    if (report.frames == 0) continue;
    if (report.is_picture) {
      AppendPicture(text, report);
    } else {
      AppendVideo(text, report);
    }
  }
  if (const std::size_t all = reports.size() + not_found; all > 1) {
    fmt::format_to(std::back_inserter(text), "{} inputs, {}{}\n", all,
                   Count(static_cast<std::int64_t>(frames), "frame", "frames"),
                   failed > 0 ? fmt::format(", {} failed", failed) : "");
  }
  return text;
}

std::string ReplaySummary(std::span<const JobReport> reports) {
  std::string text;
  for (const JobReport& report : reports) {
    fmt::format_to(std::back_inserter(text), "{}: {}, {}\n", Printable(report.name),
                   Count(static_cast<std::int64_t>(report.frames), "message", "messages"),
                   Count(report.events, "event", "events"));
    AppendScene(text, report);
  }
  return text;
}

}  // namespace vigil::app
