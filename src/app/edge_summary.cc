// What `vigil edge` says at its end.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/edge_stream.h"
#include "core/utf8.h"

namespace vigil::app {
namespace {

std::string Frames(std::uint64_t count) {
  return fmt::format("{} frame{}", count, count == 1 ? "" : "s");
}

void Append(std::string& text, const EdgeReport& r) {
  auto out = std::back_inserter(text);
  const double seconds = std::max(1e-6, static_cast<double>(r.wall_us) / 1e6);
  fmt::format_to(out, "{}: {}, {} results ({} remote, {} local", r.name, Frames(r.capture.captured),
                 r.results, r.remote, r.local);
  if (r.both > 0) fmt::format_to(out, ", {} both", r.both);
  fmt::format_to(out, "), {:.1f} a second; {} dropped, {} lost",
                 static_cast<double>(r.results) / seconds, r.capture.dropped, r.lost);
  if (r.skipped > 0) fmt::format_to(out, ", {} passed over for edge.max_fps", r.skipped);
  if (r.capture.corrupt > 0) fmt::format_to(out, ", {} damaged", r.capture.corrupt);
  text += '\n';
  if (r.lost > 0) fmt::format_to(out, "  the last loss: {}\n", r.last_loss);
  if (r.server) {
    const EdgeRemoteCounts& s = *r.server;
    fmt::format_to(out,
                   "  server: {} sent, {} in time, {} late, {} passed over, {} lost; connected {} "
                   "time{}, lost {}\n",
                   s.sent, s.in_time, s.late, s.passed_over, s.lost, s.connects,
                   s.connects == 1 ? "" : "s", s.away);
  }
  if (r.results > 0) {
    fmt::format_to(out, "  capture to result: {}\n", r.latency.Line());
    if (r.remote + r.both > 0 && r.local > 0)
      fmt::format_to(out, "    remote: {}\n    local: {}\n", r.remote_latency.Line(),
                     r.local_latency.Line());
    if (r.round_trip.count() > 0)
      fmt::format_to(out, "  there and back: {}\n", r.round_trip.Line());
    text += r.latency.Table();
  }
  if (!r.saved.empty()) fmt::format_to(out, "  → {}\n", Printable(r.saved));
}

}  // namespace

std::string EdgeSummary(std::span<const EdgeReport> reports) {
  std::string text;
  for (const EdgeReport& report : reports) {
    if (report.capture.captured > 0) Append(text, report);
  }
  return text;
}

}  // namespace vigil::app
