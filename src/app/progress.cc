#include "app/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include "core/log_around.h"
#include "core/time.h"
#include "core/utf8.h"

namespace vigil::app {

using namespace std::chrono_literals;

namespace {

std::size_t TerminalWidth() {
  winsize size{};
  constexpr std::size_t kUsual = 80;
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col : kUsual;
}

// The end of a name, of whole characters.
std::string EndOf(std::string name) {
  constexpr std::size_t kMost = 32;
  if (name.size() <= kMost) return name;
  name.erase(0, name.size() - kMost + 1);
  while (!name.empty() && (static_cast<unsigned char>(name[0]) & 0xC0U) == 0x80U) name.erase(0, 1);
  return "…" + name;
}

// 0 to 1; nothing where the end cannot be known, as of a live input.
std::optional<double> PartDone(const JobProgress& job) {
  if (job.ended) return 1;
  if (job.endless) return std::nullopt;
  const auto frames = static_cast<double>(job.frames.load());
  if (job.total > 0) return std::min(1.0, frames / static_cast<double>(job.total));
  if (job.duration_us > 0)
    return std::clamp(static_cast<double>(job.position_us) / static_cast<double>(job.duration_us),
                      0.0, 1.0);
  if (frames == 0) return 0;
  return std::nullopt;
}

}  // namespace

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
  // What is logged stands on lines of its own.
  log::SetAround([this](const std::function<void()>& write) {
    std::lock_guard lock(mutex_);
    Erase();
    write();
  });
  thread_ = std::jthread([this](std::stop_token stop) {
    while (SleepUntil(After(100ms), stop)) {
      std::lock_guard lock(mutex_);
      Draw();
    }
  });
}

ProgressLine::~ProgressLine() {
  if (!shown_) return;
  log::SetAround(nullptr);
  thread_.request_stop();
  thread_.join();
  Erase();
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
  const double seconds = static_cast<double>(MicrosBetween(start_, Clock::now())) / 1e6;
  fmt::print(stderr, "\r{}\x1b[K",
             Columns(ProgressText(jobs_, names_, seconds), TerminalWidth() - 1));
  std::fflush(stderr);
  drawn_ = true;
}

std::string Columns(std::string_view text, std::size_t most) {
  std::size_t columns = 0, bytes = 0;
  while (bytes < text.size() && columns < most) {
    bytes += std::max<std::size_t>(1, Utf8Length(text.substr(bytes)));
    ++columns;
  }
  return std::string(text.substr(0, bytes));
}

std::string ProgressText(std::span<const JobProgress> jobs, std::span<const std::string> names,
                         double seconds) {
  std::uint64_t frames = 0;
  std::size_t ended = 0;
  std::size_t current = 0;  // the last job that was begun
  double done = 0;          // jobs' worth
  bool known = true;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto here = jobs[i].frames.load();
    frames += here;
    ended += jobs[i].ended;
    if (here > 0) current = i;
    const auto part = PartDone(jobs[i]);
    done += part.value_or(0);
    known &= part.has_value();
  }
  const JobProgress& job = jobs[current];
  std::string text;
  if (known) {
    const double fraction = std::min(1.0, done / static_cast<double>(jobs.size()));
    text = fmt::format("{} {:3.0f} %  ", Bar(fraction, 24), 100 * fraction);
  }
  if (jobs.size() > 1) text += fmt::format("{}/{} inputs  ", ended, jobs.size());
  if (jobs.size() == 1 && job.total > 1) {
    text += fmt::format("{}/{} frames", frames, job.total.load());
  } else {
    text += fmt::format("{} frames", frames);
  }
  text += fmt::format("  {:.1f} fps", static_cast<double>(frames) / std::max(seconds, 1e-3));
  for (const auto& [count, what] :
       {std::pair(job.faces.load(), "face"), {job.objects.load(), "object"}}) {
    if (count >= 0) text += fmt::format("  {} {}{}", count, what, count == 1 ? "" : "s");
  }
  return fmt::format("{}  {}", text, EndOf(names[current]));
}

}  // namespace vigil::app
