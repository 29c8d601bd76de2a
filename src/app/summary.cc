#include "app/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/result_json.h"

namespace vigil::app {
namespace {

std::string Count(std::int64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

void AppendPicture(std::string& text, const JobReport& report) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{}: {}, {:.1f} ms", report.name,
                 Count(static_cast<std::int64_t>(report.picture->faces.size()), "face", "faces"),
                 static_cast<double>(report.wall_us) / 1e3);
  if (!report.saved.empty()) fmt::format_to(out, " → {}", report.saved);
  text += '\n';
  constexpr std::size_t kMost = 5;
  const auto& faces = report.picture->faces;
  for (std::size_t i = 0; i < std::min(faces.size(), kMost); ++i) {
    const face::Face& f = faces[i];
    fmt::format_to(out, "  #{}  head yaw {:+.0f}° pitch {:+.0f}° roll {:+.0f}°", f.id,
                   f.head_pose.to_camera.yaw_deg, f.head_pose.to_camera.pitch_deg,
                   f.head_pose.roll_deg);
    if (f.mesh.has_irises())
      fmt::format_to(out, "  gaze yaw {:+.0f}° pitch {:+.0f}°", f.gaze.combined.to_camera.yaw_deg,
                     f.gaze.combined.to_camera.pitch_deg);
    fmt::format_to(out, "  eyes {}  attention {:.0f}\n", Name(f.eyes.state), f.attention.score);
  }
  if (faces.size() > kMost) fmt::format_to(out, "  and {} more\n", faces.size() - kMost);
}

void AppendVideo(std::string& text, const JobReport& r) {
  auto out = std::back_inserter(text);
  const double frames = static_cast<double>(std::max<std::uint64_t>(1, r.frames));
  const double seconds = std::max(1e-6, static_cast<double>(r.wall_us) / 1e6);
  const auto ms = [&](std::int64_t us) { return static_cast<double>(us) / 1e3 / frames; };
  fmt::format_to(out, "{}: {}, {}, {}", r.name,
                 Count(static_cast<std::int64_t>(r.frames), "frame", "frames"),
                 Count(r.faces, "face", "faces"), Count(r.blinks, "blink", "blinks"));
  if (r.long_closures > 0)
    fmt::format_to(out, ", {} over 500 ms", Count(r.long_closures, "closure", "closures"));
  if (r.dropped > 0) fmt::format_to(out, ", {} dropped", r.dropped);
  if (r.corrupt > 0) fmt::format_to(out, ", {} damaged", r.corrupt);
  fmt::format_to(out,
                 "\n  {:.1f} fps, {:.2f} ms a frame (decode {:.2f}, detect {:.2f}, mesh {:.2f}, "
                 "other {:.2f})\n",
                 frames / seconds, seconds * 1e3 / frames, ms(r.decode_us), ms(r.detect_us),
                 ms(r.mesh_us), ms(r.other_us));
  if (!r.saved.empty()) fmt::format_to(out, "  → {}\n", r.saved);
}

}  // namespace

std::string Summary(std::span<const JobReport> reports) {
  std::string text;
  std::uint64_t frames = 0;
  std::size_t failed = 0;
  for (const JobReport& report : reports) {
    frames += report.frames;
    failed += !report.status.ok() && !absl::IsCancelled(report.status);
    if (report.frames == 0) continue;
    if (report.picture) {
      AppendPicture(text, report);
    } else {
      AppendVideo(text, report);
    }
  }
  if (reports.size() > 1) {
    fmt::format_to(std::back_inserter(text), "{} inputs, {} frames{}\n", reports.size(), frames,
                   failed > 0 ? fmt::format(", {} failed", failed) : "");
  }
  return text;
}

}  // namespace vigil::app
