// What the way to a server and back costs: `vigil edge` and `vigil infer` on one machine, 640x480 JPEG at 30 frames a second,
// one stream and two, and one at 60. A result's time from capture is compared with what its networks and decoders took.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "integration/edge/edge_fixture.h"
#include "support/test_data.h"
#include "timing.h"

namespace {

using namespace vigil;

constexpr int kSeconds = 20;

double Percentile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

void Measure(const test::TempDir& dir, int streams, int fps) {
  const std::string clip = (dir / "camera.mp4").string(), json = (dir / "out.jsonl").string();
  test::InferProcess server(0, {"--threads", "2"});
  std::vector<std::string> command = {
      VIGIL_BINARY, "edge",         "--json",
      json,         "--remote-dgx", "http://127.0.0.1:" + std::to_string(server.port())};
  // Two cameras that show the same.
  for (int i = 0; i < streams; ++i) {
    const auto name = dir / fmt::format("camera{}.mp4", i);
    std::filesystem::remove(name);
    std::filesystem::copy_file(clip, name);
    command.push_back(name.string());
  }
  const auto outcome = test::RunProgram(command);
  server.Signal(SIGTERM);
  (void)server.Wait();
  if (outcome.exit_code != 0) {
    fmt::print(stderr, "vigil edge failed: {}\n", outcome.err);
    std::exit(1);
  }
  std::vector<double> total, networks, overhead;
  for (const std::string& line : test::ReadLines(json)) {
    const auto result = nlohmann::json::parse(line);
    if (result["computed"] != "remote") continue;
    const auto& timing = result["timing_ms"];
    const double work = timing["detect"].get<double>() + timing["mesh"].get<double>() +
                        timing["decode"].get<double>() +
                        result["latency_ms"].value("server_decode", 0.0);
    total.push_back(result["latency_ms"]["total"]);
    networks.push_back(work);
    overhead.push_back(total.back() - work);
  }
  const int frames = streams * kSeconds * fps;
  const double without = 1 - static_cast<double>(total.size()) / frames;
  fmt::print(
      "{} stream{} at {} frames a second: {} of {} frames have the server's result ({:.1f} % "
      "without, under 5 wanted)\n"
      "  networks and decoders  p50 {:6.2f} ms  p95 {:6.2f}\n"
      "  capture to result      p50 {:6.2f} ms  p95 {:6.2f}  ({:.2f} more at p95, at most 12 "
      "wanted)\n"
      "  of it, everything else p50 {:6.2f} ms  p95 {:6.2f}\n",
      streams, streams == 1 ? "" : "s", fps, total.size(), frames, 100 * without,
      Percentile(networks, 0.5), Percentile(networks, 0.95), Percentile(total, 0.5),
      Percentile(total, 0.95), Percentile(total, 0.95) - Percentile(networks, 0.95),
      Percentile(overhead, 0.5), Percentile(overhead, 0.95));
}

}  // namespace

int main() {
  const test::TempDir dir;
  test::MakeEdgeClip(dir / "camera.mp4", kSeconds);
  for (const int streams : {1, 2}) Measure(dir, streams, 30);
  test::MakeEdgeClip(dir / "camera.mp4", kSeconds, 60);
  Measure(dir, 1, 60);
}
