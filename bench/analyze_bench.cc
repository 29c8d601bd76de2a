// `vigil analyze` as a whole process on a one-minute VGA clip: against decoding and networks alone, two streams against
// one, and the memory it takes.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/timing.h"
#include "media/picture.h"
#include "media/source.h"
#include "media/video_writer.h"
#include "nlohmann/json.hpp"
#include "support/test_data.h"
#include "support/text_file.h"

namespace {

using namespace vigil;

void MakeClip(const std::string& path, int frames) {
  const auto portrait = media::ReadPicture(test::SamplePath("astronaut.png"));
  if (!portrait.ok()) std::exit(1);
  Image frame(640, 480, PixelFormat::kRgb8);
  auto writer = media::VideoWriter::Create(path, frame.size(), {.preset = "ultrafast", .fps = 30});
  if (!writer.ok()) std::exit(1);
  for (int i = 0; i < frames; ++i) {
    std::memset(frame.mutable_view().data, 96, frame.bytes());
    const int left = 64 + static_cast<int>(50 * std::sin(i * 0.05));
    for (int y = 0; y < 480; ++y)
      std::memcpy(frame.mutable_view().row(y) + 3 * left, portrait->view().row(y + 16), 3 * 512);
    if (!(*writer)->Add(frame.view(), i * 33'333).ok()) std::exit(1);
  }
  if (!(*writer)->Finish().ok()) std::exit(1);
}

struct Run {
  double seconds = 0;
  double peak_mb = 0;
  double early_mb = 0, late_mb = 0;  // resident memory after a quarter, and at the end
};

double ResidentMb(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  long total = 0, resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

Run Analyze(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {VIGIL_BINARY, "analyze", "-q"});
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  std::vector<double> resident;
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, WNOHANG, &usage) == 0) {
    resident.push_back(ResidentMb(child));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Run run;
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (status != 0) {
    fmt::print(stderr, "vigil analyze failed\n");
    std::exit(1);
  }
  run.peak_mb = static_cast<double>(usage.ru_maxrss) / 1e3;
  run.early_mb = resident[resident.size() / 4];
  for (const double mb : resident) run.late_mb = std::max(run.late_mb, mb);
  return run;
}

}  // namespace

int main() {
  const test::TempDir dir;
  const std::string clip = (dir / "clip.mp4").string(), json = (dir / "out.jsonl").string();
  constexpr int kFrames = 1800;
  MakeClip(clip, kFrames);

  std::vector<double> ratios, scales;
  Run one;
  for (int round = 0; round < 3; ++round) {
    const double decode = bench::Milliseconds([&] {
                            auto source = media::OpenVideo(clip, {}, {});
                            while ((*source)->Read({}).ok()) {
                            }
                          }) /
                          1e3;
    one = Analyze({clip, "--threads", "1", "--json", json});
    double networks = 0;
    for (const std::string& line : test::ReadLines(json)) {
      const auto timing = nlohmann::json::parse(line)["timing_ms"];
      networks += (timing["detect"].get<double>() + timing["mesh"].get<double>()) / 1e3;
    }
    const Run two = Analyze({clip, clip, "--threads", "2", "--json", json});
    ratios.push_back(one.seconds / (decode + networks));
    scales.push_back(2 * one.seconds / two.seconds);
    fmt::print(
        "decode alone {:.2f} s, networks {:.2f} s, vigil analyze {:.2f} s: ratio {:.2f} (at most "
        "1.3 wanted); two streams on two threads {:.2f} s: {:.2f} times one (at least 1.8 "
        "wanted)\n",
        decode, networks, one.seconds, ratios.back(), two.seconds, scales.back());
  }
  fmt::print("medians: ratio {:.2f}, scaling {:.2f}; {} frames, {:.1f} fps\n",
             bench::Median(ratios), bench::Median(scales), kFrames, kFrames / one.seconds);
  fmt::print(
      "memory: peak {:.0f} MB (under 200 wanted), resident after a quarter {:.0f} MB, at most "
      "{:.0f} MB\n",
      one.peak_mb, one.early_mb, one.late_mb);
}
