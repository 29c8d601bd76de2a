// A line on the terminal that says how far the work is.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "app/analyze_job.h"

namespace vigil::app {

/// Redrawn ten times a second on stderr, if that is a terminal; otherwise nothing is shown. Owns the thread that draws.
class ProgressLine {
 public:
  /// One JobProgress an input, which outlive this object; `names` the same.
  ProgressLine(std::span<const JobProgress> jobs, std::span<const std::string> names);
  ~ProgressLine();

  /// The number of inputs that have ended.
  void JobDone();
  /// Prints a line above the progress, which is drawn again below it.
  void Print(const std::string& line);

 private:
  void Draw();
  void Erase();

  const std::span<const JobProgress> jobs_;
  const std::span<const std::string> names_;
  const bool shown_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::size_t done_ = 0;  // under mutex_, as below
  bool drawn_ = false;
  std::jthread thread_;  // last member
};

/// "▕████▌    ▏"-like bar of `width` characters. `fraction` 0..1.
std::string Bar(double fraction, int width);

}  // namespace vigil::app
