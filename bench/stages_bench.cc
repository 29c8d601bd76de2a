// What the way to a stage in another process costs: the same frames through the pipeline in one process, with one stage
// elsewhere at a time, and with all of them elsewhere. Prints the table of docs/stages.md.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "face/stage_set.h"
#include "media/jpeg.h"
#include "support/stage_processes.h"

namespace {

using namespace vigil;

constexpr int kWarm = 70;  // frames: more than a sweep of tiles
constexpr int kMeasured = 300;

struct Way {
  std::string name;
  std::vector<std::string> flags;
  std::unique_ptr<test::ServerProcess> orchestrator;
  std::unique_ptr<test::GazeVideo> video;
  std::vector<double> pixels_ms{}, jpeg_ms{};
};

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// Frame by frame against the same frames in one process: what the machine does besides falls out.
double Added(const std::vector<double>& there, const std::vector<double>& here) {
  std::vector<double> added;
  for (std::size_t i = 0; i < there.size(); ++i) added.push_back(there[i] - here[i]);
  return Percentile(std::move(added), 0.5);
}

v1::VideoFrame Pixels(ImageView image) {
  v1::VideoFrame frame;
  frame.set_encoding(v1::IMAGE_ENCODING_RGB24);
  frame.set_width(image.width);
  frame.set_height(image.height);
  frame.set_omit_points(true);
  for (int y = 0; y < image.height; ++y)
    frame.mutable_frame_data()->append(reinterpret_cast<const char*>(image.row(y)),
                                       3 * static_cast<std::size_t>(image.width));
  return frame;
}

v1::VideoFrame Jpeg(ImageView image) {
  media::JpegEncoder encoder;
  const auto file = encoder.Encode(image, 85);
  v1::VideoFrame frame;
  if (file.ok()) frame.set_frame_data(file->data(), file->size());
  frame.set_omit_points(true);
  return frame;
}

}  // namespace

int main() {
  std::map<std::string, std::unique_ptr<test::ServerProcess>> stages;
  std::vector<Way> ways;
  ways.push_back({"all in one process", {}, nullptr, nullptr});
  std::vector<std::string> all;
  for (const face::Stage stage : face::kStages) {
    const std::string name(NameOf(stage));
    stages[name] = test::StartStage(name);
    const std::vector<std::string> flags = {"--" + name, stages[name]->address()};
    all.insert(all.end(), flags.begin(), flags.end());
    ways.push_back({name + " elsewhere", flags, nullptr, nullptr});
  }
  ways.push_back({"all elsewhere", all, nullptr, nullptr});
  for (Way& way : ways) {
    for (const face::Stage stage : face::kStages) {
      way.flags.push_back("--set");
      way.flags.push_back(fmt::format("orchestrate.stages.{}.timeout=20s", NameOf(stage)));
    }
    way.flags.insert(way.flags.end(), {"--set", "orchestrate.frame_deadline=60s"});
    way.orchestrator = test::StartOrchestrator(way.flags);
    way.video = std::make_unique<test::GazeVideo>(way.orchestrator->address());
  }
  // All ways take turns with each frame, so that what else the machine does falls on all of them alike.
  const test::PortraitVideo portrait;
  std::int64_t time = 0;
  for (const bool as_jpeg : {false, true}) {
    for (int i = 0; i < kWarm + kMeasured; ++i, time += test::PortraitVideo::kFrameUs) {
      const Image image = portrait.Frame(i);
      const v1::VideoFrame frame = as_jpeg ? Jpeg(image.view()) : Pixels(image.view());
      for (Way& way : ways) {
        const auto start = Clock::now();
        const auto result = way.video->Send(frame, time);
        const auto took = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        if (!result || result->has_error() || !result->failed_stages().empty()) {
          fmt::print(stderr, "{}: frame {} has no whole result{}\n", way.name, i,
                     result ? ": " + result->ShortDebugString() : "");
          return EXIT_FAILURE;
        }
        if (i >= kWarm) (as_jpeg ? way.jpeg_ms : way.pixels_ms).push_back(took);
      }
    }
  }
  fmt::print("960 x 540, two faces, {} frames each, milliseconds from a frame to its result\n\n",
             kMeasured);
  fmt::print("| stages | pixels: p50 | p95 | added | JPEG: p50 | p95 | added |\n");
  fmt::print("|---|---|---|---|---|---|---|\n");
  for (const Way& way : ways)
    fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |\n", way.name,
               Percentile(way.pixels_ms, 0.5), Percentile(way.pixels_ms, 0.95),
               Added(way.pixels_ms, ways[0].pixels_ms), Percentile(way.jpeg_ms, 0.5),
               Percentile(way.jpeg_ms, 0.95), Added(way.jpeg_ms, ways[0].jpeg_ms));
}
