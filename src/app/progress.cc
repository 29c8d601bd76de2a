#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "core/time.h"

namespace vigil::app {

using namespace std::chrono_literals;

std::string Bar(double fraction, int width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  for (int i = (eighths + 7) / 8; i < width; ++i) bar += "·";
  return bar;
}

ProgressLine::ProgressLine(std::span<const JobProgress> jobs, std::span<const std::string> names)
    : jobs_(jobs), names_(names), shown_(isatty(STDERR_FILENO) == 1) {
  if (!shown_) return;
  thread_ = std::jthread([this](std::stop_token stop) {
    while (SleepUntil(After(100ms), stop)) {
      std::lock_guard lock(mutex_);
      Draw();
    }
  });
}

ProgressLine::~ProgressLine() {
  if (!shown_) return;
  thread_.request_stop();
  thread_.join();
  Erase();
}

void ProgressLine::JobDone() {
  std::lock_guard lock(mutex_);
  ++done_;
}

void ProgressLine::Print(const std::string& line) {
  std::lock_guard lock(mutex_);
  if (shown_) Erase();
  fmt::print(stderr, "{}\n", line);
}

void ProgressLine::Erase() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

void ProgressLine::Draw() {
  std::uint64_t frames = 0;
  std::size_t current = 0;  // a job that is under way
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const auto here = jobs_[i].frames.load();
    frames += here;
    if (here > 0 && (jobs_[i].total == 0 || static_cast<std::int64_t>(here) < jobs_[i].total))
      current = i;
  }
  const double seconds = static_cast<double>(MicrosBetween(start_, Clock::now())) / 1e6;
  const double rate = static_cast<double>(frames) / std::max(seconds, 1e-3);
  const JobProgress& job = jobs_[current];
  const std::int64_t total = job.total;
  std::string text;
  if (jobs_.size() > 1) text = fmt::format("{}/{} inputs  ", done_, jobs_.size());
  if (total > 1) {
    const double fraction = static_cast<double>(job.frames.load()) / static_cast<double>(total);
    text += fmt::format("{} {:3.0f} %  {}/{} frames", Bar(fraction, 24),
                        100 * std::min(1.0, fraction), job.frames.load(), total);
  } else {
    text += fmt::format("{} frames", frames);
  }
  std::string name = names_[current];
  if (name.size() > 32) name = "…" + name.substr(name.size() - 31);
  text += fmt::format("  {:.1f} fps", rate);
  for (const auto& [count, what] :
       {std::pair(job.faces.load(), "face"), {job.objects.load(), "object"}}) {
    if (count >= 0) text += fmt::format("  {} {}{}", count, what, count == 1 ? "" : "s");
  }
  fmt::print(stderr, "\r{}  {}\x1b[K", text, name);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace vigil::app
